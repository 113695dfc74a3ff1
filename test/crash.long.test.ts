import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgresForCrash, sqliteForCrash } from './crash-engines'
import { runCrashRounds } from './crash-rounds'
import { type PostgresServer, startPostgres } from './postgres'

const ROUNDS = 40

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

it.each([
  ['SQLite', async () => sqliteForCrash],
  ['PostgreSQL', () => postgresForCrash(server)],
])(`nothing acknowledged is lost in ${ROUNDS} rounds of kills on %s`, async (_engine, database) => {
  const result = await runCrashRounds({ rounds: ROUNDS, database: await database() })
  console.log(JSON.stringify(result))
  expect(result).toMatchObject({ lost: [], repeated: [] })
})
