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
 * @param others providers that are set up besides this one
 */
export async function matchAccount(
  tx: Queries,
  ctx: Ctx,
  provider: Provider,
  person: Person,
  others: readonly Provider[],
): Promise<Found> {
  const known = await findKnown(tx, ctx, person)
  if (known) {
    const isOthers = await belongsToOtherIssuer(tx, ctx, provider, person, others)
    return isOthers ? { refused: 'other-identity', userId: known.id } : { user: known }
  }
  if (provider.allowSignUp) return person.email === null ? { refused: 'email-unverified' } : 'create'
  const byEmail = person.email === null ? null : await findUserByEmail(tx, ctx.db, person.email)
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
 * Two providers that happen to give us the same client id must not vouch for each other's people. An issuer that merely
 * moved is none of the others, and takes its people along.
 */
async function belongsToOtherIssuer(
  tx: Queries,
  ctx: Ctx,
  provider: Provider,
  person: Person,
  others: readonly Provider[],
): Promise<boolean> {
  const { linkedAccounts: t } = ctx.db.t
  const [link] = await tx
    .select({ issuer: t.issuer, providerName: t.providerName })
    .from(t)
    .where(and(eq(t.provider, person.clientId), eq(t.providerAccountId, person.subject)))
  if (!link || link.issuer === person.issuer || link.providerName === provider.name) return false
  return others.some(({ name }) => name === link.providerName)
}
