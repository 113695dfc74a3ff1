/** Traces and spans for our own pages: narrow rows by time, and one span whole. */
import { and, asc, desc, eq, gt, inArray, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { fixedLimit, prepared } from '#server/db/prepared'
import { AppError } from '#server/errors'
import { invalidCursor } from '#server/query'
import { isStorable } from '#server/text'
import type { Page, SpanDetail, SpanNode, TraceDetail, TraceSummary } from '#server/traces/model'

type World = Pick<Ctx, 'db'>

/** Rows read in one go: on SQLite a read holds the process while it lasts. */
const SPANS_PER_READ = 2000
export const MAX_TRACES_PER_PAGE = 200

/**
 * A project's traces, newest first. The cursor names the last row of a page by start time and id, so a page stays where
 * it is while newer traces arrive.
 * @throws AppError invalid for a cursor that is not ours
 */
export async function listTraces(
  ctx: World,
  input: { projectId: number; cursor?: string | null; limit?: number },
): Promise<Page<TraceSummary>> {
  const { traces } = ctx.db.t
  const limit = Math.min(input.limit ?? 50, MAX_TRACES_PER_PAGE)
  const older = input.cursor ? olderThan(ctx, readTraceCursor(input.cursor)) : undefined
  const rows = await selectSummaries(ctx)
    .where(and(eq(traces.projectId, input.projectId), older))
    .orderBy(desc(traces.startTime), desc(traces.id))
    .limit(limit + 1)
  const items = await withRoots(ctx, rows.slice(0, limit))
  const last = items.at(-1)
  return {
    items: items.map(toSummary),
    nextCursor: rows.length > limit && last ? writeTraceCursor(last) : null,
  }
}

/** The first condition alone is a range of the index; the second settles equal times. */
function olderThan(ctx: World, place: { startTime: number; id: number }): SQL | undefined {
  const { traces } = ctx.db.t
  return and(
    lte(traces.startTime, place.startTime),
    or(lt(traces.startTime, place.startTime), lt(traces.id, place.id)),
  )
}

const writeTraceCursor = (trace: { startTime: number; id: number }) =>
  Buffer.from(`${trace.startTime}:${trace.id}`, 'utf8').toString('base64url')

function readTraceCursor(cursor: string): { startTime: number; id: number } {
  const match = /^(-?\d{1,16}):(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!match) throw invalidCursor(cursor)
  return { startTime: Number(match[1]), id: Number(match[2]) }
}

/**
 * One trace with all its spans in order of their start.
 * @param input.traceId 32 hex digits, in either case
 * @throws AppError not_found
 */
export async function getTrace(ctx: World, input: { traceId: string }): Promise<TraceDetail> {
  const { traces } = ctx.db.t
  const traceId = input.traceId.toLowerCase()
  const rows = isStorable(traceId) ? await selectSummaries(ctx).where(eq(traces.traceId, traceId)) : []
  const [row] = await withRoots(ctx, rows)
  if (!row) throw new AppError('not_found', `Trace ${JSON.stringify(traceId.slice(0, 100))} not found`)
  const { projectId, projectName, sessionId } = row
  return { ...toSummary(row), projectId, projectName, sessionId, spans: await readSpanNodes(ctx, row.id) }
}

/**
 * One span whole.
 * @param input.id its row id
 * @throws AppError not_found
 */
export async function getSpan(ctx: World, input: { id: number }): Promise<SpanDetail> {
  const [place] = await selectPlace(ctx)({ id: input.id })
  const [row] = place ? await selectWholeSpan(ctx)({ id: input.id, ...place }) : []
  if (!row) throw new AppError('not_found', `Span ${input.id} not found`)
  const { node, ...rest } = row
  return { ...toNode(node), ...rest }
}

/** The trace of a span, by which everything else about it is found. */
const selectPlace = (ctx: World) =>
  prepared(ctx.db.read, 'trace_of_span', () =>
    ctx.db.read
      .select({ traceRowId: ctx.db.t.spans.traceRowId })
      .from(ctx.db.t.spans)
      .where(eq(ctx.db.t.spans.id, sql.placeholder('id'))),
  )

function selectWholeSpan(ctx: World) {
  const { spans, spanRollups, traces } = ctx.db.t
  return prepared(ctx.db.read, 'whole_span', () =>
    ctx.db.read
      .select({
        node: nodeColumns(ctx),
        traceId: traces.traceId,
        attributesJson: spans.attributes,
        eventsJson: spans.events,
      })
      .from(spans)
      .innerJoin(traces, eq(traces.id, spans.traceRowId))
      .leftJoin(spanRollups, rollupOfSpan(ctx))
      .where(and(eq(spans.id, sql.placeholder('id')), eq(spans.traceRowId, sql.placeholder('traceRowId')))),
  )
}

async function readSpanNodes(ctx: World, traceRowId: number): Promise<SpanNode[]> {
  const nodes: SpanNode[] = []
  for (let after = ''; ; ) {
    const rows = await selectSpanNodes(ctx)({ traceRowId, after })
    for (const row of rows) nodes.push(toNode(row))
    const last = rows.at(-1)
    if (!last || rows.length < SPANS_PER_READ) break
    after = last.spanId
  }
  return nodes.sort((a, b) => a.startTime - b.startTime || a.id - b.id)
}

/** In the order of the index on (trace, span id), which costs no sort; the order by time is made by whoever asks. */
function selectSpanNodes(ctx: World) {
  const { spans, spanRollups } = ctx.db.t
  return prepared(ctx.db.read, 'spans_of_trace', () =>
    ctx.db.read
      .select(nodeColumns(ctx))
      .from(spans)
      .leftJoin(spanRollups, rollupOfSpan(ctx))
      .where(
        and(eq(spans.traceRowId, sql.placeholder('traceRowId')), gt(spans.spanId, sql.placeholder('after'))),
      )
      .orderBy(asc(spans.spanId))
      .limit(fixedLimit(SPANS_PER_READ)),
  )
}

/** Which roll-up belongs to a span. */
export function rollupOfSpan(ctx: World): SQL | undefined {
  const { spans, spanRollups } = ctx.db.t
  return and(eq(spanRollups.traceRowId, spans.traceRowId), eq(spanRollups.spanRowId, spans.id))
}

/** The columns of a SpanNode, by `toNode`; roll-ups are joined by `rollupOfSpan`. */
export function nodeColumns(ctx: World) {
  const { spans, spanRollups } = ctx.db.t
  return {
    id: spans.id,
    spanId: spans.spanId,
    parentId: spans.parentId,
    name: spans.name,
    spanKind: spans.spanKind,
    startTime: spans.startTime,
    endTime: spans.endTime,
    statusCode: spans.statusCode,
    statusMessage: spans.statusMessage,
    promptTokens: spans.llmTokenCountPrompt,
    completionTokens: spans.llmTokenCountCompletion,
    cumulativeErrorCount: spanRollups.cumulativeErrorCount,
    cumulativePromptTokens: spanRollups.cumulativeLlmTokenCountPrompt,
    cumulativeCompletionTokens: spanRollups.cumulativeLlmTokenCountCompletion,
  }
}

type Nullable<T, K extends keyof T> = Omit<T, K> & { [key in K]: T[key] | null }
type NodeRow = Nullable<
  SpanNode,
  'cumulativeErrorCount' | 'cumulativePromptTokens' | 'cumulativeCompletionTokens'
>

/** A span without a roll-up has nothing below it that counts: it stands for itself. */
export function toNode(row: NodeRow): SpanNode {
  return {
    ...row,
    cumulativeErrorCount: row.cumulativeErrorCount ?? (row.statusCode === 'ERROR' ? 1 : 0),
    cumulativePromptTokens: row.cumulativePromptTokens ?? row.promptTokens ?? 0,
    cumulativeCompletionTokens: row.cumulativeCompletionTokens ?? row.completionTokens ?? 0,
  }
}

function selectSummaries(ctx: World) {
  const { projects, projectSessions, traces } = ctx.db.t
  return ctx.db.read
    .select({
      id: traces.id,
      traceId: traces.traceId,
      startTime: traces.startTime,
      endTime: traces.endTime,
      spanCount: traces.spanCount,
      errorCount: traces.errorCount,
      promptTokens: traces.promptTokens,
      completionTokens: traces.completionTokens,
      rootSpanRowId: traces.rootSpanRowId,
      projectId: traces.projectId,
      projectName: projects.name,
      sessionId: projectSessions.sessionId,
    })
    .from(traces)
    .innerJoin(projects, eq(projects.id, traces.projectId))
    .leftJoin(projectSessions, eq(projectSessions.id, traces.projectSessionId))
    .$dynamic()
}

type SummaryRow = Awaited<ReturnType<typeof selectSummaries>>[number]
type RootedRow = SummaryRow & Pick<TraceSummary, 'root'>

/** The rows with their roots. Read by themselves: only so is it known beforehand in which partitions they are. */
async function withRoots(ctx: World, rows: SummaryRow[]): Promise<RootedRow[]> {
  const { spans } = ctx.db.t
  const ids = rows.flatMap(({ rootSpanRowId }) => rootSpanRowId ?? [])
  if (ids.length === 0) return rows.map((row) => ({ ...row, root: null }))
  const traceRowIds = rows.map((row) => row.id)
  const roots = await ctx.db.read
    .select({ traceRowId: spans.traceRowId, id: spans.id, ...rootColumns(ctx) })
    .from(spans)
    .where(and(inArray(spans.id, ids), inArray(spans.traceRowId, traceRowIds)))
  const byTrace = new Map(roots.map(({ traceRowId, id, ...root }) => [traceRowId, { id, root }]))
  return rows.map((row) => {
    const found = byTrace.get(row.id)
    return { ...row, root: found?.id === row.rootSpanRowId ? found.root : null }
  })
}

function rootColumns(ctx: World) {
  const { spanId, name, spanKind, statusCode, inputPreview, outputPreview } = ctx.db.t.spans
  return { spanId, name, spanKind, statusCode, inputPreview, outputPreview }
}

function toSummary({ projectId, projectName, sessionId, rootSpanRowId, ...rest }: RootedRow): TraceSummary {
  return rest
}
