/** A process with two writers that put events on record: argv holds the database (JSON) and how many they write together. */
import { pino } from 'pino'
import { recordEvent } from '#server/audit/record'
import type { DatabaseConfig } from '#server/config/model'
import { openDatabase } from '#server/db/open'
import { testConfig } from './runtime'

const [database = '', count = ''] = process.argv.slice(2)
const db = await openDatabase(JSON.parse(database) as DatabaseConfig, {
  applicationName: 'bennu test recorder',
})
const ctx = {
  db,
  config: testConfig(),
  clock: () => new Date(),
  log: pino({ level: 'silent' }),
  actor: { kind: 'server' as const },
  request: { address: null, userAgent: null },
}
const write = async () => {
  for (let made = 0; made < Number(count) / 2; made++)
    await db.write((tx) => recordEvent(tx, ctx, { action: 'apiKey.create', outcome: 'success' }))
}
await Promise.all([write(), write()])
await db.close()
