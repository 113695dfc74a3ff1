/**
 * Sessions: a refresh row, and below it the access row that goes when it goes. A person may have any number of them.
 * Whoever issues or ends sessions locks the person's row first, so that a session that is just being made cannot
 * slip past a password change or a sign-out.
 */
import { and, eq, lte, sql } from 'drizzle-orm'
import type { TokenPair } from '#server/auth/cookies'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { AppError } from '#server/errors'

/** What issuing needs; a Ctx fits. */
export interface SessionWorld {
  db: Database
  config: Config
  clock: () => Date
}

export interface Session extends TokenPair {
  accessTokenId: number
}

/** A person's row, locked until the transaction ends; null when it is gone. */
export async function lockUser(tx: Queries, db: Database, userId: number) {
  const { users } = db.t
  const [user] = await tx
    .update(users)
    .set({ username: sql`${users.username}` })
    .where(eq(users.id, userId))
    .returning()
  return user ?? null
}

/** Makes a session with full lifetimes. The person's row must be locked. Also drops that person's dead sessions. */
export async function issueSession(tx: Queries, world: SessionWorld, userId: number): Promise<Session> {
  const { accessTokens, refreshTokens } = world.db.t
  const { accessTokenMinutes, refreshTokenMinutes } = world.config.auth
  const now = world.clock()
  await dropDeadSessions(tx, world, userId)
  const sessionId = await insertSession(tx, world, userId, now)
  const refreshRow = {
    userId,
    sessionId,
    tokenHash: '',
    createdAt: now,
    expiresAt: later(now, refreshTokenMinutes),
  }
  const refreshTokenId = idOf(
    await tx.insert(refreshTokens).values(refreshRow).returning({ id: refreshTokens.id }),
  )
  const accessRow = {
    userId,
    sessionId,
    refreshTokenId,
    tokenHash: '',
    createdAt: now,
    expiresAt: later(now, accessTokenMinutes),
  }
  const accessTokenId = idOf(
    await tx.insert(accessTokens).values(accessRow).returning({ id: accessTokens.id }),
  )
  const secret = signingSecret(world.config)
  const refreshToken = signToken('RefreshToken', refreshTokenId, secret)
  const accessToken = signToken('AccessToken', accessTokenId, secret)
  await tx
    .update(refreshTokens)
    .set({ tokenHash: hashToken(refreshToken) })
    .where(eq(refreshTokens.id, refreshTokenId))
  await tx
    .update(accessTokens)
    .set({ tokenHash: hashToken(accessToken) })
    .where(eq(accessTokens.id, accessTokenId))
  return { accessToken, refreshToken, accessTokenId }
}

async function insertSession(tx: Queries, { db }: SessionWorld, userId: number, now: Date): Promise<number> {
  const { sessions, users } = db.t
  const [user] = await tx.select({ method: users.authMethod }).from(users).where(eq(users.id, userId))
  const row = { userId, method: user?.method ?? ('LOCAL' as const), createdAt: now, lastSeenAt: now }
  return idOf(await tx.insert(sessions).values(row).returning({ id: sessions.id }))
}

/** Ends every session of a person, in every browser. Locks the person's row. */
export async function endSessions(tx: Queries, db: Database, userId: number): Promise<void> {
  const { sessions } = db.t
  await lockUser(tx, db, userId)
  await tx.delete(sessions).where(eq(sessions.userId, userId))
}

/** Rows whose access and refresh time are both over; the access row goes with its refresh row. */
async function dropDeadSessions(tx: Queries, world: SessionWorld, userId: number): Promise<void> {
  const { refreshTokens } = world.db.t
  const now = world.clock()
  const accessIsOver = lte(refreshTokens.createdAt, later(now, -world.config.auth.accessTokenMinutes))
  await tx
    .delete(refreshTokens)
    .where(and(eq(refreshTokens.userId, userId), lte(refreshTokens.expiresAt, now), accessIsOver))
}

function signingSecret({ auth }: Config): string {
  if (!auth.enabled) throw new AppError('not_found', 'Not Found')
  return auth.secret
}

function later(time: Date, minutes: number): Date {
  return new Date(time.getTime() + Math.round(minutes * 60_000))
}

function idOf(rows: { id: number }[]): number {
  const [row] = rows
  if (!row) throw new Error('The database returned no id for a new row')
  return row.id
}
