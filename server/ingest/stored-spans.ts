/** The spans of a trace that were there before, as far as new ones can touch them. Wide columns are never read. */
import { and, eq } from 'drizzle-orm'
import type { KinRow } from '#server/db/kin'
import { countsOf } from '#server/ingest/merge-trace'
import { findNextRoot } from '#server/ingest/next-root'
import { addCounts, type Counts, type Node } from '#server/ingest/rollups'
import type { StoreContext } from '#server/ingest/store'
import type { TraceState } from '#server/ingest/store-traces'
import type { SpanRow } from '#server/otlp/span-row'

/** A span that was there before, with its sum over everything below it. */
export interface TouchedSpan extends Node {
  total: Counts
}

/** The same of a trace that is read whole. */
export interface StoredSpan extends TouchedSpan {
  traceRowId: number
  endTime: number
}

/** What a batch has to know of a trace. */
export interface StoredTrace {
  /** The root, what new spans lie below, and everything above each of them; or every span. */
  spans: TouchedSpan[]
  /** Span ids that are stored: those of the batch among them, if not more. */
  known: ReadonlySet<string>
  /** What lies below a span that is not stored yet, by its id: the sums of the stored spans that it is the parent of. */
  below: ReadonlyMap<string, Counts>
}

/** What a new span says of its place in its trace. */
type Arriving = Pick<SpanRow, 'spanId' | 'parentId' | 'startTime'>

/** Smaller traces are read whole, many in one statement: of larger ones a batch touches little. */
export const WHOLE_TRACE_SPANS = 200
/** So many spans are read at once, in the traces that a batch reads whole. */
const WHOLE_BATCH_SPANS = 50_000

/** What the batches have to know of their traces, by the trace's row id. Traces without spans are left out. */
export async function loadStoredSpans(
  context: StoreContext,
  traces: ReadonlyMap<string, TraceState>,
  batches: readonly { traceId: string; rows: readonly Arriving[] }[],
  wholeTraceSpans: number,
): Promise<Map<number, StoredTrace>> {
  const whole: number[] = []
  let wholeSpans = 0
  const byTrace = new Map<number, StoredTrace>()
  for (const { traceId, rows } of batches) {
    const trace = traces.get(traceId)
    if (!trace || trace.spanCount === 0) continue
    if (trace.spanCount <= wholeTraceSpans && wholeSpans + trace.spanCount <= WHOLE_BATCH_SPANS) {
      whole.push(trace.id)
      wholeSpans += trace.spanCount
    } else byTrace.set(trace.id, await loadTouched(context, trace, rows))
  }
  const spansOf = new Map<number, StoredSpan[]>()
  await loadWhole(context, whole, spansOf)
  for (const [id, spans] of spansOf) byTrace.set(id, { spans, ...describeWhole(spans) })
  return byTrace
}

function describeWhole(spans: readonly StoredSpan[]): Pick<StoredTrace, 'known' | 'below'> {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const below = new Map<string, Counts>()
  for (const { parentId, total } of spans) {
    if (parentId === null || known.has(parentId)) continue
    const sum = below.get(parentId)
    below.set(parentId, sum ? addCounts(sum, total) : total)
  }
  return { known, below }
}

const SPAN_MEMBERS = [
  'id',
  'traceRowId',
  'spanId',
  'parentId',
  'startTime',
  'endTime',
  'statusCode',
  'llmTokenCountPrompt',
  'llmTokenCountCompletion',
] as const
const ROLLUP_MEMBERS = [
  'spanRowId',
  'cumulativeErrorCount',
  'cumulativeLlmTokenCountPrompt',
  'cumulativeLlmTokenCountCompletion',
] as const

/**
 * Reads every span of some traces.
 * @param sums `stored`: each with the sum kept for it; `own`: with what it counts for itself, for a recount
 */
export async function loadWhole(
  { tx, db }: Pick<StoreContext, 'tx' | 'db'>,
  traceRowIds: readonly number[],
  byTrace: Map<number, StoredSpan[]>,
  sums: 'stored' | 'own' = 'stored',
): Promise<void> {
  const { spans, spanRollups } = db.t
  const by = 'traceRowId' as const
  const asked = sums === 'own' ? [] : traceRowIds
  const rollups = await db.dialect.selectMany(tx, spanRollups, { members: ROLLUP_MEMBERS, by }, asked)
  const totals = new Map(
    rollups.map((row) => [
      row.spanRowId,
      {
        errors: row.cumulativeErrorCount,
        promptTokens: row.cumulativeLlmTokenCountPrompt,
        completionTokens: row.cumulativeLlmTokenCountCompletion,
      },
    ]),
  )
  for (const row of await db.dialect.selectMany(tx, spans, { members: SPAN_MEMBERS, by }, traceRowIds)) {
    const { id, traceRowId, spanId, parentId, startTime, endTime } = row
    const span = {
      id,
      traceRowId,
      spanId,
      parentId,
      startTime,
      endTime,
      total: totals.get(id) ?? countsOf(row),
    }
    const list = byTrace.get(traceRowId)
    if (list) list.push(span)
    else byTrace.set(traceRowId, [span])
  }
}

/** Reads what the batch touches: a few rows of a wide trace, of a deep one those above. */
async function loadTouched(
  { tx, db }: StoreContext,
  trace: TraceState,
  arriving: readonly Arriving[],
): Promise<StoredTrace> {
  const of = { tx, t: db.t, traceRowId: trace.id }
  const ids = arriving.map(({ spanId }) => spanId)
  const known = new Set(await db.dialect.whichAreStored(of, ids))
  const fresh = arriving.filter(({ spanId }) => !known.has(spanId))
  const below = new Map<string, Counts>()
  if (fresh.length === 0) return { spans: [], known, below }
  const freshIds = fresh.map(({ spanId }) => spanId)
  for (const { parentId, ...sum } of await db.dialect.sumsBelow(of, freshIds)) below.set(parentId, sum)
  const root = await readRoot({ tx, db }, trace)
  const wanted = new Set(fresh.flatMap(({ parentId }) => parentId ?? []))
  if (root) wanted.add(root.spanId)
  const read = async (spanIds: Iterable<string>) =>
    (await db.dialect.withAncestors(of, [...spanIds])).map(toTouchedSpan)
  const spans = await read(wanted)
  if (!root || isSucceededByOld(root, spans, fresh, below)) {
    const next = await findNextRoot({ tx, db }, trace.id, [...below.keys()])
    if (next !== null && !spans.some(({ spanId }) => spanId === next)) spans.push(...(await read([next])))
  }
  return { spans, known, below }
}

/** Whether the root gets a parent, and another of the stored spans may be the earliest root then. */
function isSucceededByOld(
  root: Node,
  spans: readonly TouchedSpan[],
  fresh: readonly Arriving[],
  below: ReadonlyMap<string, Counts>,
): boolean {
  if (root.parentId === null || !below.has(root.parentId)) return false
  const there = new Set([...spans, ...fresh].map(({ spanId }) => spanId))
  // No other stored root started before it: a new one that did is the earliest.
  return !fresh.some(
    ({ parentId, startTime }) => startTime < root.startTime && (parentId === null || !there.has(parentId)),
  )
}

async function readRoot(
  { tx, db }: Pick<StoreContext, 'tx' | 'db'>,
  trace: TraceState,
): Promise<Node | null> {
  const { spans } = db.t
  const { id, spanId, parentId, startTime } = spans
  const [root] = await tx
    .select({ id, spanId, parentId, startTime })
    .from(spans)
    .where(and(eq(spans.traceRowId, trace.id), eq(spans.id, trace.rootSpanRowId ?? 0)))
  return root ?? null
}

// Written out, as it is done thousands of times.
const toTouchedSpan = (row: KinRow): TouchedSpan => ({
  id: row.id,
  spanId: row.spanId,
  parentId: row.parentId,
  startTime: row.startTime,
  total: { errors: row.errors, promptTokens: row.promptTokens, completionTokens: row.completionTokens },
})
