/** Between which row ids the spans of a project, or those in a span of time, lie. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, count, desc, eq, gt, gte, lt, max, min, or, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { fixedLimit, prepared } from '#server/db/prepared'
import type { SpanFilter } from '#server/traces/span-filter'

type World = Pick<Ctx, 'db'>

/** Entries of the index on times that are read in one go. */
const ENTRIES_PER_READ = 10_000

interface Listing {
  projectId: number
  filter: SpanFilter
}

/** No match has a row id outside of these; `low` is above `high` when there can be none. */
export async function idRange(ctx: World, listing: Listing): Promise<{ low: number; high: number }> {
  const { startFrom, startBefore } = listing.filter
  if (startFrom === undefined && startBefore === undefined) return rangeOfProject(ctx, listing.projectId)
  const range = { low: Number.MAX_SAFE_INTEGER, high: 0 }
  for (let after: Place | null = null; ; ) {
    const part: Part = await readPart(ctx, listing, after)
    if (part.low === null || part.high === null) return range
    range.low = Math.min(range.low, part.low)
    range.high = Math.max(range.high, part.high)
    if (part.entries < ENTRIES_PER_READ) return range
    after = { startTime: part.lastStart, id: part.lastId }
    await nextTurn()
  }
}

/** The two ends of an index. */
async function rangeOfProject(ctx: World, projectId: number): Promise<{ low: number; high: number }> {
  const { spans } = ctx.db.t
  const end = async (order: SQL) => {
    const rows = ctx.db.read.select({ id: spans.id }).from(spans).where(eq(spans.projectId, projectId))
    return (await rows.orderBy(order).limit(1))[0]?.id
  }
  return { low: (await end(asc(spans.id))) ?? 1, high: (await end(desc(spans.id))) ?? 0 }
}

/** An entry of the index on times. */
interface Place {
  startTime: number
  id: number
}

interface Part {
  low: number | null
  high: number | null
  entries: number
  lastStart: number
  lastId: number
}

/**
 * The next entries in the order of the index. A prepared select, because it is asked many times over; with a limit that
 * the planner sees, because PostgreSQL would else rather read the table.
 */
async function readPart(ctx: World, { projectId, filter }: Listing, after: Place | null): Promise<Part> {
  const { startFrom = -Number.MAX_SAFE_INTEGER, startBefore = Number.MAX_SAFE_INTEGER } = filter
  const place = after ?? { startTime: startFrom, id: -1 }
  const [row] = await selectPart(ctx)({ projectId, startBefore, ...place })
  return row as Part
}

function selectPart(ctx: World) {
  const { spans } = ctx.db.t
  const value = (name: 'projectId' | 'startBefore' | keyof Place) => sql.placeholder(name)
  return prepared(ctx.db.read, `ids_by_time_${ENTRIES_PER_READ}`, () => {
    const part = ctx.db.read.$with('part').as(
      ctx.db.read
        .select({ id: spans.id, startTime: spans.startTime })
        .from(spans)
        .where(
          and(
            eq(spans.projectId, value('projectId')),
            gte(spans.startTime, value('startTime')),
            lt(spans.startTime, value('startBefore')),
            or(gt(spans.startTime, value('startTime')), gt(spans.id, value('id'))),
          ),
        )
        .orderBy(asc(spans.startTime), asc(spans.id))
        .limit(fixedLimit(ENTRIES_PER_READ) as never),
    )
    const lastStart = sql`(select max(${part.startTime}) from ${part})`
    return ctx.db.read
      .with(part)
      .select({
        low: min(part.id),
        high: max(part.id),
        entries: count(),
        lastStart: lastStart.mapWith(Number),
        lastId: sql`max(case when ${part.startTime} = ${lastStart} then ${part.id} end)`.mapWith(Number),
      })
      .from(part)
  })
}
