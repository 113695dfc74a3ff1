/** What new spans change in their trace. Pure: nothing is read or written here. */
import { addCounts, type Counts, type Node, sameCounts, TraceTree } from '#server/ingest/rollups'
import type { TraceState } from '#server/ingest/store-traces'
import type { StoredTrace, TouchedSpan } from '#server/ingest/stored-spans'
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

const NONE: Counts = { errors: 0, promptTokens: 0, completionTokens: 0 }
const NOTHING: StoredTrace['below'] = new Map()

/**
 * Adds new spans to a trace.
 * @param before what is known of those that are stored; null for a trace that has none
 */
export function mergeTrace(
  trace: TraceState,
  before: Pick<StoredTrace, 'spans' | 'below'> | null,
  added: readonly { row: SpanRow; id: number }[],
): TraceMerge {
  const fresh = added.map(({ row, id }) => toFresh(row, id))
  const tree = new TraceTree<TouchedSpan | FreshSpan>([...(before?.spans ?? []), ...fresh])
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
    rollups: changedSums(tree, before?.below ?? NOTHING),
  }
}

/**
 * What each span gains is handed up the tree. A new span gains what was below it before it came: stored spans keep what
 * they had, so nobody need know more of them.
 */
function changedSums(tree: TraceTree<TouchedSpan | FreshSpan>, below: StoredTrace['below']) {
  const gains = tree.sumUp((span) => {
    if (!('own' in span)) return NONE
    const found = below.get(span.spanId)
    return found ? addCounts(span.own, found) : span.own
  })
  const changed: TraceMerge['rollups'] = []
  for (const [span, gain] of gains) {
    if ('own' in span) {
      if (!sameCounts(span.own, gain)) changed.push({ spanRowId: span.id, total: gain })
    } else if (!sameCounts(gain, NONE)) {
      changed.push({ spanRowId: span.id, total: addCounts(span.total, gain) })
    }
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
