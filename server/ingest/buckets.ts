/**
 * What a project's traces add up to, in each hour and altogether. Pure: a trace is taken out as it was and put in as it
 * is.
 */
import type { TraceMerge } from '#server/ingest/merge-trace'
import type { TraceState } from '#server/ingest/store-traces'
import { WHOLE_LIFE } from '#server/projects/model'
import { LatencySketch } from '#server/sketch/latency-sketch'

export const MICROS_PER_HOUR = 3_600_000_000

/** Sums over the traces of a project that start in one hour, or over all of them; or a change of these. */
export interface BucketSums {
  projectId: number
  /** Hours since 1970-01-01, UTC; or WHOLE_LIFE. */
  bucket: number
  traceCount: number
  spanCount: number
  errorCount: number
  promptTokens: number
  completionTokens: number
  sketch: LatencySketch
}

/** The hour that a trace is counted in. */
export const bucketOf = (startTime: number): number => Math.floor(startTime / MICROS_PER_HOUR)

/** What the new spans of some traces change, in the order of project and hour. */
export function changedBuckets(merges: readonly TraceMerge[]): BucketSums[] {
  const buckets = new Map<string, BucketSums>()
  for (const { before, after } of merges) {
    if (before && before.spanCount > 0) count(buckets, before, -1)
    count(buckets, after, 1)
  }
  return inOrder(buckets)
}

/** What the end of some traces changes, in the same order. */
export function bucketsWithout(traces: readonly TraceState[]): BucketSums[] {
  const buckets = new Map<string, BucketSums>()
  for (const trace of traces) count(buckets, trace, -1)
  return inOrder(buckets)
}

const inOrder = (buckets: ReadonlyMap<string, BucketSums>) =>
  [...buckets.values()].sort((a, b) => a.projectId - b.projectId || a.bucket - b.bucket)

/** Sums over traces, for a recount. */
export function emptyBucket(projectId: number, bucket: number): BucketSums {
  const none = { traceCount: 0, spanCount: 0, errorCount: 0, promptTokens: 0, completionTokens: 0 }
  return { projectId, bucket, ...none, sketch: new LatencySketch() }
}

type Countable = Pick<TraceState, 'startTime' | 'endTime' | 'spanCount' | 'counts'>

/** Counts a trace, or takes it out with -1. */
export function addTrace(sums: BucketSums, trace: Countable, times: 1 | -1): void {
  sums.traceCount += times
  sums.spanCount += times * trace.spanCount
  sums.errorCount += times * trace.counts.errors
  sums.promptTokens += times * trace.counts.promptTokens
  sums.completionTokens += times * trace.counts.completionTokens
  sums.sketch.add(trace.endTime - trace.startTime, times)
}

function count(buckets: Map<string, BucketSums>, trace: TraceState, times: 1 | -1): void {
  for (const bucket of [WHOLE_LIFE, bucketOf(trace.startTime)]) {
    const key = `${trace.projectId} ${bucket}`
    let sums = buckets.get(key)
    if (!sums) {
      sums = emptyBucket(trace.projectId, bucket)
      buckets.set(key, sums)
    }
    addTrace(sums, trace, times)
  }
}
