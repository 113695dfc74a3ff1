import { eq } from 'drizzle-orm'
import type { DatabaseConfig } from '#server/config/model'
import { openDatabase } from '#server/db/open'

/** How often each span, as `<trace id>:<span id>`, is in the database. */
export async function countStoredIds(config: DatabaseConfig): Promise<Map<string, number>> {
  const db = await openDatabase(config)
  try {
    const { spans, traces } = db.t
    const rows = await db.read
      .select({ traceId: traces.traceId, spanId: spans.spanId })
      .from(spans)
      .innerJoin(traces, eq(traces.id, spans.traceRowId))
    const counts = new Map<string, number>()
    for (const { traceId, spanId } of rows) {
      const id = `${traceId}:${spanId}`
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return counts
  } finally {
    await db.close()
  }
}
