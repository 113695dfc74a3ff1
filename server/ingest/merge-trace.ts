/** What new spans change in their trace. Pure: nothing is read or written here. */
import { addCounts, type Counts, type Node, sameCounts, TraceTree } from '#server/ingest/rollups'
import type { TraceState } from '#server/ingest/store-traces'
import type { StoredSpan } from '#server/ingest/stored-spans'
import type { SpanRow } from '#server/otlp/span-row'

/** A span that this transaction adds, with what it counts for itself. */
export interface FreshSpan extends Node {
  row: SpanRow
  own: Counts
}

/** A trace with what is added to it. */
export interface TraceMerge {
  /** As it is stored; null for a trace that is new. */
  before: TraceState | null
  /** As it is to be stored. Its id is 0 until a new trace has one. */
  after: TraceState
  fresh: FreshSpan[]
  /** The first session that a new span names; of a trace that is bound, the name of its session. */
  sessionId: string | null
  /** Whether the session was made after the trace. */
  isBoundLate: boolean
  /** Sums over a span and everything below it that changed, or that are not what a new span counts for itself. */
  rollups: { spanRowId: number; total: Counts }[]
}

/**
 * Adds new spans to a trace.
 * @param before the stored spans that they may touch
 */
export function mergeTrace(
  trace: TraceState,
  before: readonly StoredSpan[],
  added: readonly { row: SpanRow; id: number }[],
): TraceMerge {
  const fresh = added.map(({ row, id }) => toFresh(row, id))
  const tree = new TraceTree<StoredSpan | FreshSpan>([...before, ...fresh])
  const after = { ...trace, rootSpanRowId: tree.earliestRoot()?.id ?? null, counts: { ...trace.counts } }
  let sessionId: string | null = null
  for (const { row, own } of fresh) {
    after.startTime = Math.min(after.startTime, row.startTime)
    after.endTime = Math.max(after.endTime, row.endTime)
    after.counts = addCounts(after.counts, own)
    after.spanCount += 1
    sessionId ??= row.sessionId
  }
  return {
    before: trace.id === 0 ? null : trace,
    after,
    fresh,
    sessionId,
    isBoundLate: false,
    rollups: changedSums(tree, before),
  }
}

function changedSums(tree: TraceTree<StoredSpan | FreshSpan>, before: readonly StoredSpan[]) {
  // What stored spans count for themselves and for those below them that were not read.
  const ownBefore = new TraceTree(before).takeApart((span) => span.total)
  const totals = tree.sumUp((span) => ('own' in span ? span.own : (ownBefore.get(span) as Counts)))
  const changed: TraceMerge['rollups'] = []
  for (const [span, total] of totals) {
    const known = 'own' in span ? span.own : span.total
    if (!sameCounts(known, total)) changed.push({ spanRowId: span.id, total })
  }
  return changed
}

function toFresh(row: SpanRow, id: number): FreshSpan {
  const own = countsOf(row)
  return { id, spanId: row.spanId, parentId: row.parentId, startTime: row.startTime, row, own }
}

/** What a span counts for itself. */
export const countsOf = (
  span: Pick<SpanRow, 'statusCode' | 'llmTokenCountPrompt' | 'llmTokenCountCompletion'>,
): Counts => ({
  errors: span.statusCode === 'ERROR' ? 1 : 0,
  promptTokens: span.llmTokenCountPrompt ?? 0,
  completionTokens: span.llmTokenCountCompletion ?? 0,
})
