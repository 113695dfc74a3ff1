/** Projects that spans name: found, or made for a trace that is new. */
import { inLockOrder } from '#server/db/bulk'
import type { StoreContext, TraceBatch } from '#server/ingest/store'

/**
 * The row ids of projects by name. A project that is not there is made, unless only spans of stored traces name it: they
 * stay where their trace is. From here on none of them can be deleted, nor those that the traces are in: whoever deletes a
 * project waits before it holds anything that we want.
 */
export async function ensureProjects(
  context: StoreContext,
  batches: readonly TraceBatch[],
): Promise<Map<string, number>> {
  const { tx, db, now } = context
  const ids = await holdProjects(context, batches)
  const lacking = batches.filter((batch) => !ids.has(batch.project))
  if (lacking.length === 0) return ids
  const stored = await storedTraces(context, lacking)
  const names = new Set(lacking.filter(({ traceId }) => !stored.has(traceId)).map(({ project }) => project))
  const missing = [...names].sort(inLockOrder)
  const rows = missing.map((name) => ({ name, createdAt: now, updatedAt: now }))
  const made = await db.dialect.insertMissing(tx, db.t.projects, rows, 'name')
  const others = await findProjects(
    context,
    missing.filter((name) => !made.has(name)),
  )
  return new Map([...ids, ...made, ...others])
}

async function holdProjects(
  { tx, db }: StoreContext,
  batches: readonly TraceBatch[],
): Promise<Map<string, number>> {
  const { projects, traces } = db.t
  const select = { members: ['id', 'name'], by: 'name' } as const
  const names = [...new Set(batches.map((batch) => batch.project))]
  const keys = batches.map((batch) => batch.traceId)
  const ofTraces = { table: traces, by: 'traceId', refersBy: 'projectId', keys } as const
  const rows = await db.dialect.holdMany(tx, projects, select, names, ofTraces)
  return new Map(rows.map(({ id, name }) => [name, id]))
}

async function findProjects(
  { tx, db }: StoreContext,
  names: readonly string[],
): Promise<Map<string, number>> {
  const select = { members: ['id', 'name'], by: 'name', lock: 'from-delete' } as const
  const rows = await db.dialect.selectMany(tx, db.t.projects, select, names)
  return new Map(rows.map(({ id, name }) => [name, id]))
}

/** Asked without a lock: traces are locked after projects, everywhere. */
async function storedTraces({ tx, db }: StoreContext, batches: readonly TraceBatch[]): Promise<Set<string>> {
  const select = { members: ['traceId'], by: 'traceId' } as const
  const ids = batches.map((batch) => batch.traceId)
  const rows = await db.dialect.selectMany(tx, db.t.traces, select, ids)
  return new Set(rows.map((row) => row.traceId))
}
