/** An acknowledged span is on disk, whatever is killed, and there once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CrashOptions, runCrashRounds } from './crash-rounds'
import { postgresConfig } from './database'
import { type PostgresServer, startPostgres } from './postgres'

const ROUNDS = 5

const sqlite: CrashOptions['database'] = {
  env: {},
  config: (workingDir) => ({ dialect: 'sqlite', file: `${workingDir}/bennu.db`, inMemory: false }),
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function postgres(): Promise<CrashOptions['database']> {
  const database = await server.createDatabase()
  return {
    env: { PHOENIX_SQL_DATABASE_URL: server.url(database) },
    config: () => postgresConfig({ port: server.port, database }),
  }
}

describe.each([
  ['SQLite', async () => sqlite],
  ['PostgreSQL', postgres],
])('on %s', (_engine, database) => {
  it('every acknowledged span is stored exactly once', async () => {
    const result = await runCrashRounds({ rounds: ROUNDS, database: await database() })
    expect(result.lost).toEqual([])
    expect(result.repeated).toEqual([])
    expect(result.acknowledged.http).toBeGreaterThan(200)
    expect(result.acknowledged.grpc).toBeGreaterThan(200)
    expect(result.failures).toBeGreaterThan(0)
  })
})

describe('the test itself', () => {
  it('notices the loss when spans are acknowledged before COMMIT', async () => {
    const env = { NODE_ENV: 'test', BENNU_TEST_ACK_BEFORE_COMMIT: '1' }
    const result = await runCrashRounds({ rounds: 2, database: sqlite, env })
    expect(result.lost.length).toBeGreaterThan(0)
  })
})
