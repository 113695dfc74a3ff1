/** Span rows and the sums beside them. */
import { eq, inArray } from 'drizzle-orm'
import { chunksFor, excluded } from '#server/ingest/bulk'
import type { Counts, Node } from '#server/ingest/rollups'
import type { StoreContext } from '#server/ingest/store'
import type { TraceState } from '#server/ingest/store-traces'
import type { SpanRow } from '#server/otlp/row'

/** A span that was there before, with its sum over everything below it. */
export interface StoredSpan extends Node {
  traceRowId: number
  total: Counts
}

/** A span that this transaction added, with what it counts for itself. */
export interface FreshSpan extends Node {
  trace: TraceState
  endTime: number
  sessionId: string | null
  own: Counts
}

/** The narrow rows of traces that have spans already, by the trace's row id. Wide columns are never read. */
export async function loadStoredSpans(
  { tx, db }: StoreContext,
  traces: readonly TraceState[],
): Promise<Map<number, StoredSpan[]>> {
  const { spans, spanRollups } = db.t
  const byTrace = new Map<number, StoredSpan[]>()
  const ids = traces.filter((trace) => trace.spanCount > 0).map((trace) => trace.id)
  for (const chunk of chunksFor(ids, 1, db.dialect.maxParameters)) {
    const rows = await tx
      .select({
        id: spans.id,
        traceRowId: spans.traceRowId,
        spanId: spans.spanId,
        parentId: spans.parentId,
        startTime: spans.startTime,
        total: {
          errors: spanRollups.cumulativeErrorCount,
          promptTokens: spanRollups.cumulativeLlmTokenCountPrompt,
          completionTokens: spanRollups.cumulativeLlmTokenCountCompletion,
        },
      })
      .from(spans)
      .innerJoin(spanRollups, eq(spanRollups.spanRowId, spans.id))
      .where(inArray(spans.traceRowId, chunk))
    for (const row of rows) {
      const list = byTrace.get(row.traceRowId)
      if (list) list.push(row)
      else byTrace.set(row.traceRowId, [row])
    }
  }
  return byTrace
}

const SPAN_COLUMNS = 17

/** Adds spans that are known to be new, in the order given. */
export async function insertSpans(
  { tx, db }: StoreContext,
  fresh: readonly { row: SpanRow; trace: TraceState }[],
): Promise<FreshSpan[]> {
  const { spans } = db.t
  const added: FreshSpan[] = []
  for (const chunk of chunksFor(fresh, SPAN_COLUMNS, db.dialect.maxParameters)) {
    const values = chunk.map(({ row: { traceId: _traceId, sessionId: _sessionId, ...columns }, trace }) => ({
      ...columns,
      traceRowId: trace.id,
      projectId: trace.projectId,
    }))
    const ids = await tx
      .insert(spans)
      .values(values)
      .onConflictDoNothing()
      .returning({ id: spans.id, traceRowId: spans.traceRowId, spanId: spans.spanId })
    const idOf = new Map(ids.map(({ id, traceRowId, spanId }) => [`${traceRowId}/${spanId}`, id]))
    for (const { row, trace } of chunk) {
      const id = idOf.get(`${trace.id}/${row.spanId}`)
      if (id !== undefined) added.push(toFresh(id, row, trace))
    }
  }
  return added
}

function toFresh(id: number, row: SpanRow, trace: TraceState): FreshSpan {
  const { spanId, parentId, startTime, endTime, sessionId } = row
  const own = {
    errors: row.statusCode === 'ERROR' ? 1 : 0,
    promptTokens: row.llmTokenCountPrompt ?? 0,
    completionTokens: row.llmTokenCountCompletion ?? 0,
  }
  return { id, spanId, parentId, startTime, endTime, sessionId, trace, own }
}

/** Writes sums, over those that are there. */
export async function writeRollups(
  { tx, db }: StoreContext,
  rollups: readonly { spanRowId: number; total: Counts }[],
): Promise<void> {
  const { spanRollups } = db.t
  const rows = rollups.map(({ spanRowId, total }) => ({
    spanRowId,
    cumulativeErrorCount: total.errors,
    cumulativeLlmTokenCountPrompt: total.promptTokens,
    cumulativeLlmTokenCountCompletion: total.completionTokens,
  }))
  for (const values of chunksFor(rows, 4, db.dialect.maxParameters)) {
    await tx
      .insert(spanRollups)
      .values(values)
      .onConflictDoUpdate({
        target: spanRollups.spanRowId,
        set: {
          cumulativeErrorCount: excluded(spanRollups.cumulativeErrorCount),
          cumulativeLlmTokenCountPrompt: excluded(spanRollups.cumulativeLlmTokenCountPrompt),
          cumulativeLlmTokenCountCompletion: excluded(spanRollups.cumulativeLlmTokenCountCompletion),
        },
      })
  }
}
