/** Traces go with their spans, and out of the sums that they are part of. */
import { and, eq, inArray } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import { bucketsWithout } from '#server/ingest/buckets'
import { holdProject } from '#server/ingest/recount'
import { countSessions, lockSessions } from '#server/ingest/recount-sessions'
import { addToBuckets } from '#server/ingest/store-buckets'
import { lockTraces, type TraceState } from '#server/ingest/store-traces'

interface Work {
  db: Database
  tx: Queries
}

/** A trace that is to go. */
export interface DoomedTrace {
  id: number
  /** 32 hex digits. */
  traceId: string
  spanCount: number
}

/** So many spans go in one transaction, give or take those of one trace. */
export const SPANS_PER_DELETE = 2000

/**
 * Deletes traces of a project inside a transaction, and takes them out of the sums of the project and of other projects'
 * sessions. The project's own sessions are left as they are: they go next. Locks in the order of ingest: project, traces,
 * sessions, hours.
 */
export async function deleteTraces(
  { db, tx }: Work,
  projectId: number,
  doomed: readonly DoomedTrace[],
): Promise<void> {
  const { spans, spanRollups, traces } = db.t
  if (!(await holdProject({ db, tx }, projectId))) return
  const states = [...(await lockTraces({ db, tx }, doomed)).values()]
  const ids = states.map((state) => state.id)
  if (ids.length === 0) return
  const sessions = await lockSessions({ db, tx }, sessionsOf(states), 'from-change')
  // By themselves, in one statement: a cascade asks for those of each trace.
  await tx.delete(spans).where(inArray(spans.traceRowId, ids))
  await tx.delete(spanRollups).where(inArray(spanRollups.traceRowId, ids))
  await tx.delete(traces).where(inArray(traces.id, ids))
  await countSessions(
    { db, tx },
    sessions.filter((session) => session.projectId !== projectId),
  )
  await addToBuckets({ db, tx }, bucketsWithout(states))
}

/** The sessions that traces are in, each once. */
export const sessionsOf = (states: readonly TraceState[]): number[] => [
  ...new Set(states.flatMap(({ projectSessionId }) => projectSessionId ?? [])),
]

/**
 * Takes most spans out of a trace that has too many for one transaction, and that is to go next. Its sums are left as
 * they are: they go with it.
 */
export async function emptyTrace(db: Database, { id, spanCount }: DoomedTrace): Promise<void> {
  if (spanCount <= SPANS_PER_DELETE) return
  const { spans } = db.t
  for (;;) {
    const rows = await db.read
      .select({ id: spans.id })
      .from(spans)
      .where(eq(spans.traceRowId, id))
      .orderBy(spans.spanId)
      .limit(SPANS_PER_DELETE)
    if (rows.length < SPANS_PER_DELETE) return
    const ids = rows.map((row) => row.id)
    await db.write((tx) => tx.delete(spans).where(and(eq(spans.traceRowId, id), inArray(spans.id, ids))))
  }
}
