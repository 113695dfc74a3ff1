/**
 * What the sums of a trace must be, counted anew from its span rows in the plainest way: no use is made of the code
 * that keeps them.
 */
import { and, asc, eq } from 'drizzle-orm'
import type { Database } from '#server/db/database'

export interface Recount {
  spanCount: number
  errorCount: number
  promptTokens: number
  completionTokens: number
  startTime: number
  endTime: number
  rootSpanId: string | null
  /** Per span id: errors, prompt tokens, completion tokens of the span and everything below it. */
  totals: Record<string, [number, number, number]>
}

/** Counts a trace anew from its rows. */
export async function recountTrace(db: Database, traceRowId: number): Promise<Recount> {
  const { spans } = db.t
  const rows = await db.read
    .select()
    .from(spans)
    .where(eq(spans.traceRowId, traceRowId))
    .orderBy(asc(spans.id))
  type Row = (typeof rows)[number]
  const bySpanId = new Map(rows.map((row) => [row.spanId, row]))
  const rawParent = (row: Row) => (row.parentId === null ? undefined : bySpanId.get(row.parentId))

  /** The spans of the cycle that a span is part of; empty when it is in none. */
  const cycleOf = (row: Row): Row[] => {
    const path = [row]
    for (let next = rawParent(row); next && path.length <= rows.length; next = rawParent(next)) {
      if (next === row) return path
      path.push(next)
    }
    return []
  }
  const closesCycle = (row: Row) => {
    const cycle = cycleOf(row)
    return cycle.length > 0 && row.id === Math.max(...cycle.map((each) => each.id))
  }
  const parentOf = (row: Row) => (closesCycle(row) ? undefined : rawParent(row))
  const own = (row: Row): [number, number, number] => [
    row.statusCode === 'ERROR' ? 1 : 0,
    row.llmTokenCountPrompt ?? 0,
    row.llmTokenCountCompletion ?? 0,
  ]
  const totals: Recount['totals'] = Object.fromEntries(rows.map((row) => [row.spanId, [0, 0, 0]]))
  for (const row of rows) {
    const counts = own(row)
    for (let at: Row | undefined = row; at; at = parentOf(at)) {
      const total = totals[at.spanId] as [number, number, number]
      for (const index of [0, 1, 2] as const) total[index] += counts[index]
    }
  }
  const roots = rows.filter((row) => !parentOf(row)).sort((a, b) => a.startTime - b.startTime || a.id - b.id)
  const sum = (index: 0 | 1 | 2) => rows.reduce((total, row) => total + own(row)[index], 0)
  return {
    spanCount: rows.length,
    errorCount: sum(0),
    promptTokens: sum(1),
    completionTokens: sum(2),
    startTime: Math.min(...rows.map((row) => row.startTime)),
    endTime: Math.max(...rows.map((row) => row.endTime)),
    rootSpanId: roots[0]?.spanId ?? null,
    totals,
  }
}

/** The same figures as they are stored. */
export async function storedCounts(db: Database, traceRowId: number): Promise<Recount> {
  const { spans, traces, spanRollups } = db.t
  const [trace] = await db.read.select().from(traces).where(eq(traces.id, traceRowId))
  if (!trace) throw new Error('There is no such trace')
  const rows = await db.read
    .select()
    .from(spans)
    .leftJoin(
      spanRollups,
      and(eq(spanRollups.traceRowId, spans.traceRowId), eq(spanRollups.spanRowId, spans.id)),
    )
    .where(eq(spans.traceRowId, traceRowId))
    .orderBy(asc(spans.id))
  const { spanCount, errorCount, promptTokens, completionTokens, startTime, endTime } = trace
  return {
    ...{ spanCount, errorCount, promptTokens, completionTokens, startTime, endTime },
    rootSpanId: rows.find(({ spans: span }) => span.id === trace.rootSpanRowId)?.spans.spanId ?? null,
    totals: Object.fromEntries(
      rows.map(({ spans: span, span_rollups: sums }) => [
        span.spanId,
        [
          sums?.cumulativeErrorCount ?? (span.statusCode === 'ERROR' ? 1 : 0),
          sums?.cumulativeLlmTokenCountPrompt ?? span.llmTokenCountPrompt ?? 0,
          sums?.cumulativeLlmTokenCountCompletion ?? span.llmTokenCountCompletion ?? 0,
        ],
      ]),
    ),
  }
}
