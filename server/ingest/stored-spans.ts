/** The spans of a trace that were there before, as far as new ones can touch them. Wide columns are never read. */
import { and, eq, inArray, type SQL } from 'drizzle-orm'
import { chunksFor } from '#server/ingest/bulk'
import { countsOf } from '#server/ingest/merge-trace'
import type { Counts, Node } from '#server/ingest/rollups'
import type { StoreContext } from '#server/ingest/store'
import type { TraceState } from '#server/ingest/store-traces'
import type { SpanRow } from '#server/otlp/span-row'

/** A span that was there before, with its sum over everything below it. */
export interface StoredSpan extends Node {
  traceRowId: number
  endTime: number
  total: Counts
}

/** What a new span says of its place in its trace. */
type Arriving = Pick<SpanRow, 'spanId' | 'parentId'>

/** Traces with more spans are not read whole: a trace that never ends would take longer with every batch. */
export const WHOLE_TRACE_SPANS = 1000
/** So many levels are looked up one by one; what lies deeper is read with the whole trace. */
const MAX_LEVELS = 100

/**
 * By the trace's row id, every stored span whose sum, or whose being a root, the new ones may change, every one they
 * repeat, and everything above them. Whatever is left out keeps its sum and its parent.
 */
export async function loadStoredSpans(
  context: StoreContext,
  traces: ReadonlyMap<string, TraceState>,
  batches: readonly { traceId: string; rows: readonly Arriving[] }[],
  wholeTraceSpans: number,
): Promise<Map<number, StoredSpan[]>> {
  const whole: number[] = []
  const byTrace = new Map<number, StoredSpan[]>()
  for (const { traceId, rows } of batches) {
    const trace = traces.get(traceId)
    if (!trace || trace.spanCount === 0) continue
    const touched = trace.spanCount > wholeTraceSpans ? await loadTouched(context, trace, rows) : null
    if (touched) byTrace.set(trace.id, touched)
    else whole.push(trace.id)
  }
  await loadWhole(context, whole, byTrace)
  return byTrace
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

/** Null when the whole trace is needed: its root gets a parent, so another of its spans becomes the root; or it is deep. */
async function loadTouched(
  context: StoreContext,
  trace: TraceState,
  arriving: readonly Arriving[],
): Promise<StoredSpan[] | null> {
  const { spans } = context.db.t
  const loaded = new Map<string, StoredSpan>()
  const load = async <T>(values: readonly T[], condition: (chunk: T[]) => SQL) => {
    const ofTrace = (chunk: T[]) => and(eq(spans.traceRowId, trace.id), condition(chunk)) as SQL
    for (const row of await selectIn(context, values, ofTrace)) loaded.set(row.spanId, row)
  }
  const withSpanIds = (ids: string[]) => inArray(spans.spanId, ids)
  const ids = new Set(arriving.map((span) => span.spanId))
  await load([...ids], withSpanIds)
  const fresh = new Set([...ids].filter((id) => !loaded.has(id)))
  await load([trace.rootSpanRowId ?? 0], (chunk) => inArray(spans.id, chunk))
  const root = [...loaded.values()].find((span) => span.id === trace.rootSpanRowId)
  if (!root || (root.parentId !== null && fresh.has(root.parentId))) return null
  await load([...fresh], (chunk) => inArray(spans.parentId, chunk))
  const asked = new Set(fresh)
  for (let level = 0; level < MAX_LEVELS; level++) {
    const above = [...arriving, ...loaded.values()].flatMap(({ parentId }) => parentId ?? [])
    const wanted = new Set(above.filter((id) => !loaded.has(id) && !asked.has(id)))
    if (wanted.size === 0) return [...loaded.values()]
    for (const id of wanted) asked.add(id)
    await load([...wanted], withSpanIds)
  }
  return null
}

async function selectIn<T>(
  { tx, db }: StoreContext,
  values: readonly T[],
  condition: (chunk: T[]) => SQL,
): Promise<StoredSpan[]> {
  const { spans, spanRollups } = db.t
  const found: StoredSpan[] = []
  // One parameter is left for the trace.
  for (const chunk of chunksFor(values, 1, db.dialect.maxParameters - 1)) {
    const rows = await tx
      .select({
        id: spans.id,
        traceRowId: spans.traceRowId,
        spanId: spans.spanId,
        parentId: spans.parentId,
        startTime: spans.startTime,
        endTime: spans.endTime,
        statusCode: spans.statusCode,
        llmTokenCountPrompt: spans.llmTokenCountPrompt,
        llmTokenCountCompletion: spans.llmTokenCountCompletion,
        total: {
          errors: spanRollups.cumulativeErrorCount,
          promptTokens: spanRollups.cumulativeLlmTokenCountPrompt,
          completionTokens: spanRollups.cumulativeLlmTokenCountCompletion,
        },
      })
      .from(spans)
      .leftJoin(
        spanRollups,
        and(eq(spanRollups.traceRowId, spans.traceRowId), eq(spanRollups.spanRowId, spans.id)),
      )
      .where(condition(chunk))
    for (const { statusCode, llmTokenCountPrompt, llmTokenCountCompletion, total, ...node } of rows) {
      const own = countsOf({ statusCode, llmTokenCountPrompt, llmTokenCountCompletion })
      found.push({ ...node, total: total ?? own })
    }
  }
  return found
}
