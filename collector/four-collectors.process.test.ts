import { afterAll, beforeAll, expect, test } from 'vitest'
import { GrpcTestClient } from '../test/grpc'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'
import { makeSharedLoad } from '../test/shared-load'

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
  await server?.stop()
})

test('four collectors on one PostgreSQL, sent spans of the same traces at once, store each once and show no error', {
  timeout: 60_000,
}, async () => {
  const { requestsFor, spans, traces } = makeSharedLoad()
  const codes = await Promise.all(
    collectors.map(async ({ grpcPort }, index) => {
      const client = new GrpcTestClient(grpcPort)
      const answers = await Promise.all(requestsFor(index).map((body) => client.call(body)))
      client.close()
      return answers.map(({ code }) => code)
    }),
  )
  expect([...new Set(codes.flat())]).toEqual(['OK'])
  const count = async (numbers: string, from: string) => {
    const [row] = await server.query(`select array[${numbers}]::bigint[] as numbers from ${from}`, database)
    return ((row?.numbers ?? []) as string[]).map(Number)
  }
  const [errors] = await count("count(*) filter (where status_code = 'ERROR')", 'spans')
  expect(await count('count(*), count(distinct (trace_row_id, span_id))', 'spans')).toEqual([spans, spans])
  const sums = 'sum(span_count), sum(error_count)'
  expect(await count(`count(*), ${sums}`, 'traces')).toEqual([traces, spans, errors])
  expect(await count(`sum(trace_count), ${sums}`, 'project_sessions')).toEqual([traces, spans, errors])
  const hours = 'project_buckets where bucket >= 0'
  expect(await count(`sum(trace_count), ${sums}`, hours)).toEqual([traces, spans, errors])
  for (const { output } of collectors)
    expect(output()).not.toMatch(/"level":(50|60)|ERROR|could not be stored/)
})
