/** A provider tells us that somebody signed out there (OpenID Connect Back-Channel Logout 1.0). */
import { createHash } from 'node:crypto'
import { and, eq, isNull, or } from 'drizzle-orm'
import { recordEvent } from '#server/audit/record'
import { endedDetails, endSessions } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { discover } from '#server/oidc/discovery'
import type { Provider } from '#server/oidc/model'
import { type Claims, TokenFault, verifyToken } from '#server/oidc/verify-token'

/** A token is remembered for so long after its end, as long as it could be believed. */
const LEEWAY_MS = 120_000

/**
 * Ends the sessions that a logout token is about: one session of the provider where it names one, else all that the
 * person began at this provider. Keys stay. Each token works once.
 * @returns how many sessions ended
 * @throws TokenFault; ProviderUnreachable when the provider's keys cannot be had
 */
export async function endByLogoutToken(ctx: Ctx, provider: Provider, token: string): Promise<number> {
  const discovery = await discover(provider, ctx.clock())
  const claims = await verifyToken(provider, discovery, token, { kind: 'logout' }, ctx.clock())
  return ctx.db.write(async (tx) => {
    await useUp(tx, ctx, claims)
    let ended = 0
    for (const [userId, sessionIds] of await sessionsOf(tx, ctx, provider, claims))
      ended += await endOf(tx, ctx, { provider, userId, sessionIds })
    return ended
  })
}

async function useUp(tx: Queries, { db }: Ctx, { iss, jti, exp }: Claims): Promise<void> {
  const { usedLogoutTokens: t } = db.t
  const digest = createHash('sha256')
    .update(JSON.stringify([iss, jti]))
    .digest('hex')
  const expiresAt = new Date(Math.min(exp * 1000 + LEEWAY_MS, 8.64e15))
  const rows = await tx
    .insert(t)
    .values({ digest, expiresAt })
    .onConflictDoNothing()
    .returning({ digest: t.digest })
  if (rows.length === 0) throw new TokenFault('the token was used before (jti)')
}

/** Row ids of sessions by the account that has them. */
async function sessionsOf(
  tx: Queries,
  { db }: Ctx,
  { clientId }: Provider,
  { iss, sub, sid }: Claims,
): Promise<Map<number, number[]>> {
  const { oidcSessions: t, sessions } = db.t
  const rows = await tx
    .select({ userId: sessions.userId, sessionId: t.sessionId })
    .from(t)
    .innerJoin(sessions, eq(sessions.id, t.sessionId))
    .where(
      and(
        eq(t.issuer, iss),
        eq(t.clientId, clientId),
        sub === undefined ? undefined : eq(t.subject, sub),
        // A session whose id token named none may be the one that is meant, if it is of this person.
        sid === undefined
          ? undefined
          : or(eq(t.sid, String(sid)), sub === undefined ? undefined : isNull(t.sid)),
      ),
    )
    .orderBy(sessions.userId)
  const byUser = new Map<number, number[]>()
  for (const { userId, sessionId } of rows) byUser.set(userId, [...(byUser.get(userId) ?? []), sessionId])
  return byUser
}

async function endOf(
  tx: Queries,
  ctx: Ctx,
  { provider, userId, sessionIds }: { provider: Provider; userId: number; sessionIds: readonly number[] },
): Promise<number> {
  const ended: number[] = []
  for (const only of sessionIds) ended.push(...(await endSessions(tx, ctx.db, userId, { only })))
  await recordEvent(tx, ctx, {
    action: 'session.end',
    outcome: 'success',
    target: `User:${userId}`,
    details: { ...endedDetails(ended), by: 'identity provider', provider: provider.name },
  })
  return ended.length
}
