/** Removes sessions and tokens that can no longer be used. Harmless wherever and however often it runs. */
import { and, eq, gt, inArray, lte, notExists } from 'drizzle-orm'
import type { Logger } from 'pino'
import { recordEvent } from '#server/audit/record'
import { endedDetails, isDead } from '#server/auth/sessions'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'

/** Rows removed in one transaction, so that nobody waits long behind it. */
const BATCH = 500

export interface SweepWorld {
  db: Database
  config: Config
  clock: () => Date
  log: Logger
}

/** Rows that were removed. */
export interface SweptSessions {
  tokens: number
  sessions: number
}

/**
 * Removes refresh tokens whose time is over, used ones included (until then their second use is recognised), and
 * sessions that nothing can use or renew any more.
 */
export async function sweepSessions(world: SweepWorld): Promise<SweptSessions> {
  return {
    tokens: await untilNone(() => removeTokens(world)),
    sessions: await untilNone(() => removeSessions(world)),
  }
}

async function removeTokens({ db, clock }: SweepWorld): Promise<number> {
  const { refreshTokens, accessTokens } = db.t
  const now = clock()
  const rows = await db.write((tx) => {
    // An access token goes with its refresh token, and may be set to live longer.
    const usable = tx
      .select({ id: accessTokens.id })
      .from(accessTokens)
      .where(and(eq(accessTokens.refreshTokenId, refreshTokens.id), gt(accessTokens.expiresAt, now)))
    const over = tx
      .select({ id: refreshTokens.id })
      .from(refreshTokens)
      .where(and(lte(refreshTokens.expiresAt, now), notExists(usable)))
      .limit(BATCH)
    return tx.delete(refreshTokens).where(inArray(refreshTokens.id, over)).returning({ id: refreshTokens.id })
  })
  return rows.length
}

async function removeSessions(world: SweepWorld): Promise<number> {
  const { db, clock } = world
  const { sessions } = db.t
  return db.write(async (tx) => {
    const dead = tx
      .select({ id: sessions.id })
      .from(sessions)
      .where(isDead(db, tx, clock()))
      .limit(BATCH)
    const rows = await tx.delete(sessions).where(inArray(sessions.id, dead)).returning({ id: sessions.id })
    const ctx = { ...world, actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }
    const details = endedDetails(rows.map(({ id }) => id))
    if (rows.length > 0) await recordEvent(tx, ctx, { action: 'session.expire', outcome: 'success', details })
    return rows.length
  })
}

async function untilNone(remove: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const removed = await remove()
    total += removed
    if (removed < BATCH) return total
  }
}
