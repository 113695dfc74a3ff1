/**
 * Which spans of a project match a filter: their row ids, newest row first. Begins with whatever index leads to the
 * fewest rows; what no index serves is looked through piece by piece, so that a rare match holds nobody up.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, desc, eq, gte, inArray, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { fixedLimit, prepared } from '#server/db/prepared'
import { errorCondition, rowConditions } from '#server/traces/span-conditions'
import type { SpanFilter } from '#server/traces/span-filter'

type World = Pick<Ctx, 'db'>

/** Rows of spans looked through in one go, to begin with; then as many as take about so long. */
const IDS_PER_SLICE = 10_000
const SLICE_MS = 20
/** So many spans in a span of time are taken as they are; more are looked for from the newest row on. */
const FEW_SPANS = 1_000

/** How many rows prepared selects give: a page, and the row that the next begins with. */
const LIMITS = [11, 51, 101, 1001]

/** A row of spans; the trace's row id leads to where it is kept. */
export interface SpanPlace {
  id: number
  traceRowId: number
}

export interface SpanListing {
  projectId: number
  filter: SpanFilter
  limit: number
  /** The row id that the page begins with; null for the newest. */
  fromId: number | null
  /** For tests: how many ids to look through in one go. */
  idsPerSlice?: number
}

/** The first `limit` matching rows, newest first. */
export async function findSpans(ctx: World, listing: SpanListing): Promise<SpanPlace[]> {
  const { filter } = listing
  const asked = Object.entries(filter).flatMap(([part, value]) => (value === undefined ? [] : part))
  if (asked.length === 0) return selectNewest(ctx, listing, 'newest_spans', [])
  const errors = errorCondition(ctx, filter)
  if (asked.length === 1 && errors.length > 0) return selectNewest(ctx, listing, 'newest_errors', errors)
  if (filter.traceIds || filter.spanIds) return findById(ctx, listing)
  const few = isTimed(filter) ? await fewByTime(ctx, listing) : null
  return few ?? searchSlices(ctx, listing)
}

/** What is asked most: a prepared select, with a limit of a few fixed sizes. */
async function selectNewest(
  ctx: World,
  { projectId, fromId, limit }: SpanListing,
  name: string,
  conditions: SQL[],
): Promise<SpanPlace[]> {
  const { spans } = ctx.db.t
  const rows = LIMITS.find((size) => size >= limit) ?? limit
  const select = prepared(ctx.db.read, `${name}_${rows}`, () =>
    ctx.db.read
      .select({ id: spans.id, traceRowId: spans.traceRowId })
      .from(spans)
      .where(
        and(
          eq(spans.projectId, sql.placeholder('projectId')),
          lte(spans.id, sql.placeholder('fromId')),
          ...conditions,
        ),
      )
      .orderBy(desc(spans.id))
      .limit(fixedLimit(rows)),
  )
  return (await select({ projectId, fromId: fromId ?? Number.MAX_SAFE_INTEGER })).slice(0, limit)
}

const isTimed = ({ startFrom, startBefore }: SpanFilter) =>
  startFrom !== undefined || startBefore !== undefined

/** Few spans in question: begin with them, not with the project. */
async function findById(ctx: World, listing: SpanListing): Promise<SpanPlace[]> {
  const { spans, traces } = ctx.db.t
  const { filter } = listing
  const conditions: SQL[] = []
  if (filter.spanIds) conditions.push(ctx.db.dialect.isOneOf(spans, spans.spanId, filter.spanIds))
  if (filter.traceIds) {
    const rows = await ctx.db.read
      .select({ id: traces.id })
      .from(traces)
      .where(inArray(traces.traceId, filter.traceIds))
    if (rows.length === 0) return []
    const ids = rows.map((row) => row.id)
    conditions.push(inArray(spans.traceRowId, ids))
  }
  return selectAmong(ctx, listing, [...conditions, ...timeConditions(ctx, filter)])
}

/** The matches in a span of time that holds few spans, or few errors when it is these that are asked for; else null. */
async function fewByTime(ctx: World, listing: SpanListing): Promise<SpanPlace[] | null> {
  const { spans } = ctx.db.t
  const { projectId, filter } = listing
  const rows = await ctx.db.read
    .select({ id: spans.id })
    .from(spans)
    .where(and(eq(spans.projectId, projectId), ...errorCondition(ctx, filter), ...timeRange(ctx, filter)))
    .orderBy(spans.startTime)
    .limit(FEW_SPANS + 1)
  if (rows.length > FEW_SPANS) return null
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  return selectAmong(ctx, listing, [inArray(spans.id, ids)])
}

/** Rows that an index of something else than the project leads to. */
function selectAmong(ctx: World, listing: SpanListing, conditions: SQL[]): Promise<SpanPlace[]> {
  const { spans } = ctx.db.t
  const { projectId, filter, fromId, limit } = listing
  // `+ 0` keeps the engines from walking the project's index instead.
  const all = [sql`${spans.projectId} + 0 = ${projectId}`, ...conditions, ...rowConditions(ctx, filter)]
  if (fromId !== null) all.push(lte(spans.id, fromId))
  return select(ctx, all, limit)
}

/** Looks through the project slice by slice of row ids. */
async function searchSlices(ctx: World, listing: SpanListing): Promise<SpanPlace[]> {
  const { filter, limit, idsPerSlice: first = IDS_PER_SLICE } = listing
  const { spans } = ctx.db.t
  const conditions = [...timeConditions(ctx, filter), ...rowConditions(ctx, filter)]
  const found: SpanPlace[] = []
  let size = first
  let low: number | null = null
  const last = (await endOfIds(ctx, listing, sql`max`, filter.startBefore)) ?? 0
  let high = Math.min(last, listing.fromId ?? last)
  while (high >= (low ?? 1)) {
    const from = high - size + 1
    const since = performance.now()
    const slice = [gte(spans.id, from), lte(spans.id, high), ...conditions]
    const part = { ...listing, fromId: null, limit: limit - found.length }
    found.push(...(await selectOfProject(ctx, part, slice)))
    if (found.length === limit) break
    high = from - 1
    size = nextSize(size, performance.now() - since)
    // Where to stop is worth looking up only when the first slice did not fill the page.
    low ??= (await endOfIds(ctx, listing, sql`min`, filter.startFrom)) ?? last + 1
    await nextTurn()
  }
  return found
}

function nextSize(size: number, took: number): number {
  if (took < SLICE_MS / 2) return size * 2
  return took > SLICE_MS * 2 ? Math.max(1, Math.floor(size / 2)) : size
}

function selectOfProject(
  ctx: World,
  { projectId, fromId, limit }: Pick<SpanListing, 'projectId' | 'fromId' | 'limit'>,
  conditions: SQL[],
): Promise<SpanPlace[]> {
  const { spans } = ctx.db.t
  const all = [eq(spans.projectId, projectId), ...conditions]
  if (fromId !== null) all.push(lte(spans.id, fromId))
  return select(ctx, all, limit)
}

async function select(ctx: World, conditions: SQL[], limit: number): Promise<SpanPlace[]> {
  const { spans } = ctx.db.t
  return ctx.db.read
    .select({ id: spans.id, traceRowId: spans.traceRowId })
    .from(spans)
    .where(and(...conditions))
    .orderBy(desc(spans.id))
    .limit(limit)
}

/** The row id beyond which nothing can match: a step to an end of an index, or found among all of a span of time. */
async function endOfIds(
  ctx: World,
  { projectId, filter }: SpanListing,
  end: SQL,
  bound: number | undefined,
): Promise<number | null> {
  const { spans } = ctx.db.t
  const times = bound === undefined ? [] : timeRange(ctx, filter)
  // `+ 0` in a span of time: else the engines walk the project's rows until they meet one that is in it.
  const id = bound === undefined ? sql`${spans.id}` : sql`${spans.id} + 0`
  const [row] = await ctx.db.read
    .select({ id: sql<number | null>`${end}(${id})`.mapWith(Number) })
    .from(spans)
    .where(and(eq(spans.projectId, projectId), ...times))
  return row?.id ?? null
}

/** A range of the index on times. */
function timeRange(ctx: World, { startFrom, startBefore }: SpanFilter): SQL[] {
  const { startTime } = ctx.db.t.spans
  const conditions: SQL[] = []
  if (startFrom !== undefined) conditions.push(gte(startTime, startFrom))
  if (startBefore !== undefined) conditions.push(lt(startTime, startBefore))
  return conditions
}

// `+ 0`: within a slice of ids the index on times is of no use.
function timeConditions(ctx: World, { startFrom, startBefore }: SpanFilter): SQL[] {
  const { startTime } = ctx.db.t.spans
  const conditions: SQL[] = []
  if (startFrom !== undefined) conditions.push(sql`${startTime} + 0 >= ${startFrom}`)
  if (startBefore !== undefined) conditions.push(sql`${startTime} + 0 < ${startBefore}`)
  return conditions
}
