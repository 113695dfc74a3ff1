/**
 * Stores spans: one transaction, a fixed number of bulk statements, whatever the number of spans. Locks are taken in
 * one order everywhere (projects by name, traces by id, sessions by id), so that writers wait for each other but never
 * in a circle.
 */
import type { Database, Queries } from '#server/db/database'
import { addCounts, type Counts, sameCounts, TraceTree } from '#server/ingest/rollups'
import { bindSessions } from '#server/ingest/store-sessions'
import { type FreshSpan, insertSpans, type Rollup, writeRollups } from '#server/ingest/store-spans'
import { lockTraces, type TraceState, writeTraces } from '#server/ingest/store-traces'
import { loadStoredSpans, type StoredSpan, WHOLE_TRACE_SPANS } from '#server/ingest/stored-spans'
import type { SpanRow } from '#server/otlp/span-row'

/** A row and the project it goes to if its trace is new. */
export interface IncomingSpan {
  row: SpanRow
  project: string
}

/** What the steps of one storing share. */
export interface StoreContext {
  tx: Queries
  db: Database
  now: Date
}

/**
 * Stores the spans and brings every sum up to date. A span whose trace and span id are stored already is left out: the
 * first version stays, and nothing it says widens anything.
 * @param wholeTraceSpans traces with more spans are not read whole
 * @returns how many were new
 * @throws the driver's error; nothing is stored then
 */
export async function storeSpans(
  db: Database,
  spans: readonly IncomingSpan[],
  clock: () => Date,
  wholeTraceSpans = WHOLE_TRACE_SPANS,
): Promise<number> {
  if (spans.length === 0) return 0
  let traceRowIds: number[] = []
  const work = async (tx: Queries) => {
    const context = { tx, db, now: clock() }
    const traces = await lockTraces(context, spans)
    traceRowIds = [...traces.values()].map((trace) => trace.id)
    const stored = await loadStoredSpans(context, [...traces.values()], rowsByTrace(spans), wholeTraceSpans)
    const fresh = await insertSpans(context, pickFresh(spans, traces, stored))
    const changed = mergeByTrace(stored, fresh)
    await bindSessions(context, changed)
    await writeRollups(
      context,
      changed.flatMap((merge) => merge.rollups),
    )
    await writeTraces(
      context,
      changed.map((merge) => merge.trace),
    )
    return fresh.length
  }
  try {
    return await db.write(work)
  } catch (error) {
    if (!db.spanPartitions.isMissing(error)) throw error
    await db.spanPartitions.ensureFor(traceRowIds)
    return db.write(work)
  }
}

function rowsByTrace(spans: readonly IncomingSpan[]): Map<string, SpanRow[]> {
  const rows = new Map<string, SpanRow[]>()
  for (const { row } of spans) {
    const list = rows.get(row.traceId)
    if (list) list.push(row)
    else rows.set(row.traceId, [row])
  }
  return rows
}

/** The spans that are not stored yet; of one sent twice, the first. */
function pickFresh(
  spans: readonly IncomingSpan[],
  traces: ReadonlyMap<string, TraceState>,
  stored: ReadonlyMap<number, StoredSpan[]>,
): { row: SpanRow; trace: TraceState }[] {
  const known = new Map<string, Set<string>>()
  const fresh: { row: SpanRow; trace: TraceState }[] = []
  for (const { row } of spans) {
    const trace = traces.get(row.traceId) as TraceState
    let ids = known.get(row.traceId)
    if (!ids) {
      ids = new Set((stored.get(trace.id) ?? []).map((span) => span.spanId))
      known.set(row.traceId, ids)
    }
    if (ids.has(row.spanId)) continue
    ids.add(row.spanId)
    fresh.push({ row, trace })
  }
  return fresh
}

/** A trace with what was added to it, and the sums that this changes. */
export interface TraceMerge {
  trace: TraceState
  /** The first session that a new span names. */
  sessionId: string | null
  /** The sums that changed, and those of new spans that have others below them. */
  rollups: Rollup[]
}

function mergeByTrace(stored: ReadonlyMap<number, StoredSpan[]>, fresh: readonly FreshSpan[]): TraceMerge[] {
  const byTrace = new Map<TraceState, FreshSpan[]>()
  for (const span of fresh) {
    const list = byTrace.get(span.trace)
    if (list) list.push(span)
    else byTrace.set(span.trace, [span])
  }
  return [...byTrace].map(([trace, added]) => mergeTrace(trace, stored.get(trace.id) ?? [], added))
}

function mergeTrace(trace: TraceState, before: StoredSpan[], added: FreshSpan[]): TraceMerge {
  const tree = new TraceTree<StoredSpan | FreshSpan>([...before, ...added])
  const ownBefore = new TraceTree(before).takeApart((span) => span.total)
  const totals = tree.sumUp((span) => ('own' in span ? span.own : (ownBefore.get(span) as Counts)))
  const rollups: Rollup[] = []
  for (const [span, total] of totals) {
    if (!sameCounts('own' in span ? span.own : span.total, total))
      rollups.push({ traceRowId: trace.id, spanRowId: span.id, total })
  }
  const counts = added.map((span) => span.own).reduce(addCounts, trace.counts)
  const merged: TraceState = {
    ...trace,
    startTime: added.reduce((least, span) => Math.min(least, span.startTime), trace.startTime),
    endTime: added.reduce((most, span) => Math.max(most, span.endTime), trace.endTime),
    spanCount: trace.spanCount + added.length,
    counts,
    rootSpanRowId: tree.earliestRoot()?.id ?? null,
  }
  return {
    trace: merged,
    sessionId: added.find((span) => span.sessionId !== null)?.sessionId ?? null,
    rollups,
  }
}
