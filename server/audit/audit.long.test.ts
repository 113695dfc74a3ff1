/** The audit log with 1,000,000 entries: how long pages and an export take. Figures are printed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportAudit } from '#server/audit/export'
import type { AuditQuestion } from '#server/audit/filter'
import { listAuditEntries } from '#server/audit/list'
import { type BuiltInWorld, ensureBuiltInRows } from '#server/built-in-rows'
import type { DatabaseConfig } from '#server/config/model'
import type { Database } from '#server/db/database'
import { migrate } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { insertAuditEntries } from '../../test/audit-entries'
import { postgresConfig } from '../../test/database'
import { type PostgresServer, startPostgres } from '../../test/postgres'
import { testConfig } from '../../test/runtime'

const COUNT = 1_000_000
const END = new Date()
const MB = 1024 ** 2
const hoursAgo = (hours: number) => (END.getTime() - hours * 3_600_000) * 1000

const log = pino({ level: 'silent' })
const folder = mkdtempSync(join(tmpdir(), 'bennu-audit-'))
let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function databaseOf(engine: string): Promise<DatabaseConfig> {
  if (engine === 'sqlite') return { dialect: 'sqlite', file: join(folder, 'bennu.db'), inMemory: false }
  return postgresConfig({ port: postgres.port, database: await postgres.createDatabase() })
}

const QUESTIONS: Record<string, AuditQuestion> = {
  'the newest': {},
  'what failed': { outcome: 'failure' },
  'a rare action': { action: 'user.changeRole' },
  'a person': { actor: 'User:17' },
  'an address': { address: '10.0.3.3' },
  'an hour, long ago': { from: hoursAgo(200), until: hoursAgo(199) },
  'sign-ins of a person that failed': { action: 'session.login', outcome: 'failure', target: 'User:17' },
  'what never happened (a window of it)': { action: 'session.refresh', outcome: 'failure' },
  'a name that is nowhere (a window of it)': { actor: 'nobody at all' },
}

describe.each(['sqlite', 'postgres'])('on %s', (engine) => {
  const say = (line: string) => process.stdout.write(`audit log on ${engine}: ${line}\n`)
  let world: BuiltInWorld

  beforeAll(async () => {
    const database = await databaseOf(engine)
    await migrate(database, log)
    const db = await openDatabase(database)
    world = { db, config: testConfig(), clock: () => new Date(), log }
    await ensureBuiltInRows(world)
    await db.write((tx) => tx.delete(db.t.auditEvents))
    const before = await bytesOnDisk(db)
    await insertAuditEntries(db, { count: COUNT, end: END })
    const each = Math.round(((await bytesOnDisk(db)) - before) / COUNT)
    say(`an entry takes ${each} bytes with its indexes`)
  }, 900_000)
  afterAll(() => world.db.close())

  test.each(Object.entries(QUESTIONS))('a page of %s', async (what, question) => {
    const times: number[] = []
    for (let run = 0; run < 5; run++) {
      const since = performance.now()
      await listAuditEntries(world, { question, cursor: undefined, limit: 50 })
      times.push(performance.now() - since)
    }
    times.sort((a, b) => a - b)
    say(`${what}: ${times[2]?.toFixed(1)} ms, at worst ${times[4]?.toFixed(1)} ms`)
    expect(times[2]).toBeLessThan(1000)
  })

  test('an export of everything keeps little in memory', async () => {
    const ctx = {
      ...world,
      actor: { kind: 'open' as const },
      request: { requestId: 'r', address: null, userAgent: null },
    }
    const since = performance.now()
    let bytes = 0
    let chunks = 0
    // The most memory in the first and in the second half: what does not grow between them does not grow at all.
    const most = [0, 0]
    const stream = await exportAudit(ctx, { format: 'csv', question: {} })
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      chunks += 1
      const half = chunks > COUNT / 2000 ? 1 : 0
      most[half] = Math.max(most[half] ?? 0, process.memoryUsage().rss)
    }
    const [first = 0, second = 0] = most
    const seconds = (performance.now() - since) / 1000
    const growth = ((second - first) / MB).toFixed(0)
    say(
      `export: ${(bytes / MB).toFixed(0)} MB in ${seconds.toFixed(1)} s, the second half with ${growth} MB more`,
    )
    expect(bytes).toBeGreaterThan(COUNT * 200)
    expect(second - first).toBeLessThan(50 * MB)
  }, 300_000)
})

async function bytesOnDisk(db: Database): Promise<number> {
  const [row] = await db.read.select({ bytes: db.dialect.bytesOnDisk() }).from(db.t.auditChain)
  return Number(row?.bytes)
}
