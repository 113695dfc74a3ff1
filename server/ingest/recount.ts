/**
 * Sums counted anew from what they are sums of: traces from their spans, sessions and hours from their traces. In small
 * transactions, while spans go on arriving. Traces first, then sessions and projects: each builds on the one before.
 */
import { and, asc, eq, gt, gte, inArray, lt, ne } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import { addTrace, type BucketSums, bucketOf, emptyBucket, MICROS_PER_HOUR } from '#server/ingest/buckets'
import { addCounts, type Counts, sameCounts, TraceTree } from '#server/ingest/rollups'
import { KEY as BUCKET_KEY, BUCKET_SHARDS } from '#server/ingest/store-buckets'
import { lockTraces, type TraceState, writeTraceRows } from '#server/ingest/store-traces'
import { loadWhole, type StoredSpan } from '#server/ingest/stored-spans'
import { WHOLE_LIFE } from '#server/projects/model'

interface Work {
  db: Database
  tx: Queries
}

/** A page of rows in the order of their ids. */
export interface RecountPage {
  /** The last id of the page before; 0 to begin with. */
  afterId: number
  limit: number
}

/**
 * Counts a page of traces anew, with the sums of each of their spans.
 * @returns the last id of the page; null when there are no more
 */
export async function recountTraces(db: Database, { afterId, limit }: RecountPage): Promise<number | null> {
  const { traces } = db.t
  const page = await db.read
    .select({ id: traces.id, traceId: traces.traceId })
    .from(traces)
    .where(gt(traces.id, afterId))
    .orderBy(asc(traces.id))
    .limit(limit)
  if (page.length > 0) await db.write((tx) => recountPage({ db, tx }, page))
  return page.at(-1)?.id ?? null
}

async function recountPage({ db, tx }: Work, page: readonly { traceId: string }[]): Promise<void> {
  const { spanRollups } = db.t
  const states = [...(await lockTraces({ db, tx }, page)).values()]
  const ids = states.map((state) => state.id)
  if (ids.length === 0) return
  const spans = new Map<number, StoredSpan[]>()
  await loadWhole({ db, tx }, ids, spans, 'own')
  await tx.delete(spanRollups).where(inArray(spanRollups.traceRowId, ids))
  const counted = states.map((state) => recountTrace(state, spans.get(state.id) ?? []))
  await db.dialect.upsertMany(
    tx,
    spanRollups,
    counted.flatMap(({ rollups }) => rollups),
    { key: ['traceRowId', 'spanRowId'], merge: { cumulativeErrorCount: 'replace' }, returning: [] },
  )
  await writeTraceRows(
    { db, tx },
    counted.map(({ trace }) => trace),
  )
}

/** A trace without spans keeps its times. */
function recountTrace(state: TraceState, spans: readonly StoredSpan[]) {
  const tree = new TraceTree(spans)
  const none: Counts = { errors: 0, promptTokens: 0, completionTokens: 0 }
  const trace: TraceState = {
    ...state,
    startTime: spans.reduce(
      (least, span) => Math.min(least, span.startTime),
      spans[0]?.startTime ?? state.startTime,
    ),
    endTime: spans.reduce((most, span) => Math.max(most, span.endTime), spans[0]?.endTime ?? state.endTime),
    spanCount: spans.length,
    counts: spans.reduce((sum, span) => addCounts(sum, span.total), none),
    rootSpanRowId: tree.earliestRoot()?.id ?? null,
  }
  const changed = [...tree.sumUp((span) => span.total)].filter(([span, sum]) => !sameCounts(span.total, sum))
  const rollups = changed.map(([span, sum]) => ({
    traceRowId: state.id,
    spanRowId: span.id,
    cumulativeErrorCount: sum.errors,
    cumulativeLlmTokenCountPrompt: sum.promptTokens,
    cumulativeLlmTokenCountCompletion: sum.completionTokens,
  }))
  return { trace, rollups }
}

/** Counts every hour of a project anew, and its whole life. */
export async function recountBuckets(db: Database, projectId: number): Promise<void> {
  for (let bucket = await nextBucket(db, projectId, null); bucket !== null; ) {
    await recountBucket(db, projectId, bucket)
    bucket = await nextBucket(db, projectId, bucket)
  }
  await recountWholeLife(db, projectId)
}

/** The next hour that has traces, or sums. */
async function nextBucket(db: Database, projectId: number, after: number | null): Promise<number | null> {
  const { traces, projectBuckets } = db.t
  const from = after === null ? null : (after + 1) * MICROS_PER_HOUR
  const [trace] = await db.read
    .select({ startTime: traces.startTime })
    .from(traces)
    .where(and(eq(traces.projectId, projectId), from === null ? undefined : gte(traces.startTime, from)))
    .orderBy(asc(traces.startTime))
    .limit(1)
  const [row] = await db.read
    .select({ bucket: projectBuckets.bucket })
    .from(projectBuckets)
    .where(and(eq(projectBuckets.projectId, projectId), gt(projectBuckets.bucket, after ?? WHOLE_LIFE)))
    .orderBy(asc(projectBuckets.bucket))
    .limit(1)
  const buckets = [...(trace ? [bucketOf(trace.startTime)] : []), ...(row ? [row.bucket] : [])]
  return buckets.length === 0 ? null : Math.min(...buckets)
}

async function recountBucket(db: Database, projectId: number, bucket: number): Promise<void> {
  const { traces } = db.t
  await db.write(async (tx) => {
    if (!(await holdProject({ db, tx }, projectId))) return
    await lockShards({ db, tx }, projectId, bucket)
    const sums = emptyBucket(projectId, bucket)
    const inHour = and(
      eq(traces.projectId, projectId),
      gte(traces.startTime, bucket * MICROS_PER_HOUR),
      lt(traces.startTime, (bucket + 1) * MICROS_PER_HOUR),
    )
    for (const { errors, promptTokens, completionTokens, ...row } of await tx
      .select({
        startTime: traces.startTime,
        endTime: traces.endTime,
        spanCount: traces.spanCount,
        errors: traces.errorCount,
        promptTokens: traces.promptTokens,
        completionTokens: traces.completionTokens,
      })
      .from(traces)
      .where(inHour)) {
      addTrace(sums, { ...row, counts: { errors, promptTokens, completionTokens } }, 1)
    }
    await writeSums({ db, tx }, sums)
  })
}

/**
 * The sum over the hours. Ingest writes the whole life's row before those of the hours, in one statement: whoever holds
 * its lock sees hours that nobody is adding to.
 */
async function recountWholeLife(db: Database, projectId: number): Promise<void> {
  await db.write(async (tx) => {
    if (!(await holdProject({ db, tx }, projectId))) return
    await lockShards({ db, tx }, projectId, WHOLE_LIFE)
    const { projectBuckets } = db.t
    const sums = emptyBucket(projectId, WHOLE_LIFE)
    const rows = await tx
      .select()
      .from(projectBuckets)
      .where(and(eq(projectBuckets.projectId, projectId), ne(projectBuckets.bucket, WHOLE_LIFE)))
    for (const row of rows) {
      sums.traceCount += row.traceCount
      sums.spanCount += row.spanCount
      sums.errorCount += row.errorCount
      sums.promptTokens += row.promptTokens
      sums.completionTokens += row.completionTokens
      sums.sketch.mergeEncoded(row.latencySketch)
    }
    await writeSums({ db, tx }, sums)
  })
}

/**
 * Keeps a project from being deleted until the transaction ends, to be asked before anything in it is locked.
 * @returns whether it is there
 */
export async function holdProject({ db, tx }: Work, projectId: number): Promise<boolean> {
  const select = { members: ['id'], by: 'id', lock: 'from-delete' } as const
  return (await db.dialect.selectMany(tx, db.t.projects, select, [projectId])).length > 0
}

/**
 * Locks the sums of one hour: every shard, made where it is missing, or a writer could put one in behind our back. What a
 * writer has stored but not yet added it adds when it gets the lock, to sums that do not hold it.
 */
async function lockShards({ db, tx }: Work, projectId: number, bucket: number): Promise<void> {
  const { sketch, ...none } = emptyBucket(projectId, bucket)
  const latencySketch = sketch.encode()
  const rows = Array.from({ length: BUCKET_SHARDS }, (_, shard) => ({ ...none, shard, latencySketch }))
  const merge = { traceCount: 'add' } as const
  await db.dialect.upsertMany(tx, db.t.projectBuckets, rows, { key: BUCKET_KEY, merge, returning: [] })
}

/** One shard has it all; an hour without traces has none. */
async function writeSums({ db, tx }: Work, { sketch, ...sums }: BucketSums): Promise<void> {
  const { projectBuckets } = db.t
  const { projectId, bucket, traceCount } = sums
  const least = traceCount === 0 ? 0 : 1
  await tx
    .delete(projectBuckets)
    .where(
      and(
        eq(projectBuckets.projectId, projectId),
        eq(projectBuckets.bucket, bucket),
        gte(projectBuckets.shard, least),
      ),
    )
  if (traceCount === 0) return
  const row = { ...sums, shard: 0, latencySketch: sketch.encode() }
  await db.dialect.updateMany(tx, projectBuckets, [row], BUCKET_KEY)
}
