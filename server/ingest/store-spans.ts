/** Span rows and the sums beside them: written here, read in stored-spans.ts. */
import type { TraceMerge } from '#server/ingest/merge-trace'
import type { StoreContext } from '#server/ingest/store'
import type { SpanRow } from '#server/otlp/span-row'

/** Adds the new spans. @returns how many */
export async function insertSpans({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<number> {
  const rows = merges.flatMap(({ after, fresh }) => {
    const keys = { traceRowId: after.id, projectId: after.projectId }
    return fresh.map(({ id, row }) => Object.assign(columnsOf(row, keys), { id }))
  })
  await db.dialect.insertMany(tx, db.t.spans, rows)
  return rows.length
}

/** The columns of a span but its id. Written out: a spread of twenty members costs more than the rest of this file. */
export const columnsOf = (row: SpanRow, keys: { traceRowId: number; projectId: number }) => ({
  traceRowId: keys.traceRowId,
  projectId: keys.projectId,
  spanId: row.spanId,
  parentId: row.parentId,
  name: row.name,
  spanKind: row.spanKind,
  startTime: row.startTime,
  endTime: row.endTime,
  statusCode: row.statusCode,
  llmTokenCountPrompt: row.llmTokenCountPrompt,
  llmTokenCountCompletion: row.llmTokenCountCompletion,
  modelName: row.modelName,
  sessionId: row.sessionId,
  userId: row.userId,
  inputPreview: row.inputPreview,
  outputPreview: row.outputPreview,
  statusMessage: row.statusMessage,
  attributes: row.attributes,
  events: row.events,
})

/** Writes sums that are not what the span counts for itself, over those that are there. */
export async function writeRollups({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const rows = merges.flatMap(({ after, rollups }) =>
    rollups.map(({ spanRowId, total }) => ({
      traceRowId: after.id,
      spanRowId,
      cumulativeErrorCount: total.errors,
      cumulativeLlmTokenCountPrompt: total.promptTokens,
      cumulativeLlmTokenCountCompletion: total.completionTokens,
    })),
  )
  await db.dialect.upsertMany(tx, db.t.spanRollups, rows, {
    key: ['traceRowId', 'spanRowId'],
    merge: {
      cumulativeErrorCount: 'replace',
      cumulativeLlmTokenCountPrompt: 'replace',
      cumulativeLlmTokenCountCompletion: 'replace',
    },
    returning: [],
  })
}
