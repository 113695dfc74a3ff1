/** Every sum that ingest keeps, in one form for comparing. Sums over hours are those of all their shards. */
import { asc } from 'drizzle-orm'
import type { Database } from '#server/db/database'
import { LatencySketch } from '#server/sketch/latency-sketch'

/** Reads all of them. */
export async function readSums(db: Database) {
  const { traces, spanRollups, projectSessions } = db.t
  return {
    rollups: await db.read
      .select()
      .from(spanRollups)
      .orderBy(asc(spanRollups.traceRowId), asc(spanRollups.spanRowId)),
    traces: await db.read.select().from(traces).orderBy(asc(traces.id)),
    sessions: await db.read.select().from(projectSessions).orderBy(asc(projectSessions.id)),
    buckets: await readBuckets(db),
  }
}

async function readBuckets(db: Database) {
  const buckets = new Map<string, { sums: number[]; sketch: LatencySketch }>()
  for (const row of await db.read.select().from(db.t.projectBuckets)) {
    const key = `${row.projectId}/${row.bucket}`
    const known = buckets.get(key) ?? { sums: [0, 0, 0, 0, 0], sketch: new LatencySketch() }
    const added = [row.traceCount, row.spanCount, row.errorCount, row.promptTokens, row.completionTokens]
    known.sums = known.sums.map((sum, index) => sum + (added[index] as number))
    known.sketch.mergeEncoded(row.latencySketch)
    buckets.set(key, known)
  }
  const entries = [...buckets].map(([key, { sums, sketch }]) => [
    key,
    [...sums, sketch.encode().toString('hex')],
  ])
  // An hour that traces have left is as good as none.
  return Object.fromEntries(
    entries.filter(([, sums]) => (sums as unknown[]).some((sum) => sum !== 0 && sum !== '')),
  )
}
