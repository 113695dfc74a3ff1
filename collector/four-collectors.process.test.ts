import { afterAll, beforeAll, expect, test } from 'vitest'
import { reindex } from '#server/ingest/reindex'
import { openTestDatabase, postgresConfig, removeTestDatabases } from '../test/database'
import { GrpcTestClient } from '../test/grpc'
import { readPartialSuccess } from '../test/otlp'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'
import { makeSharedLoad } from '../test/shared-load'
import { readSums } from '../test/sums'

let server: PostgresServer
let database: string
let collectors: Program[] = []
beforeAll(async () => {
  server = await startPostgres()
  database = await server.createDatabase()
  const env = { PHOENIX_SQL_DATABASE_URL: server.url(database) }
  // At the same moment, on an empty database: one of them migrates.
  collectors = await Promise.all(
    Array.from({ length: 4 }, () => startProgram({ env, args: ['--only', 'collector'] })),
  )
}, 60_000)
afterAll(async () => {
  await Promise.all(collectors.map((program) => program.stop()))
  await removeTestDatabases()
  await server?.stop()
})

test('four collectors on one PostgreSQL, sent spans of the same traces at once, store each once and show no error', {
  timeout: 60_000,
}, async () => {
  const { requestsFor, spans, traces, promptTokens } = makeSharedLoad()
  const answers = await Promise.all(
    collectors.map(async ({ grpcPort }, index) => {
      const client = new GrpcTestClient(grpcPort)
      const answered = await Promise.all(requestsFor(index).map((body) => client.call(body)))
      client.close()
      return answered.map(({ code, body }) => ({ code, partial: readPartialSuccess(body) }))
    }),
  )
  for (const answer of answers.flat()) expect(answer).toEqual({ code: 'OK', partial: null })
  const [stored] = await server.query(
    'select count(*)::int as spans, count(distinct (trace_row_id, span_id))::int as different from spans',
    database,
  )
  expect(stored).toEqual({ spans, different: spans })
  const db = await openTestDatabase(postgresConfig({ port: server.port, database }))
  const kept = await readSums(db)
  expect(kept.traces).toHaveLength(traces)
  expect(kept.traces.reduce((sum, trace) => sum + trace.spanCount, 0)).toBe(spans)
  expect(kept.traces.reduce((sum, trace) => sum + trace.promptTokens, 0)).toBe(promptTokens)
  await reindex(db)
  expect(await readSums(db)).toEqual(kept)
  for (const { output } of collectors)
    expect(output()).not.toMatch(/"level":(50|60)|ERROR|could not be stored/)
})
