import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { downgrade, migrate } from '#server/db/migrate'
import { findSpans } from '#server/traces/find-spans'
import { createEmptyDatabase, openTestDatabase } from '../../test/database'
import { runSql } from '../../test/sql'
import { insertTrace } from '../../test/traces'

const log = pino({ level: 'silent' })

/** A migrated database with a trace of a good and a bad span. */
async function filled() {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const spans = [{ spanId: '00000000000000aa' }, { spanId: '00000000000000bb', status: 'ERROR' as const }]
  const { projectId } = await insertTrace({ db }, { spans })
  return { config, db, projectId }
}

const idsIn = async (config: DatabaseConfig) =>
  (await runSql(config, 'select span_id from spans order by span_id')).map((row) => row.span_id)

test('going down and up again keeps every span, and both lookups find theirs', async () => {
  const { config, db, projectId } = await filled()
  await downgrade(config, { to: 4 }, log)
  expect(await idsIn(config)).toEqual(['00000000000000aa', '00000000000000bb'])
  await migrate(config, log)
  const [good, bad] = await findSpans({ db }, { projectId, filter: {}, limit: 9, fromId: null }).then(
    (rows) => rows.reverse(),
  )
  const bySpanId = { spanIds: ['00000000000000aa'] }
  expect(await findSpans({ db }, { projectId, filter: bySpanId, limit: 9, fromId: null })).toEqual([good])
  const errors = { statuses: ['ERROR' as const] }
  expect(await findSpans({ db }, { projectId, filter: errors, limit: 9, fromId: null })).toEqual([bad])
})

test('going up counts the traces that are there, going down keeps the counts by hour', async () => {
  const { config, db } = await filled()
  for (const [index, duration] of [0, 1, 1000, 1000, 86_400_000_000].entries()) {
    await insertTrace(
      { db },
      { project: 'p', start: index * 4_000_000_000, spans: [{ duration }, { status: 'ERROR' }] },
    )
  }
  const { projectBuckets } = db.t
  const sums = () =>
    db.read.select().from(projectBuckets).orderBy(projectBuckets.projectId, projectBuckets.bucket)
  const before = await sums()
  await downgrade(config, { to: 4 }, log)
  const byHour = await sums()
  expect(byHour.map((row) => row.bucket).some((bucket) => bucket < 0)).toBe(false)
  expect(byHour).toHaveLength(before.length - 2)
  await migrate(config, log)
  expect(await sums()).toEqual(before)
})
