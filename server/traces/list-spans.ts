/** Spans for REST: whole rows, newest row first. Which rows is found first, and only a page's rows are then read. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, desc, inArray } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { findSpans, type SpanListing, type SpanPlace } from '#server/traces/find-spans'
import type { Micros, StatusCode } from '#server/traces/model'

type World = Pick<Ctx, 'db'>

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

/** A page of spans, newest row first, and the row id that the next page begins with (null at the end). */
export async function listSpans(
  ctx: World,
  listing: SpanListing,
): Promise<{ items: SpanRow[]; nextId: number | null }> {
  const found = await findSpans(ctx, { ...listing, limit: listing.limit + 1 })
  const { items, nextId } = await readRows(ctx, found.slice(0, listing.limit))
  return { items, nextId: nextId ?? found[listing.limit]?.id ?? null }
}

/** The rows in these places, in their order; `nextId` is set when the page had to end early. */
async function readRows(
  ctx: World,
  places: SpanPlace[],
): Promise<{ items: SpanRow[]; nextId: number | null }> {
  const { spans } = ctx.db.t
  const traceIds = await readTraceIds(ctx, places)
  const items: SpanRow[] = []
  let length = 0
  for (let at = 0; at < places.length; at += SPANS_PER_READ) {
    if (length > MAX_PAGE_LENGTH) return { items, nextId: places[at]?.id ?? null }
    const part = places.slice(at, at + SPANS_PER_READ)
    const rows = await ctx.db.read
      .select(rowColumns(ctx))
      .from(spans)
      .where(and(inArray(spans.id, part.map(byId)), inArray(spans.traceRowId, part.map(byTrace))))
      .orderBy(desc(spans.id))
    for (const { traceRowId, ...row } of rows) {
      length += row.attributesJson.length + row.eventsJson.length
      items.push({ ...row, traceId: traceIds.get(traceRowId) ?? '' })
    }
    await nextTurn()
  }
  return { items, nextId: null }
}

const byId = ({ id }: SpanPlace) => id
const byTrace = ({ traceRowId }: SpanPlace) => traceRowId

async function readTraceIds(ctx: World, places: SpanPlace[]): Promise<Map<number, string>> {
  const { traces } = ctx.db.t
  const ids = [...new Set(places.map(byTrace))]
  if (ids.length === 0) return new Map()
  const rows = await ctx.db.read
    .select({ id: traces.id, traceId: traces.traceId })
    .from(traces)
    .where(inArray(traces.id, ids))
  return new Map(rows.map((row) => [row.id, row.traceId]))
}

function rowColumns(ctx: World) {
  const { spans } = ctx.db.t
  return {
    id: spans.id,
    traceRowId: spans.traceRowId,
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
