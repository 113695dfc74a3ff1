import { gte } from 'drizzle-orm'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { downgrade, migrate } from '#server/db/migrate'
import { IDS_PER_DAY } from '#server/db/partitions'
import { createEmptyDatabase, engine, openTestDatabase } from '../../test/database'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
/** 1970-01-01T02:00 and an hour later, in microseconds. */
const TWO = 7_200_000_000
const THREE = 10_800_000_000

const ATTRIBUTES = JSON.stringify({
  llm: { model_name: ' gpt-9 ', token_count: { prompt: 3 } },
  session: { id: 42 },
  user: { id: 'ada' },
  text: 'tab\t "quoted" 🦉 \\ end',
}).replace('"prompt":3', '"prompt":9223372036854775807')

/** A database as the migration before left it: two traces of one session, one with a child that failed. */
async function before(): Promise<DatabaseConfig> {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  await downgrade(config, { to: 3 }, log)
  const run = (text: string) => runSql(config, text)
  const at = engine === 'sqlite' ? '0' : 'now()'
  await run(`insert into projects (id, name, created_at, updated_at) values (5, 'p', ${at}, ${at})`)
  await run(`insert into project_sessions (id, session_id, project_id, start_time, end_time)
    values (6, 's', 5, ${TWO}, ${THREE}), (7, 'empty', 5, 1, 2)`)
  await run(`insert into traces (id, trace_id, project_id, project_session_id, start_time, end_time, span_count, error_count,
      prompt_tokens, completion_tokens) values
    (10, 'a', 5, 6, ${TWO}, ${TWO + 1000}, 3, 1, 30, 3), (11, 'b', 5, 6, ${TWO + 5}, ${TWO + 1005}, 1, 0, 0, 0),
    (12, 'c', 5, null, ${THREE}, ${THREE}, 1, 0, 0, 0)`)
  const columns = `id, trace_row_id, project_id, span_id, parent_id, name, span_kind, start_time, end_time, status_code,
    llm_token_count_prompt, llm_token_count_completion, attributes, events`
  const row = (id: number, trace: number, parent: string, code: string, tokens: string, attributes: string) =>
    `(${id}, ${trace}, 5, 's${id}', ${parent}, 'n', 'LLM', ${TWO}, ${TWO + 9}, '${code}', ${tokens}, '${attributes}', '[]')`
  await run(`insert into spans (${columns}) values
    ${row(20, 10, 'null', 'OK', 'null, null', ATTRIBUTES)},
    ${row(21, 10, "'s20'", 'ERROR', '10, 1', '{"embedding":{"model_name":"e"},"session":{"id":true}}')},
    ${row(22, 10, "'s20'", 'OK', '20, 2', '{"llm":{"model_name":""},"reranker":{"model_name":"r"},"user":{"id":"  "}}')},
    ${row(23, 11, 'null', 'OK', 'null, null', '{"llm":{"model_name":7},"session":{"id":[1]}}')},
    ${row(30, 12, 'null', 'OK', 'null, null', '{}')}`)
  await run(
    `insert into span_rollups values (20, 1, 30, 3), (21, 1, 10, 1), (22, 0, 20, 2), (23, 0, 0, 0), (30, 0, 0, 0)`,
  )
  // The counters are ahead of the rows.
  if (engine === 'postgres') {
    await run("select setval(pg_get_serial_sequence('spans', 'id'), 77)")
    await run("select setval(pg_get_serial_sequence('traces', 'id'), 55)")
  } else await run("update sqlite_sequence set seq = 77 where name = 'spans'")
  return config
}

async function after() {
  const config = await before()
  await migrate(config, log)
  return openTestDatabase(config)
}

test('going up keeps every span and fills the columns that lists filter by', async () => {
  const db = await after()
  const rows = await db.read.select().from(db.t.spans).orderBy(db.t.spans.id)
  expect(rows.map((row) => [row.id, row.traceRowId, row.modelName, row.sessionId, row.userId])).toEqual([
    [20, 10, 'gpt-9', '42', 'ada'],
    [21, 10, 'e', 'True', null],
    [22, 10, 'r', null, null],
    [23, 11, null, null, null],
    [30, 12, null, null, null],
  ])
  expect(rows[0]).toMatchObject({ spanId: 's20', parentId: null, statusCode: 'OK', projectId: 5 })
  expect(rows[0]?.attributes).toContain('9223372036854775807')
  expect(JSON.parse(rows[0]?.attributes as string).text).toBe('tab\t "quoted" 🦉 \\ end')
})

test('going up keeps sums only where they differ from what the span counts itself', async () => {
  const db = await after()
  expect(await db.read.select().from(db.t.spanRollups)).toEqual([
    {
      traceRowId: 10,
      spanRowId: 20,
      cumulativeErrorCount: 1,
      cumulativeLlmTokenCountPrompt: 30,
      cumulativeLlmTokenCountCompletion: 3,
    },
  ])
})

test('going up counts what sessions hold', async () => {
  const db = await after()
  const rows = await db.read.select().from(db.t.projectSessions).orderBy(db.t.projectSessions.id)
  const none = { traceCount: 0, spanCount: 0, errorCount: 0, promptTokens: 0, completionTokens: 0 }
  expect(rows).toMatchObject([
    { id: 6, traceCount: 2, spanCount: 4, errorCount: 1, promptTokens: 30, completionTokens: 3 },
    { id: 7, ...none },
  ])
})

test('going up counts the traces of each hour, and how long they took', async () => {
  const db = await after()
  const { projectBuckets } = db.t
  // The next migration adds sums that belong to no hour.
  const hours = db.read.select().from(projectBuckets).where(gte(projectBuckets.bucket, 0))
  const rows = await hours.orderBy(projectBuckets.bucket)
  expect(rows).toEqual([
    {
      ...{ projectId: 5, bucket: 2, shard: 0, traceCount: 2, spanCount: 4, errorCount: 1 },
      ...{ promptTokens: 30, completionTokens: 3 },
      // ln(1000) / ln(1.01 / 0.99) = 345.4: both in range 346.
      latencySketch: Buffer.from([346 >> 8, 346 & 255, 0, 0, 0, 2]),
    },
    {
      ...{ projectId: 5, bucket: 3, shard: 0, traceCount: 1, spanCount: 1, errorCount: 0 },
      ...{ promptTokens: 0, completionTokens: 0 },
      latencySketch: Buffer.from([255, 255, 0, 0, 0, 1]),
    },
  ])
})

test('going up goes on counting ids where they were', async () => {
  const db = await after()
  const { traces, spans } = db.t
  const [trace] = await db.write((tx) =>
    tx.insert(traces).values({ traceId: 'new', projectId: 5, startTime: 1, endTime: 1 }).returning(),
  )
  const traceRowId = trace?.id as number
  if (engine === 'postgres') {
    await db.spanPartitions.ensureFor([traceRowId])
    // The sequence began behind the largest row, and the day stands above it.
    expect(traceRowId % IDS_PER_DAY).toBe(13)
    expect(Math.floor(traceRowId / IDS_PER_DAY)).toBe(Math.floor(Date.now() / 86_400_000))
  }
  const common = { projectId: 5, name: 'n', spanKind: 'LLM', statusCode: 'OK' as const }
  const values = {
    ...common,
    traceRowId,
    spanId: 'x',
    startTime: 1,
    endTime: 1,
    attributes: '{}',
    events: '[]',
  }
  const [span] = await db.write((tx) => tx.insert(spans).values(values).returning({ id: spans.id }))
  expect(span?.id).toBe(78)
})

const SPANS = `select id, trace_row_id, span_id, status_code, llm_token_count_prompt from spans order by id`
const ROLLUPS = 'select * from span_rollups order by 1'

test('going down gives back the rows as they were, and the tables', async () => {
  const config = await before()
  const tables = await describeTables(config)
  const rows = [await runSql(config, SPANS), await runSql(config, ROLLUPS)]
  await migrate(config, log)
  await downgrade(config, { to: 3 }, log)
  expect(await describeTables(config)).toEqual(tables)
  expect([await runSql(config, SPANS), await runSql(config, ROLLUPS)]).toEqual(rows)
  const [span] = await runSql(config, 'select attributes from spans where id = 20')
  const text = typeof span?.attributes === 'string' ? span.attributes : JSON.stringify(span?.attributes)
  expect(text).toMatch(/922337203685477580[07]/)
})

test.runIf(engine === 'postgres')(
  'traces of a day keep their ids and their day on the way down and up',
  async () => {
    const config = await before()
    await migrate(config, log)
    const today = Math.floor(Date.now() / 86_400_000)
    const lastWeek = (today - 7) * IDS_PER_DAY + 3
    const db = await openTestDatabase(config)
    await db.spanPartitions.ensureFor([lastWeek])
    await runSql(
      config,
      `insert into traces (id, trace_id, project_id, start_time, end_time) values (${lastWeek}, 'w', 5, 1, 1)`,
    )
    await runSql(
      config,
      `insert into spans (trace_row_id, project_id, span_id, name, span_kind, start_time, end_time, status_code, attributes, events)
     values (${lastWeek}, 5, 'w', 'n', 'LLM', 1, 1, 'OK', '{}', '[]')`,
    )
    await db.close()
    await downgrade(config, { to: 3 }, log)
    await runSql(
      config,
      "insert into traces (trace_id, project_id, start_time, end_time) values ('later', 5, 1, 1)",
    )
    const [later] = await runSql(config, "select id from traces where trace_id = 'later'")
    expect(Number(later?.id)).toBe(lastWeek + 1)
    await migrate(config, log)
    const day = new Date((today - 7) * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
    const [span] = await runSql(
      config,
      "select trace_row_id, tableoid::regclass::text as partition from spans where span_id = 'w'",
    )
    expect([Number(span?.trace_row_id), span?.partition]).toEqual([lastWeek, `spans_${day}`])
  },
)
