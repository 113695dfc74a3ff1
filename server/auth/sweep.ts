/** Removes sessions and tokens that can no longer be used. Harmless wherever and however often it runs. */
import { and, eq, gt, inArray, lte, notExists } from 'drizzle-orm'
import type { Logger } from 'pino'
import { recordEvent } from '#server/audit/record'
import { endedDetails, isDead } from '#server/auth/sessions'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { REMOVAL_BATCH, removeInBatches } from '#server/db/remove-in-batches'

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
    tokens: await removeInBatches(() => removeTokens(world)),
    sessions: await removeInBatches(() => removeSessions(world)),
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
      .limit(REMOVAL_BATCH)
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
      .limit(REMOVAL_BATCH)
    const rows = await tx.delete(sessions).where(inArray(sessions.id, dead)).returning({ id: sessions.id })
    const ctx = { ...world, actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }
    const details = endedDetails(rows.map(({ id }) => id))
    if (rows.length > 0) await recordEvent(tx, ctx, { action: 'session.expire', outcome: 'success', details })
    return rows.length
  })
}
