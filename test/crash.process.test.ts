/** An acknowledged span is on disk, whatever is killed, and there once. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresForCrash, sqliteForCrash } from './crash-engines'
import { runCrashRounds } from './crash-rounds'
import { type PostgresServer, startPostgres } from './postgres'

const ROUNDS = 5
const EARLY_ANSWERS = fileURLToPath(new URL('./answer-before-commit.cjs', import.meta.url))

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe.each([
  ['SQLite', async () => sqliteForCrash],
  ['PostgreSQL', () => postgresForCrash(server)],
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
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(EARLY_ANSWERS)}` }
    const result = await runCrashRounds({ rounds: 2, database: sqliteForCrash, env })
    expect(result.lost.length).toBeGreaterThan(0)
  })
})
