import { pino } from 'pino'
import { expect, test } from 'vitest'
import { downgrade, migrate } from '#server/db/migrate'
import { storeSpans } from '#server/ingest/store'
import { createEmptyDatabase, engine, openTestDatabase } from '../../test/database'
import { incoming, spanIdOf } from '../../test/received-spans'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const BEFORE = 13
const NAME = 'index:spans_trace_parent_index'

/** A migrated database with a trace of two spans that wait for their parent. */
async function filled() {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const orphans = [2, 3].map((span) => incoming({ span, parent: 1, error: true }))
  await storeSpans(db, orphans, () => new Date())
  return { config, db }
}

test('going down takes the index of parents away and keeps every span; going up makes it again', async () => {
  const { config } = await filled()
  const indexes = async () => (await describeTables(config)).spans?.filter((name) => name === NAME)
  expect(await indexes()).toEqual([NAME])
  await downgrade(config, { to: BEFORE }, log)
  expect(await indexes()).toEqual([])
  const rows = await runSql(config, 'select span_id from spans order by span_id')
  expect(rows.map((row) => row.span_id)).toEqual([spanIdOf(2), spanIdOf(3)])
  await migrate(config, log)
  expect(await indexes()).toEqual([NAME])
})

test('a late parent finds the children that were stored before the migration', async () => {
  const { config, db } = await filled()
  await downgrade(config, { to: BEFORE }, log)
  await migrate(config, log)
  await storeSpans(db, [incoming({ span: 1 })], () => new Date(), { wholeTraceSpans: 0 })
  expect(await db.read.select().from(db.t.spanRollups)).toMatchObject([{ cumulativeErrorCount: 2 }])
})

test.runIf(engine === 'postgres')('going up makes the index for every day that there is', async () => {
  const { config } = await filled()
  await downgrade(config, { to: BEFORE }, log)
  await migrate(config, log)
  const [count] = await runSql(
    config,
    `select (select count(*) from pg_inherits where inhparent = 'spans'::regclass) as days,
      (select count(*) from pg_inherits where inhparent = 'spans_trace_parent_index'::regclass) as indexes`,
  )
  expect(count?.indexes).toEqual(count?.days)
  expect(Number(count?.days)).toBeGreaterThan(10)
})
