/**
 * Spans for REST: whole rows, newest row first, by any filter. Ids are found first, from an index where one serves,
 * and only a page's rows are then read.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, desc, eq, gte, inArray, isNull, lt, lte, max, min, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Micros, StatusCode } from '#server/traces/model'
import type { AttributeTest, SpanFilter } from '#server/traces/span-filter'

type World = Pick<Ctx, 'db'>

/** Rows of spans looked through in one go. */
const IDS_PER_SLICE = 10_000
const SPANS_PER_READ = 25
/** A page ends early when its JSON grows beyond this many characters. */
const MAX_PAGE_LENGTH = 32 * 1024 * 1024

/** A span as it is stored. */
export interface SpanRow {
  id: number
  traceId: string
  spanId: string
  parentId: string | null
  name: string
  spanKind: string
  startTime: Micros
  endTime: Micros
  statusCode: StatusCode
  statusMessage: string
  attributesJson: string
  eventsJson: string
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

/** A page of spans, newest row first, and the row id that the next page begins with (null at the end). */
export async function listSpans(
  ctx: World,
  listing: SpanListing,
): Promise<{ items: SpanRow[]; nextId: number | null }> {
  const ids = await findIds(ctx, listing)
  const page = ids.slice(0, listing.limit)
  const { items, nextId } = await readRows(ctx, page)
  return { items, nextId: nextId ?? ids[listing.limit] ?? null }
}

/** At most `limit + 1` ids of matching rows, newest first. */
async function findIds(ctx: World, listing: SpanListing): Promise<number[]> {
  const { filter } = listing
  if (filter.traceIds || filter.spanIds) return findById(ctx, listing)
  const needsRows =
    filter.parentId !== undefined || filter.names || filter.kinds || filter.statuses || filter.attributes
  const timed = filter.startFrom !== undefined || filter.startBefore !== undefined
  return needsRows || timed ? searchSlices(ctx, listing) : selectIds(ctx, listing, [])
}

/** Few spans in question: begin with them, not with the project. */
async function findById(ctx: World, listing: SpanListing): Promise<number[]> {
  const { spans, traces } = ctx.db.t
  const { filter, projectId } = listing
  // `+ 0` keeps the engines from walking the project's index instead.
  const conditions: SQL[] = [sql`${spans.projectId} + 0 = ${projectId}`]
  if (filter.spanIds) conditions.push(inArray(spans.spanId, filter.spanIds))
  if (filter.traceIds) {
    const rows = await ctx.db.read
      .select({ id: traces.id })
      .from(traces)
      .where(inArray(traces.traceId, filter.traceIds))
    if (rows.length === 0) return []
    conditions.push(
      inArray(
        spans.traceRowId,
        rows.map((row) => row.id),
      ),
    )
  }
  conditions.push(...timeConditions(ctx, filter), ...rowConditions(ctx, filter))
  if (listing.fromId !== null) conditions.push(lte(spans.id, listing.fromId))
  return select(ctx, conditions, listing.limit + 1)
}

/** Looks through the project slice by slice of row ids, so that a rare match holds nobody up. */
async function searchSlices(ctx: World, listing: SpanListing): Promise<number[]> {
  const { filter, limit, idsPerSlice = IDS_PER_SLICE } = listing
  const range = await idRange(ctx, listing)
  const conditions = [...timeConditions(ctx, filter), ...rowConditions(ctx, filter)]
  const { spans } = ctx.db.t
  const found: number[] = []
  let high = Math.min(range.high, listing.fromId ?? range.high)
  while (high >= range.low && found.length <= limit) {
    const low = Math.max(range.low, high - idsPerSlice + 1)
    const slice = [gte(spans.id, low), lte(spans.id, high), ...conditions]
    const rows = await selectIds(ctx, { ...listing, fromId: null, limit: limit - found.length }, slice)
    found.push(...rows)
    high = low - 1
    await nextTurn()
  }
  return found
}

async function selectIds(
  ctx: World,
  listing: Pick<SpanListing, 'projectId' | 'fromId' | 'limit'>,
  conditions: SQL[],
): Promise<number[]> {
  const { spans } = ctx.db.t
  const all = [eq(spans.projectId, listing.projectId), ...conditions]
  if (listing.fromId !== null) all.push(lte(spans.id, listing.fromId))
  return select(ctx, all, listing.limit + 1)
}

async function select(ctx: World, conditions: SQL[], limit: number): Promise<number[]> {
  const { spans } = ctx.db.t
  const rows = await ctx.db.read
    .select({ id: spans.id })
    .from(spans)
    .where(and(...conditions))
    .orderBy(desc(spans.id))
    .limit(limit)
  return rows.map((row) => row.id)
}

/** The row ids between which matches can lie; high below low when there are none. */
async function idRange(
  ctx: World,
  { projectId, filter }: SpanListing,
): Promise<{ low: number; high: number }> {
  const { spans } = ctx.db.t
  const bounds = (conditions: SQL[]) => and(eq(spans.projectId, projectId), ...conditions)
  const { startFrom, startBefore } = filter
  const times: SQL[] = []
  if (startFrom !== undefined) times.push(gte(spans.startTime, startFrom))
  if (startBefore !== undefined) times.push(lt(spans.startTime, startBefore))
  // Each alone is a step to an end of the index; both in one statement would read all of it.
  const [low] = await ctx.db.read
    .select({ id: min(spans.id) })
    .from(spans)
    .where(bounds(times))
  const [high] = await ctx.db.read
    .select({ id: max(spans.id) })
    .from(spans)
    .where(bounds(times))
  return { low: low?.id ?? 1, high: high?.id ?? 0 }
}

// `+ 0`: within a slice of ids the index on times is of no use.
function timeConditions(ctx: World, { startFrom, startBefore }: SpanFilter): SQL[] {
  const { startTime } = ctx.db.t.spans
  const conditions: SQL[] = []
  if (startFrom !== undefined) conditions.push(sql`${startTime} + 0 >= ${startFrom}`)
  if (startBefore !== undefined) conditions.push(sql`${startTime} + 0 < ${startBefore}`)
  return conditions
}

function rowConditions(ctx: World, filter: SpanFilter): SQL[] {
  const { spans } = ctx.db.t
  const conditions: SQL[] = []
  if (filter.parentId === null) conditions.push(isNull(spans.parentId))
  else if (filter.parentId !== undefined) conditions.push(eq(spans.parentId, filter.parentId))
  if (filter.names) conditions.push(inArray(spans.name, filter.names))
  if (filter.kinds) conditions.push(inArray(spans.spanKind, filter.kinds))
  if (filter.statuses) conditions.push(inArray(spans.statusCode, filter.statuses))
  for (const test of filter.attributes ?? []) conditions.push(attributeCondition(ctx, test))
  return conditions
}

function attributeCondition(ctx: World, { path, kind, value }: AttributeTest): SQL {
  const { attributes } = ctx.db.t.spans
  const type = ctx.db.dialect.jsonTypeAt(attributes, path)
  const text = ctx.db.dialect.jsonTextAt(attributes, path)
  const equal =
    kind === 'number' ? sql`cast(${text} as numeric) = cast(${value} as numeric)` : sql`${text} = ${value}`
  // A case, because only a number may be cast to one.
  return sql`case when ${type} = ${kind} then ${equal} else false end`
}

/** The rows with these ids, in their order; `nextId` is set when the page had to end early. */
async function readRows(ctx: World, ids: number[]): Promise<{ items: SpanRow[]; nextId: number | null }> {
  const { spans, traces } = ctx.db.t
  const items: SpanRow[] = []
  let length = 0
  for (let at = 0; at < ids.length; at += SPANS_PER_READ) {
    if (length > MAX_PAGE_LENGTH) return { items, nextId: ids[at] ?? null }
    const rows = await ctx.db.read
      .select(rowColumns(ctx))
      .from(spans)
      .innerJoin(traces, eq(traces.id, spans.traceRowId))
      .where(inArray(spans.id, ids.slice(at, at + SPANS_PER_READ)))
      .orderBy(desc(spans.id))
    for (const row of rows) {
      length += row.attributesJson.length + row.eventsJson.length
      items.push(row)
    }
    await nextTurn()
  }
  return { items, nextId: null }
}

function rowColumns(ctx: World) {
  const { spans, traces } = ctx.db.t
  return {
    id: spans.id,
    traceId: traces.traceId,
    spanId: spans.spanId,
    parentId: spans.parentId,
    name: spans.name,
    spanKind: spans.spanKind,
    startTime: spans.startTime,
    endTime: spans.endTime,
    statusCode: spans.statusCode,
    statusMessage: spans.statusMessage,
    attributesJson: spans.attributes,
    eventsJson: spans.events,
  }
}
