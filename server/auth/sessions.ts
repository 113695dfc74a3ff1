/**
 * Sessions: one row for each sign-in, and below it the tokens that stand for it just now. Tokens are renewed, the row
 * stays; when it goes, everything below it goes. A person may have any number of them. Whoever issues or ends sessions
 * locks the person's row first, so that a session that is just being made cannot slip past a password change or a
 * sign-out.
 */
import { and, eq, gt, isNull, ne, notExists, type SQL, sql } from 'drizzle-orm'
import type { TokenPair } from '#server/auth/cookies'
import { keepableUserAgent } from '#server/auth/device'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import type { AuthMethod } from '#server/db/schema'
import { AppError } from '#server/errors'
import { secretInForce } from '#server/secrets/instance-keys'

/** What issuing needs; a Ctx fits. */
export interface SessionWorld {
  db: Database
  config: Config
  clock: () => Date
}

export interface Session extends TokenPair {
  sessionId: number
  accessTokenId: number
}

/** How and from where somebody signs in. */
export interface SignInFacts {
  method: AuthMethod
  address: string | null
  userAgent: string | null
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
export async function issueSession(
  tx: Queries,
  world: SessionWorld,
  userId: number,
  facts: SignInFacts,
): Promise<Session> {
  const { sessions } = world.db.t
  const now = world.clock()
  await tx.delete(sessions).where(and(eq(sessions.userId, userId), isDead(world.db, tx, now)))
  const { method, address, userAgent } = facts
  const row = {
    userId,
    method,
    createdAt: now,
    lastSeenAt: now,
    address,
    userAgent: keepableUserAgent(userAgent),
  }
  const sessionId = idOf(await tx.insert(sessions).values(row).returning({ id: sessions.id }))
  return issueTokens(tx, world, { userId, sessionId })
}

/** Makes a fresh pair of tokens for a session that is there. The person's row must be locked. */
export async function issueTokens(
  tx: Queries,
  world: SessionWorld,
  { userId, sessionId }: { userId: number; sessionId: number },
): Promise<Session> {
  const { accessTokens, refreshTokens } = world.db.t
  const { accessTokenMinutes, refreshTokenMinutes } = world.config.auth
  const now = world.clock()
  const common = { userId, sessionId, tokenHash: '', createdAt: now }
  const refreshRow = { ...common, expiresAt: later(now, refreshTokenMinutes) }
  const refreshTokenId = idOf(
    await tx.insert(refreshTokens).values(refreshRow).returning({ id: refreshTokens.id }),
  )
  const accessRow = { ...common, refreshTokenId, expiresAt: later(now, accessTokenMinutes) }
  const accessTokenId = idOf(
    await tx.insert(accessTokens).values(accessRow).returning({ id: accessTokens.id }),
  )
  // A text names its row, so the row is there first; both within one transaction.
  const secret = await signingSecret(tx, world)
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
  return { accessToken, refreshToken, sessionId, accessTokenId }
}

/** Which of a person's sessions end: one, all but one, or all. */
export type WhichSessions = { only: number } | { except: number } | 'all'

/**
 * Ends sessions of a person, in every browser; returns their row ids. Locks the person's row. Nothing below them
 * outlives them, so they are over at the next request in every process.
 */
export async function endSessions(
  tx: Queries,
  db: Database,
  userId: number,
  which: WhichSessions = 'all',
): Promise<number[]> {
  const { sessions } = db.t
  await lockUser(tx, db, userId)
  const rows = await tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), isMeant(sessions.id, which)))
    .returning({ id: sessions.id })
  return rows.map(({ id }) => id)
}

function isMeant(id: Database['t']['sessions']['id'], which: WhichSessions): SQL | undefined {
  if (which === 'all') return undefined
  return 'only' in which ? eq(id, which.only) : ne(id, which.except)
}

/** Most sessions that one entry of the audit log names. */
const MAX_NAMED = 50

/** What the audit log keeps of sessions that have ended: how many, and which. */
export function endedDetails(ids: readonly number[]): { ended: number; sessions: string[] } {
  return { ended: ids.length, sessions: ids.slice(0, MAX_NAMED).map((id) => `Session:${id}`) }
}

/** A condition on sessions: nothing is left that could use or renew them. */
export function isDead(db: Database, queries: Queries, now: Date): SQL {
  const { sessions, refreshTokens, accessTokens } = db.t
  const renewable = queries
    .select({ id: refreshTokens.id })
    .from(refreshTokens)
    .where(
      and(
        eq(refreshTokens.sessionId, sessions.id),
        isNull(refreshTokens.consumedAt),
        gt(refreshTokens.expiresAt, now),
      ),
    )
  const usable = queries
    .select({ id: accessTokens.id })
    .from(accessTokens)
    .where(and(eq(accessTokens.sessionId, sessions.id), gt(accessTokens.expiresAt, now)))
  return and(notExists(renewable), notExists(usable)) as SQL
}

async function signingSecret(tx: Queries, world: SessionWorld): Promise<string> {
  const secret = world.config.auth.enabled ? await secretInForce(tx, world) : null
  if (secret === null) throw new AppError('not_found', 'Not Found')
  return secret
}

function later(time: Date, minutes: number): Date {
  return new Date(time.getTime() + Math.round(minutes * 60_000))
}

function idOf(rows: { id: number }[]): number {
  const [row] = rows
  if (!row) throw new Error('The database returned no id for a new row')
  return row.id
}
