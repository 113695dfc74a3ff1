/**
 * Sums by project and hour, kept beside the traces. All writers add to the sums of the hour that is now, so each has a
 * shard of its own and seldom waits for another: readers add the shards up.
 */
import { randomInt } from 'node:crypto'
import type { Database } from '#server/db/database'
import { type BucketSums, changedBuckets } from '#server/ingest/buckets'
import type { TraceMerge } from '#server/ingest/merge-trace'
import type { StoreContext } from '#server/ingest/store'
import { LatencySketch } from '#server/sketch/latency-sketch'

/** Rows that ingest makes for an hour of a project. A recount relies on there being no more. */
export const BUCKET_SHARDS = 16

/** One row more: what a recount has found the others to be short of. Ingest leaves it alone. */
export const CORRECTION_SHARD = BUCKET_SHARDS

/** The columns that name a row. */
export const KEY = ['projectId', 'bucket', 'shard'] as const

const shards = new WeakMap<Database, number>()

/** The shard of whoever writes through this database; its lanes have neighbouring ones. */
function shardOf(db: Database, lane: number): number {
  const first = shards.get(db) ?? randomInt(BUCKET_SHARDS)
  shards.set(db, first)
  return (first + lane) % BUCKET_SHARDS
}

/** Adds what changed. The last step of a storing, so that the rows many wait for are held for the shortest time. */
export const writeBuckets = (context: StoreContext, merges: readonly TraceMerge[]): Promise<void> =>
  addToBuckets(context, changedBuckets(merges))

/** Adds changes, which are in the order of their keys, to this writer's shard. */
export async function addToBuckets(
  { tx, db, lane = 0 }: Pick<StoreContext, 'tx' | 'db'> & Partial<Pick<StoreContext, 'lane'>>,
  changes: readonly BucketSums[],
): Promise<void> {
  const { projectBuckets } = db.t
  const shard = shardOf(db, lane)
  const rows = changes.map(({ sketch: _sketch, ...sums }) => ({ ...sums, shard, latencySketch: NO_SKETCH }))
  const stored = await db.dialect.upsertMany(tx, projectBuckets, rows, {
    key: KEY,
    merge: {
      ...{
        traceCount: 'add',
        spanCount: 'add',
        errorCount: 'add',
        promptTokens: 'add',
        completionTokens: 'add',
      },
    },
    returning: ['latencySketch'],
  })
  // The sketch is added up here: only now the row is locked, and no SQL does it.
  const sketches = changes.map(({ projectId, bucket, sketch }, index) => {
    sketch.mergeEncoded(stored[index]?.latencySketch ?? NO_SKETCH)
    return { projectId, bucket, shard, latencySketch: sketch.encode() }
  })
  await db.dialect.updateMany(tx, projectBuckets, sketches, KEY)
}

const NO_SKETCH = new LatencySketch().encode()
