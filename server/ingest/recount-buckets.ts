/**
 * The sums of a project's hours, and of its whole life, counted anew while nobody waits.
 *
 * An hour may hold millions of traces, so nothing is locked while they are counted. Ingest changes a trace and the sums
 * that it is part of in one transaction. So what the shards of an hour are short of, all together, is the same at any
 * moment, however much is stored meanwhile: it is what somebody has spoiled. It is taken from one snapshot, page by page,
 * and written into a shard of its own, in the place of what was there. Ingest never adds to that shard, so nobody is
 * held up, and recounts that run at once write the same.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, gt, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import { addTrace, type BucketSums, bucketOf, emptyBucket, MICROS_PER_HOUR } from '#server/ingest/buckets'
import { holdProject } from '#server/ingest/recount'
import { KEY as BUCKET_KEY, BUCKET_SHARDS, CORRECTION_SHARD } from '#server/ingest/store-buckets'
import { WHOLE_LIFE } from '#server/projects/model'
import { LatencySketch } from '#server/sketch/latency-sketch'

export interface BucketRecount {
  /** Rows that are in memory at a time: traces, and at the end hours. */
  rowsPerPage?: number
  /** Told of every page of traces; the next one waits for it. */
  onCounted?: (traces: number) => void | Promise<void>
}

/** Which sums: of one hour of a project, or of its whole life. */
interface Bucket {
  projectId: number
  bucket: number
}

const ROWS_PER_PAGE = 2_000
const FIGURES = ['traceCount', 'spanCount', 'errorCount', 'promptTokens', 'completionTokens'] as const
const REPLACE = {
  traceCount: 'replace',
  spanCount: 'replace',
  errorCount: 'replace',
  promptTokens: 'replace',
  completionTokens: 'replace',
  latencySketch: 'replace',
} as const

/** Counts every hour of a project anew, and its whole life. */
export async function recountBuckets(
  db: Database,
  projectId: number,
  options: BucketRecount = {},
): Promise<void> {
  const { rowsPerPage = ROWS_PER_PAGE, onCounted = () => {} } = options
  for (let bucket = await nextBucket(db, projectId, null); bucket !== null; ) {
    const hour = emptyBucket(projectId, bucket)
    await recountBucket(db, hour, (read) => addTraces(db, read, hour, { rowsPerPage, onCounted }))
    bucket = await nextBucket(db, projectId, bucket)
  }
  const life = emptyBucket(projectId, WHOLE_LIFE)
  await recountBucket(db, life, (read) => addHours(db, read, life, rowsPerPage))
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

/** @param add adds to `sums`, which are empty, what they should be */
async function recountBucket(
  db: Database,
  sums: BucketSums,
  add: (read: Queries) => Promise<void>,
): Promise<void> {
  await emptyUnreadable(db, sums)
  const { isEmpty, known } = await db.snapshot(async (read) => {
    await add(read)
    const isEmpty = sums.traceCount === 0
    const stored = await read.select().from(db.t.projectBuckets).where(ofBucket(db, sums))
    for (const row of stored) if (row.shard !== CORRECTION_SHARD) addRow(sums, row, -1)
    return { isEmpty: isEmpty && stored.length > 0, known: stored.find(isCorrection) }
  })
  await correct(db, sums, known !== undefined)
  if (isEmpty) await removeEmpty(db, sums)
}

const isCorrection = ({ shard }: { shard: number }) => shard === CORRECTION_SHARD

function ofBucket({ t: { projectBuckets } }: Database, { projectId, bucket }: Bucket): SQL | undefined {
  return and(eq(projectBuckets.projectId, projectId), eq(projectBuckets.bucket, bucket))
}

function tracesOf({ t: { traces } }: Database, { projectId, bucket }: Bucket): SQL | undefined {
  const ofProject = eq(traces.projectId, projectId)
  if (bucket === WHOLE_LIFE) return ofProject
  const start = bucket * MICROS_PER_HOUR
  return and(ofProject, gte(traces.startTime, start), lt(traces.startTime, start + MICROS_PER_HOUR))
}

async function addTraces(
  db: Database,
  read: Queries,
  sums: BucketSums,
  { rowsPerPage, onCounted }: Required<BucketRecount>,
): Promise<void> {
  const { traces } = db.t
  const end = (sums.bucket + 1) * MICROS_PER_HOUR
  let last = { startTime: sums.bucket * MICROS_PER_HOUR, id: 0 }
  for (;;) {
    const page = await read
      .select({
        id: traces.id,
        startTime: traces.startTime,
        endTime: traces.endTime,
        spanCount: traces.spanCount,
        errors: traces.errorCount,
        promptTokens: traces.promptTokens,
        completionTokens: traces.completionTokens,
      })
      .from(traces)
      .where(
        and(
          eq(traces.projectId, sums.projectId),
          // Said by itself too: SQLite begins where a plain bound says, be it the hour's and far behind the pair.
          gte(traces.startTime, last.startTime),
          lt(traces.startTime, end),
          sql`(${traces.startTime}, ${traces.id}) > (${last.startTime}, ${last.id})`,
        ),
      )
      .orderBy(asc(traces.startTime), asc(traces.id))
      .limit(rowsPerPage)
    for (const { errors, promptTokens, completionTokens, ...row } of page) {
      addTrace(sums, { ...row, counts: { errors, promptTokens, completionTokens } }, 1)
    }
    await onCounted(page.length)
    // SQLite answers without leaving the thread: signals want to be heard too.
    await nextTurn()
    const lastOfPage = page.at(-1)
    if (!lastOfPage || page.length < rowsPerPage) return
    last = lastOfPage
  }
}

/** Adds the hours that have been counted before. */
async function addHours(db: Database, read: Queries, sums: BucketSums, rowsPerPage: number): Promise<void> {
  const { projectBuckets } = db.t
  const { bucket, shard } = projectBuckets
  let last = { bucket: WHOLE_LIFE, shard: CORRECTION_SHARD }
  for (;;) {
    const page = await read
      .select()
      .from(projectBuckets)
      .where(
        and(
          eq(projectBuckets.projectId, sums.projectId),
          sql`(${bucket}, ${shard}) > (${last.bucket}, ${last.shard})`,
        ),
      )
      .orderBy(asc(bucket), asc(shard))
      .limit(rowsPerPage)
    for (const row of page) addRow(sums, row, 1)
    await nextTurn()
    const end = page.at(-1)
    if (!end || page.length < rowsPerPage) return
    last = end
  }
}

type BucketRow = Pick<BucketSums, (typeof FIGURES)[number]> & { latencySketch: Uint8Array }

function addRow(sums: BucketSums, row: BucketRow, times: 1 | -1): void {
  for (const figure of FIGURES) sums[figure] += times * row[figure]
  const sketch = LatencySketch.decode(row.latencySketch)
  if (times === 1) sums.sketch.merge(sketch)
  else sums.sketch.subtract(sketch)
}

/** Writes what the other shards are short of; nothing where they are right. */
async function correct(db: Database, { sketch, ...sums }: BucketSums, isThere: boolean): Promise<void> {
  const { projectBuckets } = db.t
  const latencySketch = sketch.encode()
  const isRight = FIGURES.every((figure) => sums[figure] === 0) && latencySketch.length === 0
  if (isRight && !isThere) return
  await db.write(async (tx) => {
    if (!(await holdProject({ db, tx }, sums.projectId))) return
    if (isRight) {
      await tx
        .delete(projectBuckets)
        .where(and(ofBucket(db, sums), eq(projectBuckets.shard, CORRECTION_SHARD)))
      return
    }
    const row = { ...sums, shard: CORRECTION_SHARD, latencySketch }
    const upsert = { key: BUCKET_KEY, merge: REPLACE, returning: [] }
    await db.dialect.upsertMany(tx, projectBuckets, [row], upsert)
  })
}

/** An hour without traces has no sums. Those whose traces are not committed yet add theirs when they get the lock. */
async function removeEmpty(db: Database, bucket: Bucket): Promise<void> {
  const { traces, projectBuckets } = db.t
  await db.write(async (tx) => {
    if (!(await holdProject({ db, tx }, bucket.projectId))) return
    await lockShards({ db, tx }, bucket)
    const [trace] = await tx.select({ id: traces.id }).from(traces).where(tracesOf(db, bucket)).limit(1)
    if (!trace) await tx.delete(projectBuckets).where(ofBucket(db, bucket))
  })
}

/** A sketch of which nobody can say what is missing in it, since nobody can read it, is made an empty one. */
async function emptyUnreadable(db: Database, bucket: Bucket): Promise<void> {
  const { projectBuckets } = db.t
  const { shard, latencySketch } = projectBuckets
  const select = (from: Queries) =>
    from.select({ shard, latencySketch }).from(projectBuckets).where(ofBucket(db, bucket))
  const isUnreadable = (row: { latencySketch: Uint8Array }) => !LatencySketch.isReadable(row.latencySketch)
  if (!(await select(db.read)).some(isUnreadable)) return
  await db.write(async (tx) => {
    if (!(await holdProject({ db, tx }, bucket.projectId))) return
    await lockShards({ db, tx }, bucket)
    for (const row of (await select(tx)).filter(isUnreadable)) {
      const ofRow = and(ofBucket(db, bucket), eq(shard, row.shard))
      await tx
        .update(projectBuckets)
        .set({ latencySketch: Buffer.alloc(0) })
        .where(ofRow)
    }
  })
}

/** Locks the sums of one hour: every shard, made where it is missing, or a writer could put one in behind our back. */
async function lockShards(
  { db, tx }: { db: Database; tx: Queries },
  { projectId, bucket }: Bucket,
): Promise<void> {
  const { sketch, ...none } = emptyBucket(projectId, bucket)
  const latencySketch = sketch.encode()
  const rows = Array.from({ length: BUCKET_SHARDS + 1 }, (_, shard) => ({ ...none, shard, latencySketch }))
  const merge = { traceCount: 'add' } as const
  await db.dialect.upsertMany(tx, db.t.projectBuckets, rows, { key: BUCKET_KEY, merge, returning: [] })
}
