/**
 * Which spans of a project match a filter: their row ids, newest row first. Begins with whatever index leads to the
 * fewest rows; what no index serves is looked through piece by piece, so that a rare match holds nobody up.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, desc, eq, gte, inArray, lte, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { fixedLimit, prepared } from '#server/db/prepared'
import { idRange } from '#server/traces/id-range'
import { errorCondition, rowConditions, timeConditions, timeRange } from '#server/traces/span-conditions'
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
  const { filter, limit, idsPerSlice = IDS_PER_SLICE } = listing
  const conditions = [...timeConditions(ctx, filter), ...rowConditions(ctx, filter)]
  const found: SpanPlace[] = []
  const top = await highestSlice(ctx, listing, idsPerSlice)
  let low = top.low
  let high = Math.min(top.high, listing.fromId ?? top.high)
  let size = idsPerSlice
  while (high >= (low ?? 1)) {
    const since = performance.now()
    const slice = [...idsBetween(ctx, high - size + 1, high), ...conditions]
    const part = { ...listing, fromId: null, limit: limit - found.length }
    found.push(...(await selectOfProject(ctx, part, slice)))
    if (found.length === limit) break
    high -= size
    size = nextSize(size, performance.now() - since)
    // Where to stop is worth looking up only when the first slice did not fill the page.
    low ??= (await idRange(ctx, listing)).low
    await nextTurn()
  }
  return found
}

/** Where to begin: with the project's newest rows if some of them are in the span of time, else with the newest that are. */
async function highestSlice(
  ctx: World,
  listing: SpanListing,
  size: number,
): Promise<{ low: number | null; high: number }> {
  const { spans } = ctx.db.t
  const [newest] = await selectOfProject(ctx, { ...listing, fromId: null, limit: 1 }, [])
  if (!newest) return { low: null, high: 0 }
  const { startBefore } = listing.filter
  if (startBefore === undefined) return { low: null, high: newest.id }
  const [met] = await ctx.db.read
    .select({ id: spans.id })
    .from(spans)
    .where(
      and(
        eq(spans.projectId, listing.projectId),
        ...idsBetween(ctx, newest.id - Math.min(size, FEW_SPANS) + 1, newest.id),
        ...timeConditions(ctx, { startBefore }),
      ),
    )
    .limit(1)
  return met ? { low: null, high: newest.id } : idRange(ctx, listing)
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

const idsBetween = ({ db }: World, low: number, high: number): SQL[] => [
  gte(db.t.spans.id, low),
  lte(db.t.spans.id, high),
]
