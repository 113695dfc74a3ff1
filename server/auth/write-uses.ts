/** Writes what has been noted of the use of credentials. */
import { and, asc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { type KeyUse, pendingUses, type UseBatch } from '#server/auth/pending-uses'
import type { Database, Queries } from '#server/db/database'

/** Rows of each kind in one transaction, so that nobody waits long behind it. */
const BATCH = 200
/** How long a database that refused is left alone. */
const PAUSE_MS = 10_000

/**
 * Writes the notes that are due. What cannot be written now stays noted; nothing is lost but by the end of the process.
 * @param all write what is not due yet as well, whatever happened before: for the end of a process
 */
export function writeUses(db: Database, all = false): Promise<void> {
  const pending = pendingUses(db)
  pending.writing = pending.writing.then(() => writeBatches(db, all))
  return pending.writing
}

async function writeBatches(db: Database, all: boolean): Promise<void> {
  const pending = pendingUses(db)
  const nowMs = performance.now()
  if (!all && nowMs < pending.notBeforeMs) return
  for (;;) {
    const batch: UseBatch = {
      users: pending.users.take(nowMs, BATCH, all),
      sessions: pending.sessions.take(nowMs, BATCH, all),
      keys: pending.keys.take(nowMs, BATCH, all),
    }
    if (batch.users.length + batch.sessions.length + batch.keys.length === 0) return
    try {
      await db.write((tx) => writeBatch(tx, db, batch))
    } catch {
      // Of no consequence to anybody's request; whatever ails the database shows elsewhere.
      pending.putBack(batch)
      pending.notBeforeMs = performance.now() + PAUSE_MS
      return
    }
  }
}

/** People first, then sessions, then keys, each in order of their ids: as everybody else locks them. */
async function writeBatch(tx: Queries, db: Database, batch: UseBatch): Promise<void> {
  const { users, sessions, apiKeys } = db.t
  for (const [id, at] of batch.users) {
    const isLater = or(isNull(users.lastSeenAt), lt(users.lastSeenAt, at))
    await tx
      .update(users)
      .set({ lastSeenAt: at })
      .where(and(eq(users.id, id), isLater))
  }
  for (const [id, { at, address }] of batch.sessions) {
    await tx
      .update(sessions)
      .set({ lastSeenAt: at, ...(address !== null && { address }) })
      .where(and(eq(sessions.id, id), lt(sessions.lastSeenAt, at)))
  }
  const living = await lockKeys(tx, db, batch.keys)
  for (const [id, { at, address }] of living) {
    const isLater = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, at))
    await tx
      .update(apiKeys)
      .set({ lastUsedAt: at, ...(address !== null && { lastUsedAddress: address }) })
      .where(and(eq(apiKeys.id, id), isLater))
  }
  await addCounts(tx, db, living)
}

/** The keys that are still there; they stay until the transaction ends. */
async function lockKeys(
  tx: Queries,
  db: Database,
  keys: readonly [number, KeyUse][],
): Promise<[number, KeyUse][]> {
  if (keys.length === 0) return []
  const { apiKeys } = db.t
  const ids = keys.map(([id]) => id)
  const query = tx.select({ id: apiKeys.id }).from(apiKeys).where(inArray(apiKeys.id, ids))
  const living = new Set((await db.dialect.lockRows(query.orderBy(asc(apiKeys.id)))).map(({ id }) => id))
  return keys.filter(([id]) => living.has(id))
}

async function addCounts(tx: Queries, db: Database, keys: readonly [number, KeyUse][]): Promise<void> {
  const { apiKeyUsage } = db.t
  const rows = keys.flatMap(([keyId, { days }]) => [...days].map(([day, count]) => ({ keyId, day, count })))
  if (rows.length === 0) return
  await tx
    .insert(apiKeyUsage)
    .values(rows)
    .onConflictDoUpdate({
      target: [apiKeyUsage.keyId, apiKeyUsage.day],
      set: { count: sql`${apiKeyUsage.count} + excluded.count` },
    })
}
