/** Trace rows: found or made, locked, and written back. */
import { inArray } from 'drizzle-orm'
import { byText, chunksFor, excluded } from '#server/ingest/bulk'
import type { Counts } from '#server/ingest/rollups'
import type { IncomingSpan, StoreContext } from '#server/ingest/store'

/** A trace row. Times are microseconds. */
export interface TraceState {
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

/** What a batch says of a trace before the database was asked. */
interface TraceDraft {
  traceId: string
  project: string
  startTime: number
  endTime: number
}

/**
 * The rows of all traces that the spans belong to, by trace id, locked until the transaction ends. A trace stays in
 * the project it is in; a new one goes to the project of its first span.
 */
export async function lockTraces(
  context: StoreContext,
  spans: readonly IncomingSpan[],
): Promise<Map<string, TraceState>> {
  const drafts = [...draftTraces(spans).values()].sort((a, b) => byText(a.traceId, b.traceId))
  const known = await findProjectsOfTraces(context, drafts)
  const newNames = drafts.filter((draft) => !known.has(draft.traceId)).map((draft) => draft.project)
  const projects = await ensureProjects(context, newNames)
  const rows = drafts.map(({ traceId, project, startTime, endTime }) => ({
    traceId,
    startTime,
    endTime,
    projectId: known.get(traceId) ?? (projects.get(project) as number),
  }))
  const states: TraceState[] = []
  const { tx, db } = context
  const { traces } = db.t
  for (const values of chunksFor(rows, 4, db.dialect.maxParameters)) {
    // The update changes nothing: it takes the lock and gives the row back, in the order of the values.
    const upserted = await tx
      .insert(traces)
      .values(values)
      .onConflictDoUpdate({ target: traces.traceId, set: { traceId: excluded(traces.traceId) } })
      .returning()
    states.push(...upserted.map(toState))
  }
  return new Map(states.map((state) => [state.traceId, state]))
}

function toState(row: StoreContext['db']['t']['traces']['$inferSelect']): TraceState {
  const { errorCount, promptTokens, completionTokens, ...rest } = row
  return { ...rest, counts: { errors: errorCount, promptTokens, completionTokens } }
}

/** Of each trace its first span, which is new if the trace is: the others widen the trace if they turn out to be new too. */
function draftTraces(spans: readonly IncomingSpan[]): Map<string, TraceDraft> {
  const drafts = new Map<string, TraceDraft>()
  for (const { row, project } of spans) {
    const { traceId, startTime, endTime } = row
    if (!drafts.has(traceId)) drafts.set(traceId, { traceId, project, startTime, endTime })
  }
  return drafts
}

async function findProjectsOfTraces(
  { tx, db }: StoreContext,
  drafts: readonly TraceDraft[],
): Promise<Map<string, number>> {
  const { traces } = db.t
  const known = new Map<string, number>()
  const ids = drafts.map((draft) => draft.traceId)
  for (const chunk of chunksFor(ids, 1, db.dialect.maxParameters)) {
    const rows = await tx
      .select({ traceId: traces.traceId, projectId: traces.projectId })
      .from(traces)
      .where(inArray(traces.traceId, chunk))
    for (const row of rows) known.set(row.traceId, row.projectId)
  }
  return known
}

/** The row ids of projects by name, made where missing. */
async function ensureProjects(context: StoreContext, names: readonly string[]): Promise<Map<string, number>> {
  const wanted = [...new Set(names)].sort(byText)
  const ids = await findProjects(context, wanted)
  const missing = wanted.filter((name) => !ids.has(name))
  if (missing.length === 0) return ids
  const { tx, db, now } = context
  const rows = missing.map((name) => ({ name, createdAt: now, updatedAt: now }))
  for (const values of chunksFor(rows, 6, db.dialect.maxParameters)) {
    await tx.insert(db.t.projects).values(values).onConflictDoNothing()
  }
  for (const [name, id] of await findProjects(context, missing)) ids.set(name, id)
  return ids
}

async function findProjects(
  { tx, db }: StoreContext,
  names: readonly string[],
): Promise<Map<string, number>> {
  const { projects } = db.t
  const ids = new Map<string, number>()
  for (const chunk of chunksFor(names, 1, db.dialect.maxParameters)) {
    const rows = await tx
      .select({ id: projects.id, name: projects.name })
      .from(projects)
      .where(inArray(projects.name, chunk))
    for (const row of rows) ids.set(row.name, row.id)
  }
  return ids
}

/** Writes back rows that `lockTraces` gave and locked. */
export async function writeTraces({ tx, db }: StoreContext, states: readonly TraceState[]): Promise<void> {
  const { traces } = db.t
  const rows = states.map(({ id: _id, counts, ...rest }) => ({
    ...rest,
    errorCount: counts.errors,
    promptTokens: counts.promptTokens,
    completionTokens: counts.completionTokens,
  }))
  for (const values of chunksFor(rows, 10, db.dialect.maxParameters)) {
    await tx
      .insert(traces)
      .values(values)
      .onConflictDoUpdate({
        target: traces.traceId,
        set: {
          projectSessionId: excluded(traces.projectSessionId),
          startTime: excluded(traces.startTime),
          endTime: excluded(traces.endTime),
          rootSpanRowId: excluded(traces.rootSpanRowId),
          spanCount: excluded(traces.spanCount),
          errorCount: excluded(traces.errorCount),
          promptTokens: excluded(traces.promptTokens),
          completionTokens: excluded(traces.completionTokens),
        },
      })
  }
}
