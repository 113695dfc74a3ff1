/** Writes what has been noted of the use of credentials. */
import { asc, inArray } from 'drizzle-orm'
import { type KeyUse, pendingUses, type SessionUse, type UseBatch } from '#server/auth/pending-uses'
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

/**
 * People first, then sessions, then keys, each in order of their ids: as everybody else locks them. A statement for all
 * rows of a kind and not one for each: the way to PostgreSQL and back costs more than what is done there.
 */
async function writeBatch(tx: Queries, db: Database, batch: UseBatch): Promise<void> {
  await seePeople(tx, db, new Map(batch.users.map(([id, at]) => [id, { at, address: null }])))
  await seeSessions(tx, db, new Map(batch.sessions))
  await seeKeys(tx, db, new Map(batch.keys))
}

async function seePeople(tx: Queries, db: Database, uses: ReadonlyMap<number, SessionUse>): Promise<void> {
  if (uses.size === 0) return
  const { users } = db.t
  const query = tx.select({ id: users.id, at: users.lastSeenAt }).from(users)
  const rows = await db.dialect.lockRows(
    query.where(inArray(users.id, [...uses.keys()])).orderBy(asc(users.id)),
  )
  const changes = laterUses(rows, uses).map(({ id, at }) => ({ id, lastSeenAt: at }))
  await db.dialect.updateMany(tx, users, changes, ['id'])
}

async function seeSessions(tx: Queries, db: Database, uses: ReadonlyMap<number, SessionUse>): Promise<void> {
  if (uses.size === 0) return
  const { sessions } = db.t
  const columns = { id: sessions.id, at: sessions.lastSeenAt, address: sessions.address }
  const query = tx
    .select(columns)
    .from(sessions)
    .where(inArray(sessions.id, [...uses.keys()]))
  const rows = await db.dialect.lockRows(query.orderBy(asc(sessions.id)))
  const changes = laterUses(rows, uses).map(({ id, at, address }) => ({ id, lastSeenAt: at, address }))
  await db.dialect.updateMany(tx, sessions, changes, ['id'])
}

/** Counts only for keys that are still there; they stay until the transaction ends. */
async function seeKeys(tx: Queries, db: Database, uses: ReadonlyMap<number, KeyUse>): Promise<void> {
  if (uses.size === 0) return
  const { apiKeys, apiKeyUsage } = db.t
  const columns = { id: apiKeys.id, at: apiKeys.lastUsedAt, address: apiKeys.lastUsedAddress }
  const query = tx
    .select(columns)
    .from(apiKeys)
    .where(inArray(apiKeys.id, [...uses.keys()]))
  const rows = await db.dialect.lockRows(query.orderBy(asc(apiKeys.id)))
  const changes = laterUses(rows, uses).map(({ id, at, address }) => ({
    id,
    lastUsedAt: at,
    lastUsedAddress: address,
  }))
  await db.dialect.updateMany(tx, apiKeys, changes, ['id'])
  const counts = rows.flatMap(({ id }) =>
    [...(uses.get(id)?.days ?? [])].map(([day, count]) => ({ keyId: id, day, count })),
  )
  await db.dialect.upsertMany(tx, apiKeyUsage, counts, {
    key: ['keyId', 'day'],
    merge: { count: 'add' },
    returning: [],
  })
}

interface LastUse {
  id: number
  at: Date | null
  address?: string | null
}

/** The uses that are later than what the rows say; an unknown address leaves the known one. */
function laterUses(rows: readonly LastUse[], uses: ReadonlyMap<number, SessionUse>) {
  return rows.flatMap(({ id, at, address }) => {
    const use = uses.get(id)
    if (!use || (at && at >= use.at)) return []
    return [{ id, at: use.at, address: use.address ?? address ?? null }]
  })
}
