/**
 * Sums counted anew from what they are sums of: traces from their spans here, sessions and hours from their traces in the
 * files beside this one. In small transactions, while spans go on arriving. Traces first, then sessions and projects: each
 * builds on the one before.
 */
import { asc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import { addCounts, type Counts, sameCounts, TraceTree } from '#server/ingest/rollups'
import { lockTraces, type TraceState, writeTraceRows } from '#server/ingest/store-traces'
import { loadWhole, type StoredSpan } from '#server/ingest/stored-spans'

interface Work {
  db: Database
  tx: Queries
}

/** A page of rows in the order of their ids. */
export interface RecountPage {
  /** The last id of the page before; 0 to begin with. */
  afterId: number
  limit: number
  /** Spans of traces, or traces of sessions, that one transaction counts; a row with more has one of its own. */
  membersPerWrite?: number
}

/** What was counted. */
export interface CountedPage {
  lastId: number
  rows: number
}

/** Some tens of milliseconds of work. */
const SPANS_PER_WRITE = 5_000

/**
 * Counts a page of traces anew, with the sums of each of their spans. A trace is read whole, whatever its size.
 * @returns null when there are no more
 */
export async function recountTraces(
  db: Database,
  { afterId, limit, membersPerWrite = SPANS_PER_WRITE }: RecountPage,
): Promise<CountedPage | null> {
  const { spans, traces } = db.t
  const page = await db.read
    .select({
      id: traces.id,
      traceId: traces.traceId,
      // Counted, because the sums are what is in doubt.
      members: countOf(db.read.select({ n: COUNT }).from(spans).where(eq(spans.traceRowId, traces.id))),
    })
    .from(traces)
    .where(gt(traces.id, afterId))
    .orderBy(asc(traces.id))
    .limit(limit)
  for (const part of splitPage(page, membersPerWrite)) await db.write((tx) => recountPage({ db, tx }, part))
  return pageOf(page)
}

/** For the select of a subquery. */
export const COUNT = sql`count(*)`

/** The figure that a subquery counts. */
export const countOf = (query: { getSQL(): SQL }): SQL<number> => sql`(${query})`.mapWith(Number)

/** Cuts a page so that each part has no more members than so many, or is a single row. */
export function splitPage<T extends { members: number }>(rows: readonly T[], most: number): T[][] {
  const parts: T[][] = []
  let members = Number.POSITIVE_INFINITY
  for (const row of rows) {
    members += row.members
    if (members > most) {
      parts.push([])
      members = row.members
    }
    parts.at(-1)?.push(row)
  }
  return parts
}

/** What was counted with these rows; null when there were none. */
export function pageOf(rows: readonly { id: number }[]): CountedPage | null {
  const last = rows.at(-1)
  return last ? { lastId: last.id, rows: rows.length } : null
}

async function recountPage({ db, tx }: Work, page: readonly { traceId: string }[]): Promise<void> {
  const { spanRollups } = db.t
  const states = [...(await lockTraces({ db, tx }, page)).values()]
  const ids = states.map((state) => state.id)
  if (ids.length === 0) return
  const spans = new Map<number, StoredSpan[]>()
  await loadWhole({ db, tx }, ids, spans, 'own')
  await tx.delete(spanRollups).where(inArray(spanRollups.traceRowId, ids))
  const counted = states.map((state) => recountTrace(state, spans.get(state.id) ?? []))
  await db.dialect.upsertMany(
    tx,
    spanRollups,
    counted.flatMap(({ rollups }) => rollups),
    { key: ['traceRowId', 'spanRowId'], merge: { cumulativeErrorCount: 'replace' }, returning: [] },
  )
  await writeTraceRows(
    { db, tx },
    counted.map(({ trace }) => trace),
  )
}

/** A trace without spans keeps its times. */
function recountTrace(state: TraceState, spans: readonly StoredSpan[]) {
  const tree = new TraceTree(spans)
  const none: Counts = { errors: 0, promptTokens: 0, completionTokens: 0 }
  const trace: TraceState = {
    ...state,
    startTime: spans.reduce(
      (least, span) => Math.min(least, span.startTime),
      spans[0]?.startTime ?? state.startTime,
    ),
    endTime: spans.reduce((most, span) => Math.max(most, span.endTime), spans[0]?.endTime ?? state.endTime),
    spanCount: spans.length,
    counts: spans.reduce((sum, span) => addCounts(sum, span.total), none),
    rootSpanRowId: tree.earliestRoot()?.id ?? null,
  }
  const changed = [...tree.sumUp((span) => span.total)].filter(([span, sum]) => !sameCounts(span.total, sum))
  const rollups = changed.map(([span, sum]) => ({
    traceRowId: state.id,
    spanRowId: span.id,
    cumulativeErrorCount: sum.errors,
    cumulativeLlmTokenCountPrompt: sum.promptTokens,
    cumulativeLlmTokenCountCompletion: sum.completionTokens,
  }))
  return { trace, rollups }
}

/**
 * Keeps a project from being deleted until the transaction ends, to be asked before anything in it is locked.
 * @returns whether it is there
 */
export async function holdProject({ db, tx }: Work, projectId: number): Promise<boolean> {
  const select = { members: ['id'], by: 'id', lock: 'from-delete' } as const
  return (await db.dialect.selectMany(tx, db.t.projects, select, [projectId])).length > 0
}
