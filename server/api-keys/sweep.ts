/** What happens to keys by the passing of time: a warning before they end, and their removal some weeks after. */
import { and, asc, gt, inArray, lt, lte } from 'drizzle-orm'
import type { Logger } from 'pino'
import { soonBefore } from '#server/api-keys/expiry'
import { EXPIRED_KEPT_DAYS } from '#server/api-keys/model'
import { recordKeyEvent } from '#server/api-keys/record'
import { selectKeys } from '#server/api-keys/rows'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { authLogger } from '#server/log'

const DAY_MS = 86_400_000
/** Days for which the counts of a key's requests are kept. */
const USAGE_KEPT_DAYS = 400
/** Rows removed in one transaction. */
const BATCH = 50
/** Keys that are named in the log at a time. */
const MAX_NAMED = 50

export interface KeySweepWorld {
  db: Database
  config: Config
  clock: () => Date
  log: Logger
}

/** Removes keys that expired EXPIRED_KEPT_DAYS ago, each with an entry in the audit log, and old counts. */
export async function sweepKeys(world: KeySweepWorld): Promise<{ keys: number }> {
  let keys = 0
  for (;;) {
    const removed = await world.db.write((tx) => removeExpired(tx, world))
    keys += removed
    if (removed < BATCH) break
  }
  const { apiKeyUsage } = world.db.t
  const firstKept = Math.floor(world.clock().getTime() / DAY_MS) - USAGE_KEPT_DAYS
  await world.db.write((tx) => tx.delete(apiKeyUsage).where(lt(apiKeyUsage.day, firstKept)))
  return { keys }
}

async function removeExpired(tx: Queries, world: KeySweepWorld): Promise<number> {
  const { apiKeys } = world.db.t
  const limit = new Date(world.clock().getTime() - EXPIRED_KEPT_DAYS * DAY_MS)
  const expired = await tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(lte(apiKeys.expiresAt, limit))
    .orderBy(asc(apiKeys.id))
    .limit(BATCH)
  if (expired.length === 0) return 0
  const ids = expired.map(({ id }) => id)
  const known = [
    ...(await selectKeys(tx, world.db, 'user', (t) => inArray(t.apiKeys.id, ids))),
    ...(await selectKeys(tx, world.db, 'system', (t) => inArray(t.apiKeys.id, ids))),
  ]
  // Another process may have been faster, or somebody has given a key a new expiry.
  const gone = await tx
    .delete(apiKeys)
    .where(and(inArray(apiKeys.id, ids), lte(apiKeys.expiresAt, limit)))
    .returning({ id: apiKeys.id })
  const removed = new Set(gone.map(({ id }) => id))
  const ctx = { ...world, actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }
  for (const apiKey of known.filter(({ id }) => removed.has(id)))
    await recordKeyEvent(tx, ctx, 'apiKey.delete', apiKey, { because: 'expired' })
  return gone.length
}

/** Says in the log which keys end soon, so that they are rotated before an exporter stops. */
export async function warnOfEndingKeys({ db, clock, log }: KeySweepWorld): Promise<void> {
  const { apiKeys } = db.t
  const now = clock()
  const ending = await db.read
    .select({ id: apiKeys.id, name: apiKeys.name, expiresAt: apiKeys.expiresAt, usedAt: apiKeys.lastUsedAt })
    .from(apiKeys)
    .where(and(gt(apiKeys.expiresAt, now), lt(apiKeys.expiresAt, soonBefore(now))))
    .orderBy(asc(apiKeys.expiresAt))
    .limit(MAX_NAMED)
  for (const { id, name, expiresAt, usedAt } of ending) {
    const line = { target: `ApiKey:${id}`, name, expiresAt, lastUsedAt: usedAt }
    authLogger(log).warn(line, 'an API key ends soon: rotate it with a new expiry')
  }
}
