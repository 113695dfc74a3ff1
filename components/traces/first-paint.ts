import type { TraceDetail } from '#server/traces/model'

/** Spans that a page may carry with it. More of them would hold the browser while it reads the page. */
const MOST_SPANS = 400

/** A trace as the page itself carries it: a large one comes without its spans, which are then fetched as plain JSON. */
export function forFirstPaint(trace: TraceDetail): TraceDetail {
  return trace.spans.length > MOST_SPANS ? { ...trace, spans: [] } : trace
}

/** Whether the spans of a trace are still to be fetched. */
export function lacksSpans(trace: TraceDetail): boolean {
  return trace.spans.length === 0 && trace.spanCount > 0
}
