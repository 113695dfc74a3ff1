/** What is kept of a session that began at a provider, so that a logout on either side ends both. */
import { and, eq, lte, ne, or } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Database, Queries } from '#server/db/database'
import { linkUser } from '#server/oidc/adapter'
import type { Person } from '#server/oidc/match-account'
import type { Provider } from '#server/oidc/model'
import type { User } from '#server/users/find'

/** Where a session came from. */
export interface OidcOrigin {
  provider: Provider
  person: Person
  /** The provider's name of its own session; null when it has none. */
  sid: string | null
  /** The id token as a Fernet token. */
  sealedIdToken: string
}

/** Writes the link of the account and the origin of its new session, in the transaction of the sign-in. */
export async function keepOrigin(
  tx: Queries,
  ctx: Ctx,
  { provider, person, sid, sealedIdToken }: OidcOrigin,
  { user, sessionId }: { user: Pick<User, 'id'>; sessionId: number },
): Promise<void> {
  const { oidcSessions } = ctx.db.t
  const { clientId, subject, issuer } = person
  await renewLink(tx, ctx, provider, person, user.id)
  const origin = { providerName: provider.name, issuer, clientId, subject, sid }
  await tx.insert(oidcSessions).values({ sessionId, ...origin, idToken: sealedIdToken })
}

/** An account is linked to one identity of a client; what it was linked to before is no way in any more. */
async function renewLink(
  tx: Queries,
  ctx: Ctx,
  { name: providerName }: Provider,
  person: Person,
  userId: number,
): Promise<void> {
  const { linkedAccounts: t } = ctx.db.t
  const { clientId, subject, issuer } = person
  const isThis = and(eq(t.provider, clientId), eq(t.providerAccountId, subject))
  const isOther = or(ne(t.provider, clientId), ne(t.providerAccountId, subject))
  await tx.delete(t).where(and(eq(t.userId, userId), isOther))
  const rows = await tx.update(t).set({ issuer, providerName }).where(isThis).returning({ userId: t.userId })
  if (rows.length === 0)
    await linkUser(tx, ctx.db, person, { userId, issuer, providerName, createdAt: ctx.clock() })
}

/** The origin of a session; null for one that did not begin at a provider. */
export async function findOrigin(db: Database, sessionId: number) {
  const { oidcSessions: t } = db.t
  const [row] = await db.read.select().from(t).where(eq(t.sessionId, sessionId))
  return row ?? null
}

/** Forgets logout tokens whose time is over. Harmless wherever and however often it runs. */
export async function sweepLogoutTokens({ db, clock }: Pick<Ctx, 'db' | 'clock'>): Promise<void> {
  const { usedLogoutTokens: t } = db.t
  await db.write((tx) => tx.delete(t).where(lte(t.expiresAt, clock())))
}
