/** Trace rows: found and locked, or made, and written back. */
import type { TraceMerge } from '#server/ingest/merge-trace'
import type { Counts } from '#server/ingest/rollups'
import type { StoreContext, TraceBatch } from '#server/ingest/store'

/** A trace row. Times are microseconds. */
export interface TraceState {
  /** 0 for one that is not stored yet. */
  id: number
  traceId: string
  projectId: number
  projectSessionId: number | null
  startTime: number
  endTime: number
  spanCount: number
  counts: Counts
  rootSpanRowId: number | null
}

/** Another writer was faster in a way that only shows now. The transaction is rolled back and run again. */
class LostRace extends Error {
  readonly code = '40001'
}

const MEMBERS = [
  'id',
  'traceId',
  'projectId',
  'projectSessionId',
  'startTime',
  'endTime',
  'rootSpanRowId',
  'spanCount',
  'errorCount',
  'promptTokens',
  'completionTokens',
] as const

/** The stored rows of the traces, by trace id, locked until the transaction ends. */
export async function lockTraces(
  { tx, db }: Pick<StoreContext, 'tx' | 'db'>,
  batches: readonly Pick<TraceBatch, 'traceId'>[],
): Promise<Map<string, TraceState>> {
  const select = { members: MEMBERS, by: 'traceId', lock: 'from-change' } as const
  const ids = batches.map((batch) => batch.traceId)
  const rows = await db.dialect.selectMany(tx, db.t.traces, select, ids)
  return new Map(
    rows.map(({ errorCount, promptTokens, completionTokens, ...row }) => [
      row.traceId,
      { ...row, counts: { errors: errorCount, promptTokens, completionTokens } },
    ]),
  )
}

/** A trace that is not stored: without spans, so that the first one sets its times. */
export function newTrace(
  { traceId, project, rows }: TraceBatch,
  projects: ReadonlyMap<string, number>,
): TraceState {
  const projectId = projects.get(project)
  // It was stored when projects were looked up, and has been deleted since.
  if (projectId === undefined) throw new LostRace('A trace has gone meanwhile')
  return {
    id: 0,
    traceId,
    projectId,
    projectSessionId: null,
    startTime: rows[0]?.startTime ?? 0,
    endTime: rows[0]?.endTime ?? 0,
    spanCount: 0,
    counts: { errors: 0, promptTokens: 0, completionTokens: 0 },
    rootSpanRowId: null,
  }
}

/**
 * Makes the rows of new traces, as they are to be in the end, and gives the traces their ids.
 * @throws LostRace when another writer has made one of them meanwhile
 */
export async function insertTraces({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const fresh = merges
    .filter(({ before }) => before === null)
    .sort((a, b) => (a.after.traceId < b.after.traceId ? -1 : 1))
  const rows = fresh.map(({ after: { id: _id, ...state } }) => toColumns(state))
  const ids = await db.dialect.insertMissing(tx, db.t.traces, rows, 'traceId')
  for (const { after } of fresh) {
    const id = ids.get(after.traceId)
    if (id === undefined) throw new LostRace('A trace was made by another writer')
    after.id = id
  }
}

/** Writes back traces that `lockTraces` gave, and the sessions of new ones that were made after them. */
export async function writeTraces({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const known = merges.filter(({ before }) => before !== null)
  await writeTraceRows(
    { tx, db },
    known.map(({ after }) => after),
  )
  const bound = merges.filter(({ before, isBoundLate }) => before === null && isBoundLate)
  const bindings = bound.map(({ after: { id, projectSessionId } }) => ({ id, projectSessionId }))
  await db.dialect.updateMany(tx, db.t.traces, bindings, ['id'])
}

/** Writes back locked rows; a trace never changes its project here. */
export async function writeTraceRows(
  { tx, db }: Pick<StoreContext, 'tx' | 'db'>,
  states: readonly TraceState[],
): Promise<void> {
  const rows = states.map(({ traceId: _traceId, projectId: _projectId, ...state }) => toColumns(state))
  await db.dialect.updateMany(tx, db.t.traces, rows, ['id'])
}

function toColumns<T extends { counts: Counts }>({ counts, ...state }: T) {
  const { errors, promptTokens, completionTokens } = counts
  return { ...state, errorCount: errors, promptTokens, completionTokens }
}
