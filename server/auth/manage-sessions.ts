/** Lists sessions for people and ends them: one's own, and for admins anybody's. */
import { and, desc, eq, isNull } from 'drizzle-orm'
import { recordEvent } from '#server/audit/record'
import { deviceOf } from '#server/auth/device'
import type { SessionList, SessionSummary, SessionsEnded } from '#server/auth/session-model'
import { endedDetails, endSessions, isDead, lockUser, type WhichSessions } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { encodeGlobalId } from '#server/global-id'
import { findUser } from '#server/users/find'

/** Sessions that one answer holds; nobody reads more. */
const MAX_LISTED = 500

/** The caller's live sessions, last seen first. */
export async function listOwnSessions(ctx: Ctx): Promise<SessionList> {
  return { sessions: await listSessions(ctx, ownOf(ctx).userId) }
}

/**
 * A person's live sessions, last seen first. For admins.
 * @throws AppError not_found: no such person
 */
export async function listSessionsOf(ctx: Ctx, userId: number): Promise<SessionList> {
  await requirePerson(ctx, userId)
  return { sessions: await listSessions(ctx, userId) }
}

/**
 * Ends one of the caller's sessions, the present one included.
 * @throws AppError not_found: no such session, or another person's
 */
export async function endOwnSession(ctx: Ctx, sessionId: number): Promise<void> {
  await end(ctx, ownOf(ctx).userId, { only: sessionId })
}

/** Ends all of the caller's sessions but the present one. */
export async function endOtherSessions(ctx: Ctx): Promise<SessionsEnded> {
  const { userId, sessionId } = ownOf(ctx)
  return { ended: await end(ctx, userId, { except: sessionId }) }
}

/**
 * Ends one session of a person. For admins.
 * @throws AppError not_found: no such session of this person
 */
export async function endSessionOf(ctx: Ctx, userId: number, sessionId: number): Promise<void> {
  await end(ctx, userId, { only: sessionId })
}

/**
 * Ends all sessions of a person. For admins.
 * @throws AppError not_found: no such person
 */
export async function endAllSessionsOf(ctx: Ctx, userId: number): Promise<SessionsEnded> {
  await requirePerson(ctx, userId)
  return { ended: await end(ctx, userId, 'all') }
}

function ownOf({ actor }: Ctx): { userId: number; sessionId: number } {
  if (actor.kind !== 'session')
    throw new AppError('forbidden', 'Only somebody who has signed in has sessions')
  return actor
}

async function requirePerson({ db }: Ctx, userId: number): Promise<void> {
  const user = await findUser(db.read, db, userId)
  if (!user || user.role === 'SYSTEM') throw new AppError('not_found', 'User not found')
}

async function listSessions({ db, clock, actor }: Ctx, userId: number): Promise<SessionSummary[]> {
  const { sessions, refreshTokens, accessTokens } = db.t
  const rows = await db.read
    .select({ session: sessions, refreshEnds: refreshTokens.expiresAt, accessEnds: accessTokens.expiresAt })
    .from(sessions)
    .innerJoin(refreshTokens, and(eq(refreshTokens.sessionId, sessions.id), isNull(refreshTokens.consumedAt)))
    .leftJoin(accessTokens, eq(accessTokens.refreshTokenId, refreshTokens.id))
    .where(eq(sessions.userId, userId))
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.id))
    .limit(MAX_LISTED)
  const currentId = actor.kind === 'session' ? actor.sessionId : null
  return rows
    .map((row) => ({ ...row, endsAt: latest(row.refreshEnds, row.accessEnds) }))
    .filter(({ endsAt }) => endsAt > clock())
    .map(({ session, endsAt }) => ({
      id: encodeGlobalId('Session', session.id),
      isCurrent: session.id === currentId,
      method: session.method,
      createdAt: session.createdAt.toISOString(),
      lastSeenAt: session.lastSeenAt.toISOString(),
      expiresAt: endsAt.toISOString(),
      address: session.address,
      device: deviceOf(session.userAgent),
    }))
}

const latest = (one: Date, other: Date | null) => (other && other > one ? other : one)

/** Returns how many of the ended sessions were still alive; dead ones nobody sees go with them. */
async function end(ctx: Ctx, userId: number, which: WhichSessions): Promise<number> {
  return ctx.db.write(async (tx) => {
    const { sessions } = ctx.db.t
    await lockUser(tx, ctx.db, userId)
    const dead = and(eq(sessions.userId, userId), isDead(ctx.db, tx, ctx.clock()))
    await tx.delete(sessions).where(dead)
    const ended = await endSessions(tx, ctx.db, userId, which)
    if (ended.length === 0 && which !== 'all' && 'only' in which) {
      throw new AppError('not_found', 'Session not found')
    }
    if (ended.length > 0) await recordEnd(tx, ctx, userId, ended)
    return ended.length
  })
}

async function recordEnd(
  tx: Parameters<typeof recordEvent>[0],
  ctx: Ctx,
  userId: number,
  ended: number[],
): Promise<void> {
  const user = await findUser(tx, ctx.db, userId)
  await recordEvent(tx, ctx, {
    action: 'session.end',
    outcome: 'success',
    target: `User:${userId}`,
    ...(user && { targetName: user.username }),
    details: endedDetails(ended),
  })
}
