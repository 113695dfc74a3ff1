/** Renewing and ending one's own sign-in with the tokens that a browser sent. */
import { and, eq } from 'drizzle-orm'
import { recordFailure } from '#server/audit/flood'
import { recordEvent } from '#server/audit/record'
import { isOver } from '#server/auth/authenticate'
import { keepableUserAgent } from '#server/auth/device'
import { type RefusalReason, readToken, tokenFault } from '#server/auth/refusals'
import { endedDetails, endSessions, issueTokens, lockUser, type Session } from '#server/auth/sessions'
import { hashToken, matchesHash, type TokenTable } from '#server/auth/tokens'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import type { User } from '#server/users/find'

/** The token texts a browser (or a client with a bearer) sent along. */
export interface SentTokens {
  access: string | null
  refresh: string | null
}

type Renewal = { session: Session } | { problem: RefusalReason }

/**
 * Trades a refresh token for a fresh pair of the same session, with full lifetimes. The old pair is dead at once. A
 * refresh token works exactly once: whoever shows it again ends its session, pair in hand included, because either he
 * or the one before him has stolen it.
 * @throws AppError unauthenticated, with one sentence whatever the reason
 */
export async function refreshSession(ctx: Ctx, sent: SentTokens): Promise<Session> {
  if (!sent.refresh) {
    await recordRefusal(ctx, 'missing', null, null)
    throw new AppError('unauthenticated', 'The refresh token is missing')
  }
  const token = readToken(ctx.config, sent.refresh)
  const refused = new AppError('unauthenticated', 'The refresh token is not valid')
  const isOurs = token?.signatureGood === true && token.table === 'RefreshToken'
  // A row is looked for whatever was sent: the time of the answer must not tell whether the signature was good.
  const row = await findRow(ctx, isOurs ? token.rowId : NO_ROW)
  if (!isOurs) {
    await recordRefusal(ctx, tokenFault(sent.refresh, token, 'RefreshToken'), null, null)
    throw refused
  }
  const refresh = { text: sent.refresh, rowId: token.rowId }
  const fault = faultOf(row, sent.refresh, ctx.clock())
  const renewal: Renewal =
    fault || !row
      ? { problem: fault ?? 'revoked' }
      : await ctx.db.write((tx) => renew(tx, ctx, refresh, row.userId, sent.access))
  if ('session' in renewal) return renewal.session
  // Recorded where it ended the session.
  if (renewal.problem !== 'reused')
    await recordRefusal(ctx, renewal.problem, token.rowId, row?.userId ?? null)
  throw refused
}

/** The id of no row. */
const NO_ROW = 0

async function findRow({ db }: Ctx, refreshTokenId: number) {
  const { refreshTokens } = db.t
  const [row] = await db.read
    .select({
      userId: refreshTokens.userId,
      tokenHash: refreshTokens.tokenHash,
      expiresAt: refreshTokens.expiresAt,
    })
    .from(refreshTokens)
    .where(eq(refreshTokens.id, refreshTokenId))
  return row
}

/** What needs no lock to be said; the rest is said where the row is locked. */
function faultOf(row: Awaited<ReturnType<typeof findRow>>, text: string, now: Date): RefusalReason | null {
  if (!row) return 'revoked'
  if (!matchesHash(text, row.tokenHash)) return 'forged'
  return isOver(row.expiresAt, now) ? 'expired' : null
}

async function renew(
  tx: Queries,
  ctx: Ctx,
  { text, rowId }: { text: string; rowId: number },
  owner: number,
  access: string | null,
): Promise<Renewal> {
  const { refreshTokens, accessTokens } = ctx.db.t
  const user = await lockUser(tx, ctx.db, owner)
  const [row] = await tx.select().from(refreshTokens).where(eq(refreshTokens.id, rowId))
  if (!user || !row) return { problem: 'revoked' }
  if (!matchesHash(text, row.tokenHash)) return { problem: 'forged' }
  if (isOver(row.expiresAt, ctx.clock())) return { problem: 'expired' }
  if (row.consumedAt) return endReused(tx, ctx, row)
  // Sessions of a disabled account are kept: they work again once it is enabled.
  if (user.disabledAt) return { problem: 'disabled' }
  await tx.update(refreshTokens).set({ consumedAt: ctx.clock() }).where(eq(refreshTokens.id, rowId))
  await tx.delete(accessTokens).where(eq(accessTokens.sessionId, row.sessionId))
  const ended = access ? await endOtherSessionOf(tx, ctx, access, row) : []
  await noteUse(tx, ctx, row.sessionId)
  const session = await issueTokens(tx, ctx, row)
  await recordRenewal(tx, ctx, { id: rowId, user, session, ended })
  return { session }
}

async function recordRenewal(
  tx: Queries,
  ctx: Ctx,
  { id, user, session, ended }: { id: number; user: User; session: Session; ended: readonly number[] },
): Promise<void> {
  await recordEvent(tx, ctx, {
    action: 'session.refresh',
    outcome: 'success',
    credential: `RefreshToken:${id}`,
    target: `User:${user.id}`,
    targetName: user.username,
    actorUserId: user.id,
    actorName: user.username,
    details: {
      session: `Session:${session.sessionId}`,
      accessToken: `AccessToken:${session.accessTokenId}`,
      ...(ended.length > 0 && endedDetails(ended)),
    },
  })
}

async function endReused(
  tx: Queries,
  ctx: Ctx,
  row: { id: number; userId: number; sessionId: number },
): Promise<Renewal> {
  await endSessions(tx, ctx.db, row.userId, { only: row.sessionId })
  await recordEvent(tx, ctx, {
    action: 'session.refresh',
    outcome: 'failure',
    reason: 'reused',
    credential: `RefreshToken:${row.id}`,
    target: `User:${row.userId}`,
    details: endedDetails([row.sessionId]),
  })
  return { problem: 'reused' }
}

/** A browser that changes its session leaves the one behind that its access token belongs to. Returns what ended. */
async function endOtherSessionOf(
  tx: Queries,
  ctx: Ctx,
  access: string,
  { userId, sessionId }: { userId: number; sessionId: number },
): Promise<number[]> {
  const other = await sessionOf(tx, ctx, 'AccessToken', access)
  if (other?.userId !== userId || other.sessionId === sessionId) return []
  return endSessions(tx, ctx.db, userId, { only: other.sessionId })
}

async function noteUse(tx: Queries, { db, clock, request }: Ctx, sessionId: number): Promise<void> {
  const { sessions } = db.t
  const { address } = request
  const userAgent = keepableUserAgent(request.userAgent)
  await tx
    .update(sessions)
    .set({ lastSeenAt: clock(), ...(address && { address }), ...(userAgent && { userAgent }) })
    .where(eq(sessions.id, sessionId))
}

function recordRefusal(
  ctx: Ctx,
  reason: RefusalReason,
  rowId: number | null,
  owner: number | null,
): Promise<void> {
  return recordFailure(ctx, {
    action: 'session.refresh',
    reason,
    ...(rowId !== null && { credential: `RefreshToken:${rowId}` }),
    ...(owner !== null && { target: `User:${owner}` }),
  })
}

/** The session that a browser's tokens belong to, over or not; null without a token of ours. */
export async function sentSession(
  ctx: Ctx,
  sent: SentTokens,
): Promise<{ userId: number; sessionId: number } | null> {
  const { read } = ctx.db
  return (
    (await sessionOf(read, ctx, 'AccessToken', sent.access)) ??
    (await sessionOf(read, ctx, 'RefreshToken', sent.refresh))
  )
}

/**
 * Ends every session of whoever sent these tokens, in every browser. An access token that is over still says who it is.
 * Without a token of ours nothing happens: signing out never fails.
 */
export async function signOut(ctx: Ctx, sent: SentTokens): Promise<void> {
  const session = await sentSession(ctx, sent)
  if (session === null) return
  const { userId } = session
  await ctx.db.write(async (tx) => {
    const ended = await endSessions(tx, ctx.db, userId)
    await recordEvent(tx, ctx, {
      action: 'session.logout',
      outcome: 'success',
      target: `User:${userId}`,
      actorUserId: userId,
      details: endedDetails(ended),
    })
  })
}

/** The session that a token text of ours belongs to, whether or not the text is over; null for anything else. */
async function sessionOf(
  queries: Queries,
  { db, config }: Ctx,
  table: TokenTable & ('AccessToken' | 'RefreshToken'),
  text: string | null,
): Promise<{ userId: number; sessionId: number } | null> {
  const token = text === null ? null : readToken(config, text)
  if (text === null || !token?.signatureGood || token.table !== table) return null
  const rows = table === 'AccessToken' ? db.t.accessTokens : db.t.refreshTokens
  const [row] = await queries
    .select({ userId: rows.userId, sessionId: rows.sessionId })
    .from(rows)
    .where(and(eq(rows.id, token.rowId), eq(rows.tokenHash, hashToken(text))))
  return row ?? null
}
