/** Traces and spans for our own pages: narrow rows by time, and one span whole. */
import { and, asc, desc, eq, gt, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { prepared } from '#server/db/prepared'
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
  const limit = Math.min(input.limit ?? 50, MAX_TRACES_PER_PAGE)
  const place = input.cursor ? readTraceCursor(input.cursor) : null
  const values = { projectId: input.projectId, limit: limit + 1 }
  const rows = place ? await selectOlder(ctx)({ ...values, ...place }) : await selectNewest(ctx)(values)
  const items = rows.slice(0, limit).map(toSummary)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? writeTraceCursor(last) : null }
}

const selectNewest = (ctx: World) =>
  prepared(ctx.db.read, 'newest_traces', () => selectByTime(ctx, ofProject(ctx)))

const selectOlder = (ctx: World) =>
  prepared(ctx.db.read, 'older_traces', () => selectByTime(ctx, and(ofProject(ctx), olderThan(ctx))))

const selectByTime = (ctx: World, condition: SQL | undefined) =>
  selectSummaries(ctx)
    .where(condition)
    .orderBy(desc(ctx.db.t.traces.startTime), desc(ctx.db.t.traces.id))
    .limit(sql.placeholder('limit'))

const ofProject = (ctx: World) => eq(ctx.db.t.traces.projectId, sql.placeholder('projectId'))

/** The first condition alone is a range of the index; the second settles equal times. */
function olderThan(ctx: World): SQL | undefined {
  const { traces } = ctx.db.t
  const [startTime, id] = [sql.placeholder('startTime'), sql.placeholder('id')]
  return and(lte(traces.startTime, startTime), or(lt(traces.startTime, startTime), lt(traces.id, id)))
}

const writeTraceCursor = (trace: TraceSummary) =>
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
  const traceId = input.traceId.toLowerCase()
  const [row] = isStorable(traceId) ? await selectByTraceId(ctx)({ traceId }) : []
  if (!row) throw new AppError('not_found', `Trace ${JSON.stringify(traceId.slice(0, 100))} not found`)
  return {
    ...toSummary(row),
    projectId: row.projectId,
    projectName: row.projectName,
    sessionId: row.sessionId,
    spans: await readSpanNodes(ctx, row.id),
  }
}

const selectByTraceId = (ctx: World) =>
  prepared(ctx.db.read, 'trace_by_trace_id', () =>
    selectSummaries(ctx).where(eq(ctx.db.t.traces.traceId, sql.placeholder('traceId'))),
  )

/**
 * One span whole.
 * @param input.id its row id
 * @throws AppError not_found
 */
export async function getSpan(ctx: World, input: { id: number }): Promise<SpanDetail> {
  const [row] = await selectWholeSpan(ctx)({ id: input.id })
  if (!row) throw new AppError('not_found', `Span ${input.id} not found`)
  const { node, ...rest } = row
  return { ...toNode(node), ...rest }
}

function selectWholeSpan(ctx: World) {
  const { spans, spanRollups, traces } = ctx.db.t
  return prepared(ctx.db.read, 'span_by_row_id', () =>
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
      .where(eq(spans.id, sql.placeholder('id'))),
  )
}

async function readSpanNodes(ctx: World, traceRowId: number): Promise<SpanNode[]> {
  const nodes: SpanNode[] = []
  for (let after = ''; ; ) {
    const rows = await selectSpanNodes(ctx)({ traceRowId, after, limit: SPANS_PER_READ })
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
      .limit(sql.placeholder('limit')),
  )
}

function rollupOfSpan(ctx: World): SQL | undefined {
  const { spans, spanRollups } = ctx.db.t
  return and(eq(spanRollups.traceRowId, spans.traceRowId), eq(spanRollups.spanRowId, spans.id))
}

function nodeColumns(ctx: World) {
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
function toNode(row: NodeRow): SpanNode {
  return {
    ...row,
    cumulativeErrorCount: row.cumulativeErrorCount ?? (row.statusCode === 'ERROR' ? 1 : 0),
    cumulativePromptTokens: row.cumulativePromptTokens ?? row.promptTokens ?? 0,
    cumulativeCompletionTokens: row.cumulativeCompletionTokens ?? row.completionTokens ?? 0,
  }
}

function selectSummaries(ctx: World) {
  const { projects, projectSessions, spans, traces } = ctx.db.t
  return (
    ctx.db.read
      .select({
        id: traces.id,
        traceId: traces.traceId,
        startTime: traces.startTime,
        endTime: traces.endTime,
        spanCount: traces.spanCount,
        errorCount: traces.errorCount,
        promptTokens: traces.promptTokens,
        completionTokens: traces.completionTokens,
        projectId: traces.projectId,
        projectName: projects.name,
        sessionId: projectSessions.sessionId,
        root: {
          spanId: spans.spanId,
          name: spans.name,
          spanKind: spans.spanKind,
          statusCode: spans.statusCode,
          inputPreview: spans.inputPreview,
          outputPreview: spans.outputPreview,
        },
      })
      .from(traces)
      .innerJoin(projects, eq(projects.id, traces.projectId))
      .leftJoin(projectSessions, eq(projectSessions.id, traces.projectSessionId))
      // The trace's id leads to the one partition that the span can be in.
      .leftJoin(spans, and(eq(spans.traceRowId, traces.id), eq(spans.id, traces.rootSpanRowId)))
      .$dynamic()
  )
}

type SummaryRow = Awaited<ReturnType<typeof selectSummaries>>[number]

function toSummary({
  projectId: _,
  projectName: _name,
  sessionId: _session,
  ...rest
}: SummaryRow): TraceSummary {
  return rest
}
