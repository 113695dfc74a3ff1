/** Span rows and the sums beside them: written here, read in stored-spans.ts. */
import { chunksFor, excluded } from '#server/ingest/bulk'
import type { Counts, Node } from '#server/ingest/rollups'
import type { StoreContext } from '#server/ingest/store'
import type { TraceState } from '#server/ingest/store-traces'
import type { SpanRow } from '#server/otlp/span-row'

/** A span that this transaction added, with what it counts for itself. */
export interface FreshSpan extends Node {
  trace: TraceState
  endTime: number
  sessionId: string | null
  own: Counts
}

/** Adds spans that are known to be new, in the order given. */
export async function insertSpans(
  { tx, db }: StoreContext,
  fresh: readonly { row: SpanRow; trace: TraceState }[],
): Promise<FreshSpan[]> {
  const rows = fresh.map(({ row: { traceId: _traceId, ...columns }, trace }) => ({
    ...columns,
    traceRowId: trace.id,
    projectId: trace.projectId,
  }))
  const ids = await db.dialect.insertMany(tx, db.t.spans, rows)
  return fresh.map(({ row, trace }, index) => toFresh(ids[index] as number, row, trace))
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

/** A span's sum over everything below it. */
export interface Rollup {
  traceRowId: number
  spanRowId: number
  total: Counts
}

const toColumns = ({ traceRowId, spanRowId, total }: Rollup) => ({
  traceRowId,
  spanRowId,
  cumulativeErrorCount: total.errors,
  cumulativeLlmTokenCountPrompt: total.promptTokens,
  cumulativeLlmTokenCountCompletion: total.completionTokens,
})

/** Writes sums that are not what the span counts for itself, over those that are there. */
export async function writeRollups({ tx, db }: StoreContext, rollups: readonly Rollup[]): Promise<void> {
  const { spanRollups } = db.t
  for (const values of chunksFor(rollups.map(toColumns), 5, db.dialect.maxParameters)) {
    await tx
      .insert(spanRollups)
      .values(values)
      .onConflictDoUpdate({
        target: [spanRollups.traceRowId, spanRollups.spanRowId],
        set: {
          cumulativeErrorCount: excluded(spanRollups.cumulativeErrorCount),
          cumulativeLlmTokenCountPrompt: excluded(spanRollups.cumulativeLlmTokenCountPrompt),
          cumulativeLlmTokenCountCompletion: excluded(spanRollups.cumulativeLlmTokenCountCompletion),
        },
      })
  }
}
