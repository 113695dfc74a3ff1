/**
 * Stores spans: one transaction, a fixed number of bulk statements, whatever the number of spans. Locks are taken in
 * one order everywhere (projects by name, traces by trace id, sessions by name, hours of projects by their key; texts by
 * their bytes), so that writers wait for each other but never in a circle.
 */
import type { Database, Queries } from '#server/db/database'
import { mergeTrace, type TraceMerge } from '#server/ingest/merge-trace'
import { writeBuckets } from '#server/ingest/store-buckets'
import { ensureProjects } from '#server/ingest/store-projects'
import { findSessions, writeSessions } from '#server/ingest/store-sessions'
import { insertSpans, writeRollups } from '#server/ingest/store-spans'
import { insertTraces, lockTraces, newTrace, type TraceState, writeTraces } from '#server/ingest/store-traces'
import { loadStoredSpans, type StoredTrace, WHOLE_TRACE_SPANS } from '#server/ingest/stored-spans'
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
  /** Number of this writer's transactions among those that it runs at the same time. */
  lane: number
}

export interface StoreOptions {
  /** See `StoreContext`. */
  lane?: number
  /** Traces with more spans are not read whole. */
  wholeTraceSpans?: number
}

/** How often partitions are made for one batch. */
const PARTITION_TRIES = 4

/** What a batch has for one trace: each span once, the first of those that are alike. */
export interface TraceBatch {
  traceId: string
  /** Of its first span. */
  project: string
  rows: SpanRow[]
}

/**
 * Stores the spans and brings every sum up to date. A span whose trace and span id are stored already is left out: the
 * first version stays, and nothing it says widens anything.
 * @returns how many were new
 * @throws the driver's error; nothing is stored then
 */
export async function storeSpans(
  db: Database,
  spans: readonly IncomingSpan[],
  clock: () => Date,
  { lane = 0, wholeTraceSpans = WHOLE_TRACE_SPANS }: StoreOptions = {},
): Promise<number> {
  if (spans.length === 0) return 0
  const batches = groupByTrace(spans)
  let traceRowIds: number[] = []
  const store = () =>
    db.write(async (tx) => {
      const context = { tx, db, now: clock(), lane }
      const merges = await mergeBatches(context, batches, wholeTraceSpans)
      traceRowIds = merges.map(({ after }) => after.id)
      return writeMerges(context, merges)
    })
  for (let tries = 1; ; tries++) {
    try {
      return await store()
    } catch (error) {
      // At midnight a try may give its new traces ids of the next day, and miss the next day's partition.
      if (tries > PARTITION_TRIES || !db.spanPartitions.isMissing(error)) throw error
      await db.spanPartitions.ensureFor(traceRowIds)
    }
  }
}

function groupByTrace(spans: readonly IncomingSpan[]): TraceBatch[] {
  const byTrace = new Map<string, { batch: TraceBatch; spanIds: Set<string> }>()
  for (const { row, project } of spans) {
    const known = byTrace.get(row.traceId)
    if (!known) {
      const batch = { traceId: row.traceId, project, rows: [row] }
      byTrace.set(row.traceId, { batch, spanIds: new Set([row.spanId]) })
    } else if (!known.spanIds.has(row.spanId)) {
      known.spanIds.add(row.spanId)
      known.batch.rows.push(row)
    }
  }
  return [...byTrace.values()].map(({ batch }) => batch)
}

/** Finds or makes the traces, and works out what the new spans change in each. Traces without new spans are left out. */
async function mergeBatches(
  context: StoreContext,
  batches: readonly TraceBatch[],
  wholeTraceSpans: number,
): Promise<TraceMerge[]> {
  const projects = await ensureProjects(context, batches)
  const known = await lockTraces(context, batches)
  const stored = await loadStoredSpans(context, known, batches, wholeTraceSpans)
  const pairs = batches
    .map((batch) => pickFresh(batch, known.get(batch.traceId) ?? newTrace(batch, projects), stored))
    .filter(({ rows }) => rows.length > 0)
  const count = pairs.reduce((sum, { rows }) => sum + rows.length, 0)
  const ids = await context.db.dialect.reserveIds(context.tx, context.db.t.spans, count)
  let next = 0
  const merges = pairs.map(({ trace, rows, before }) => {
    const fresh = rows.map((row) => ({ row, id: ids[next++] as number }))
    return mergeTrace(trace, before, fresh)
  })
  await findSessions(context, merges)
  await insertTraces(context, merges)
  return merges
}

/** The spans of a trace that are not stored yet. */
function pickFresh(batch: TraceBatch, trace: TraceState, stored: ReadonlyMap<number, StoredTrace>) {
  const before = stored.get(trace.id) ?? null
  return {
    trace,
    before,
    rows: before ? batch.rows.filter((row) => !before.known.has(row.spanId)) : batch.rows,
  }
}

/** @returns how many spans there were */
async function writeMerges(context: StoreContext, merges: readonly TraceMerge[]): Promise<number> {
  const count = await insertSpans(context, merges)
  await writeSessions(context, merges)
  await writeTraces(context, merges)
  await writeRollups(context, merges)
  await writeBuckets(context, merges)
  return count
}
