/** Who stands for a large trace when its root gets a parent: looked for by the database, so that nobody holds the trace. */
import { and, asc, eq, isNull, notInArray, or, sql } from 'drizzle-orm'
import { TraceTree } from '#server/ingest/rollups'
import type { StoreContext } from '#server/ingest/store'

type Work = Pick<StoreContext, 'tx' | 'db'>
/** When a span started, and its row. */
interface Place {
  id: number
  startTime: number
}

/**
 * The earliest of a trace's roots that stay roots. It looks at every row of the trace, one after the other.
 * @param adopters span ids that are not stored yet, but will be, with others below them
 * @returns its span id; null when there is none
 */
export async function findNextRoot(
  work: Work,
  traceRowId: number,
  adopters: readonly string[],
): Promise<string | null> {
  const orphan = await earliestOrphan(work, traceRowId, adopters)
  return (await earliestOfCycles(work, traceRowId, orphan)) ?? orphan?.spanId ?? null
}

// One value for each row, and not a join: planners take a trace for a small one, and would compare all with all.
const parentRow = ({ db }: Work, traceRowId: number) => {
  const { spans } = db.t
  return sql<number | null>`(select p.id from ${spans} p
    where p.trace_row_id = ${traceRowId} and p.span_id = ${spans.parentId} limit 1)`
}

async function earliestOrphan(work: Work, traceRowId: number, adopters: readonly string[]) {
  const { spans } = work.db.t
  const isLost = sql`${parentRow(work, traceRowId)} is null`
  const staysLost = adopters.length === 0 ? isLost : and(notInArray(spans.parentId, [...adopters]), isLost)
  const [orphan] = await work.tx
    .select({ id: spans.id, spanId: spans.spanId, startTime: spans.startTime })
    .from(spans)
    .where(and(eq(spans.traceRowId, traceRowId), or(isNull(spans.parentId), staysLost)))
    .orderBy(asc(spans.startTime), asc(spans.id))
    .limit(1)
  return orphan ?? null
}

/**
 * The earliest span, before `limit`, that came last of a circle of spans below each other. Such a one came after its
 * parent and after a child, which of other spans few did; only from these the way up is followed.
 */
async function earliestOfCycles(work: Work, traceRowId: number, limit: Place | null): Promise<string | null> {
  const { tx, db } = work
  const { spans } = db.t
  const childRow = sql`(select c.id from ${spans} c
    where c.trace_row_id = ${traceRowId} and c.parent_id = ${spans.spanId} and c.id <= ${spans.id} limit 1)`
  const isEarlier = limit && sql`(${spans.startTime}, ${spans.id}) < (${limit.startTime}, ${limit.id})`
  const suspects = await tx
    .select({ spanId: spans.spanId })
    .from(spans)
    .where(
      and(
        eq(spans.traceRowId, traceRowId),
        isEarlier ?? undefined,
        sql`${parentRow(work, traceRowId)} <= ${spans.id}`,
        sql`${childRow} is not null`,
      ),
    )
  const ids = new Set(suspects.map(({ spanId }) => spanId))
  const nodes = await db.dialect.withAncestors({ tx, t: db.t, traceRowId }, [...ids])
  const tree = new TraceTree(nodes)
  const roots = nodes.filter((node) => ids.has(node.spanId) && !tree.parentOf(node))
  roots.sort((a, b) => a.startTime - b.startTime || a.id - b.id)
  return roots[0]?.spanId ?? null
}
