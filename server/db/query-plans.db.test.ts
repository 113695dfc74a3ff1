/**
 * Nothing that pages, REST or ingest ask for reads all spans or all traces: the statements that are really sent are
 * explained on a project of 200,000 spans, before and after the planner has counted the rows.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { reindex } from '#server/ingest/reindex'
import { storeSpans } from '#server/ingest/store'
import { deleteProject } from '#server/projects/delete-project'
import { listProjects } from '#server/projects/projects'
import { getProjectSummary, listProjectSummaries } from '#server/projects/summaries'
import { listSpans } from '#server/traces/list-spans'
import { readAttributeTest, type SpanFilter } from '#server/traces/span-filter'
import { getSpan, getTrace, listTraces } from '#server/traces/traces'
import { createTestDatabase, type TestDatabase } from '../../test/database'
import { analyze, insertManySpans } from '../../test/many-spans'
import { incoming } from '../../test/received-spans'
import {
  explain,
  explainKept,
  type RecordedQuery,
  type Recorder,
  recordQueries,
} from '../../test/recorded-queries'

const SPANS = 200_000
const END = Date.UTC(2026, 9, 1) * 1000
const DAY = 86_400_000_000

let db: TestDatabase
let recorder: Recorder
let projectId: number
let traceIds: string[]
let spanIds: string[]
let rowId: number
let cursor: string | null

beforeAll(async () => {
  db = await createTestDatabase()
  recorder = await recordQueries(db)
  for (const project of ['doomed', 'gone'])
    await insertManySpans(db, { project, spans: 80, days: 10, end: END })
  projectId = await insertManySpans(db, { project: 'large', spans: SPANS, days: 10, end: END })
  await reindex(db)
  const page = await listTraces({ db }, { projectId, limit: 50 })
  const { items } = await listSpans({ db }, { projectId, filter: {}, limit: 50, fromId: null })
  cursor = page.nextCursor
  traceIds = page.items.map((trace) => trace.traceId)
  spanIds = items.map((span) => span.spanId)
  rowId = items[0]?.id ?? 0
}, 300_000)

let nextNumber = 100
/** A trace whose root gets a parent that started later and lies below another span: all that a large trace is asked. */
async function storeLateParent(): Promise<void> {
  const trace = nextNumber++
  const span = (over: { span: number; parent: number; start: number }) =>
    incoming({ trace, project: 'large', ...over })
  const clock = () => new Date()
  await storeSpans(
    db,
    [span({ span: 1, parent: 9, start: 0 }), span({ span: 2, parent: 8, start: 1 })],
    clock,
  )
  await storeSpans(db, [span({ span: 9, parent: 2, start: 5 })], clock, { wholeTraceSpans: 0 })
}

/** One more span of a trace among many. */
async function storeOneMore(): Promise<void> {
  const span = incoming({ span: nextNumber++, project: 'large' })
  const row = { ...span.row, traceId: traceIds[1] ?? '', parentId: spanIds[0] ?? '' }
  await storeSpans(db, [{ ...span, row }], () => new Date(), { wholeTraceSpans: 0 })
}

const spansBy = (filter: SpanFilter) => () =>
  listSpans({ db }, { projectId, filter, limit: 50, fromId: rowId - 20_000 })

const QUESTIONS: Record<string, () => Promise<unknown>> = {
  'the newest traces': () => listTraces({ db }, { projectId, limit: 50 }),
  'older traces': () => listTraces({ db }, { projectId, limit: 50, cursor }),
  'a trace by its id': () => getTrace({ db }, { traceId: traceIds[0] ?? '' }),
  'a span by its row': () => getSpan({ db }, { id: rowId }),
  'the projects with their figures': () => listProjectSummaries({ db }),
  'a project with its figures': () => getProjectSummary({ db }, projectId),
  'projects by name': () => listProjects({ db }, { limit: 50, fromId: null, nameContains: 'large' }),
  'the newest spans': () => listSpans({ db }, { projectId, filter: {}, limit: 50, fromId: null }),
  'older spans': spansBy({}),
  'the newest errors': spansBy({ statuses: ['ERROR'] }),
  'spans by status': spansBy({ statuses: ['UNSET', 'OK'] }),
  'spans by trace': () => spansBy({ traceIds })(),
  'spans by span id': () => spansBy({ spanIds })(),
  'spans by trace and span id': () => spansBy({ traceIds, spanIds })(),
  'spans by name': spansBy({ names: ['step 3'] }),
  'spans by kind': spansBy({ kinds: ['LLM'] }),
  roots: spansBy({ parentId: null }),
  'spans by an attribute': spansBy({ attributes: [readAttributeTest('metadata.tenant:tenant-1')] }),
  'spans of the last moment': spansBy({ startFrom: END - 1_000_000 }),
  'spans of most of the time': spansBy({ startFrom: END - 9 * DAY }),
  'spans from before': spansBy({ startBefore: END - 5 * DAY }),
  'errors of a day': spansBy({ startFrom: END - 5 * DAY, startBefore: END - 4 * DAY, statuses: ['ERROR'] }),
  'storing spans, of new traces and of old': async () => {
    const old = { traceId: traceIds[0] ?? '', spanId: spanIds[0] ?? '' }
    const fresh = incoming({ trace: 1, span: 1, project: 'large', session: 's' })
    const late = incoming({ span: 2, project: 'large', session: 's' })
    const grown = { ...late, row: { ...late.row, traceId: old.traceId, parentId: old.spanId } }
    await storeSpans(db, [fresh, grown], () => new Date())
  },
  'storing one more span of a large trace': storeOneMore,
  'storing the late parent of the root of a large trace': storeLateParent,
}

/** Steps that read all of a table, or of a partition, that grows with the spans. Other partitions are empty here. */
const FULL_SCAN = /(SCAN|Seq Scan on) "?(traces|spans|span_rollups|spans_202609\d\d)\b/

async function fullScansOf(question: () => Promise<unknown>): Promise<string[]> {
  recorder.take()
  await question()
  const queries = recorder.take().filter(({ sql }) => /^\s*(select|with|insert|update|delete)\b/i.test(sql))
  expect(queries.length).toBeGreaterThan(0)
  const found: string[] = []
  for (const query of queries) {
    const plans = [await explain(db, query)]
    if (query.name) plans.push(await explainKept(db, query))
    const scans = plans.flat().filter((line) => FULL_SCAN.test(line))
    if (scans.length > 0) found.push(query.sql, ...scans)
  }
  return found
}

const explainKeptIfNamed = async (query: RecordedQuery) => (query.name ? explainKept(db, query) : [])

describe.each(['before', 'after'])('%s the planner has counted the rows', (when) => {
  beforeAll(async () => {
    if (when === 'after') await analyze(db)
  }, 120_000)

  test.each(Object.entries(QUESTIONS))('%s: no full scan', async (_what, question) => {
    expect(await fullScansOf(question)).toEqual([])
  })

  test('what lies above or below a span is found by its id, never by its trace alone', async () => {
    recorder.take()
    await storeOneMore()
    const queries = recorder.take().filter(({ sql }) => /\basked\b/.test(sql))
    expect(queries).toHaveLength(3)
    for (const query of queries) {
      const lines = (await Promise.all([explain(db, query), explainKeptIfNamed(query)])).flat()
      const searches = lines.filter((line) => /SEARCH (spans|span_rollups)\b|Index Cond/.test(line))
      expect(searches.length).toBeGreaterThan(0)
      for (const line of searches) expect(line).toMatch(/ AND "?\(?(span_id|parent_id|span_row_id)\b/)
    }
  })

  test('deleting a project: no full scan', async () => {
    expect(await fullScansOf(() => deleteProject({ db }, when === 'after' ? 'gone' : 'doomed'))).toEqual([])
  })
})

test('spans of a day by name: no day but its own and those beside it is read whole', async () => {
  const day = { startFrom: END - 5 * DAY, startBefore: END - 4 * DAY }
  const scans = await fullScansOf(spansBy({ ...day, names: ['step 3'] }))
  const read = new Set(scans.flatMap((line) => line.match(FULL_SCAN)?.[2] ?? []))
  // What a planner reads whole of its own accord, because most of it is asked for.
  const allowed = ['spans_20260925', 'spans_20260926', 'spans_20260927']
  expect([...read].filter((name) => !allowed.includes(name))).toEqual([])
})

test('what is rare is looked for in slices of rows', async () => {
  recorder.take()
  await spansBy({ parentId: spanIds[0] ?? '' })()
  const searches = recorder.take().filter(({ sql }) => sql.includes('"parent_id" ='))
  expect(searches.length).toBeGreaterThan(0)
  for (const { sql } of searches) expect(sql).toMatch(/"id" >= \S+ and "spans"."id" <= /)
})

test('a full scan is noticed', async () => {
  const { spans } = db.t
  expect(
    await fullScansOf(async () => db.read.select({ name: spans.name }).from(spans).limit(1)),
  ).not.toEqual([])
})
