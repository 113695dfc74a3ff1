/** Many spans in one statement, for whoever asks for them by the dozen: narrow rows, and their documents apart. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, count, eq, inArray, max, type SQL } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { type Order, readWindows, type Slice, type Window, windowClauses } from '#server/db/windows'
import { isStorable } from '#server/text'
import type { SpanNode } from '#server/traces/model'
import { nodeColumns, rollupOfSpan, toNode } from '#server/traces/traces'

type World = Pick<Ctx, 'db'>

/** A span without its documents. */
export interface SpanOfMany extends SpanNode {
  traceRowId: number
  projectId: number
  traceId: string
}

/** Where a span is kept: the row of its trace leads to the partition. */
export interface SpanKey {
  id: number
  traceRowId: number
}

/** What may be long about a span, as JSON text. */
export interface SpanDocuments {
  attributesJson: string
  eventsJson: string
}

/** Documents that are read in one go: on SQLite a read holds the process while it lasts. */
const DOCUMENTS_PER_READ = 25

/** The spans with these row ids, by id. */
export async function findSpansById(ctx: World, ids: readonly number[]): Promise<Map<number, SpanOfMany>> {
  if (ids.length === 0) return new Map()
  const rows = await selectSpans(ctx).where(inArray(ctx.db.t.spans.id, [...ids]))
  return new Map(rows.map((row) => [row.id, toSpan(row)]))
}

/** Of each of these span ids (16 hex digits) the span that was stored last, by the id as it was asked for. */
export async function findNewestSpans(
  ctx: World,
  spanIds: readonly string[],
): Promise<Map<string, SpanOfMany>> {
  const { spans } = ctx.db.t
  const asked = spanIds.filter(isStorable)
  if (asked.length === 0) return new Map()
  const digits = [...new Set(asked.map((id) => id.toLowerCase()))]
  const newest = await ctx.db.read
    .select({ spanId: spans.spanId, id: max(spans.id) })
    .from(spans)
    .where(ctx.db.dialect.isOneOf(spans, spans.spanId, digits))
    .groupBy(spans.spanId)
  const rows = await findSpansById(
    ctx,
    newest.map(({ id }) => Number(id)),
  )
  const bySpanId = new Map([...rows.values()].map((row) => [row.spanId, row]))
  return new Map(
    asked.flatMap((id) => {
      const row = bySpanId.get(id.toLowerCase())
      return row ? [[id, row] as const] : []
    }),
  )
}

/** Windows of the spans of these traces, in order of their start, by the traces' row ids. */
export function spansOfTraces(ctx: World, traceRowIds: readonly number[], window: Window) {
  const { spans } = ctx.db.t
  const order = { sort: spans.startTime, id: spans.id, descending: false }
  const isOf = (traceRowId: number) => eq(spans.traceRowId, traceRowId)
  return readSpans(ctx, traceRowIds, window, order, isOf, (row) => row.traceRowId)
}

/** Windows of the spans of these projects, the latest first, by project. */
export function spansOfProjects(ctx: World, projectIds: readonly number[], window: Window) {
  const { spans } = ctx.db.t
  const order = { sort: spans.startTime, id: spans.id, descending: true }
  const isOf = (projectId: number) => eq(spans.projectId, projectId)
  return readSpans(ctx, projectIds, window, order, isOf, (row) => row.projectId)
}

async function readSpans(
  ctx: World,
  lists: readonly number[],
  window: Window,
  order: Order,
  isOf: (list: number) => SQL,
  listOf: (row: { traceRowId: number; projectId: number }) => number,
): Promise<Map<number, Slice<SpanOfMany>>> {
  const { where, orderBy } = windowClauses(order, window)
  const select = (list: number) => {
    const part = selectSpans(ctx)
      .where(and(isOf(list), where))
      .orderBy(...orderBy)
      .limit(window.limit + 1)
      .as('part')
    return ctx.db.read.select().from(part)
  }
  const found = await readWindows(lists, window, select, listOf)
  return new Map(
    [...found].map(([list, { items, hasMore }]) => [list, { items: items.map(toSpan), hasMore }]),
  )
}

function selectSpans(ctx: World) {
  const { spans, spanRollups, traces } = ctx.db.t
  return ctx.db.read
    .select({
      ...nodeColumns(ctx),
      traceRowId: spans.traceRowId,
      projectId: spans.projectId,
      traceId: traces.traceId,
    })
    .from(spans)
    .innerJoin(traces, eq(traces.id, spans.traceRowId))
    .leftJoin(spanRollups, rollupOfSpan(ctx))
    .$dynamic()
}

type Row = Awaited<ReturnType<typeof selectSpans>>[number]

function toSpan({ traceRowId, projectId, traceId, ...node }: Row): SpanOfMany {
  return { ...toNode(node), traceRowId, projectId, traceId }
}

/**
 * The documents of these spans, by row id.
 * @param spend is told the length of each, in characters, as soon as it is there; what it throws ends the reading
 */
export async function documentsOfSpans(
  ctx: World,
  keys: readonly SpanKey[],
  spend: (length: number) => void,
): Promise<Map<number, SpanDocuments>> {
  const { spans } = ctx.db.t
  const documents = new Map<number, SpanDocuments>()
  for (let at = 0; at < keys.length; at += DOCUMENTS_PER_READ) {
    const part = keys.slice(at, at + DOCUMENTS_PER_READ)
    const rows = await ctx.db.read
      .select({ id: spans.id, attributesJson: spans.attributes, eventsJson: spans.events })
      .from(spans)
      .where(and(inArray(spans.id, part.map(idOf)), inArray(spans.traceRowId, part.map(traceOf))))
    for (const { id, ...texts } of rows) {
      spend(texts.attributesJson.length + texts.eventsJson.length)
      documents.set(id, texts)
    }
    await nextTurn()
  }
  return documents
}

const idOf = ({ id }: SpanKey) => id
const traceOf = ({ traceRowId }: SpanKey) => traceRowId

/** How many children each of these spans has, by row id. */
export async function countChildren(
  ctx: World,
  parents: readonly { id: number; traceRowId: number; spanId: string }[],
): Promise<Map<number, number>> {
  const { spans } = ctx.db.t
  const rows = await ctx.db.read
    .select({ traceRowId: spans.traceRowId, parentId: spans.parentId, n: count() })
    .from(spans)
    .where(
      and(
        inArray(spans.traceRowId, [...new Set(parents.map(traceOf))]),
        inArray(spans.parentId, [...new Set(parents.map(({ spanId }) => spanId))]),
      ),
    )
    .groupBy(spans.traceRowId, spans.parentId)
  const counts = new Map(rows.map(({ traceRowId, parentId, n }) => [`${traceRowId}:${parentId}`, n]))
  return new Map(
    parents.map(({ id, traceRowId, spanId }) => [id, counts.get(`${traceRowId}:${spanId}`) ?? 0]),
  )
}
