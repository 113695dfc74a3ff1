/** Which account somebody whom a provider vouches for has here. Only looks: `signInOutside` acts. */
import { and, eq } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { findLinkedUser, type OutsideIdentity } from '#server/oidc/adapter'
import type { Provider } from '#server/oidc/model'
import { findUserByEmail, type User } from '#server/users/find'
import type { Found } from '#server/users/outside-accounts'

/** Somebody at a provider. */
export interface Person extends OutsideIdentity {
  issuer: string
  /** Sanitised; null while nobody knows whether it is theirs: it claims no account. */
  email: string | null
}

/**
 * By the subject first. Where nobody may sign up, an account that was made for this address is found by it, if it signs
 * in with a provider and nobody else at this one has it.
 */
export async function matchAccount(
  tx: Queries,
  ctx: Ctx,
  provider: Provider,
  person: Person,
): Promise<Found> {
  const known = await findKnown(tx, ctx, person)
  if (known) {
    const isOthers = await belongsToOtherProvider(tx, ctx, provider, person)
    return isOthers ? { refused: 'other-identity', userId: known.id } : { user: known }
  }
  if (person.email === null) return { refused: 'email-unverified' }
  const byEmail = await findUserByEmail(tx, ctx.db, person.email)
  if (provider.allowSignUp) {
    const isWaiting = byEmail?.authMethod === 'OAUTH2' && byEmail.oauth2UserId === null
    return isWaiting ? { refused: 'waits-for-address', userId: byEmail.id } : 'create'
  }
  if (byEmail?.authMethod !== 'OAUTH2' || byEmail.role === 'SYSTEM') return { refused: 'sign-up-closed' }
  const isTaken = byEmail.oauth2ClientId === person.clientId && byEmail.oauth2UserId !== null
  return isTaken ? { refused: 'other-identity', userId: byEmail.id } : { user: byEmail }
}

/** Linked at an earlier sign-in, or made beforehand with the subject. */
async function findKnown(tx: Queries, ctx: Ctx, person: Person): Promise<User | null> {
  const linked = await findLinkedUser(tx, ctx.db, person)
  if (linked) return linked
  const { users } = ctx.db.t
  const [made] = await tx
    .select()
    .from(users)
    .where(and(eq(users.oauth2ClientId, person.clientId), eq(users.oauth2UserId, person.subject)))
  return made ?? null
}

/**
 * Two providers that happen to give us the same client id must not vouch for each other's people, and neither may one take
 * over those of another that is switched off or gone. A provider whose issuer moved takes its people along.
 */
async function belongsToOtherProvider(
  tx: Queries,
  ctx: Ctx,
  provider: Provider,
  person: Person,
): Promise<boolean> {
  const { linkedAccounts: t } = ctx.db.t
  const [link] = await tx
    .select({ issuer: t.issuer, providerName: t.providerName })
    .from(t)
    .where(and(eq(t.provider, person.clientId), eq(t.providerAccountId, person.subject)))
  return link !== undefined && link.issuer !== person.issuer && link.providerName !== provider.name
}
