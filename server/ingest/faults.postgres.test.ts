import { expect, it } from 'vitest'
import { IDS_PER_DAY } from '#server/db/partitions'
import { isFaultOfData } from '#server/ingest/faults'
import { storeSpans } from '#server/ingest/store'
import { createTestDatabase } from '../../test/database'
import { incoming } from '../../test/received-spans'
import { runSql } from '../../test/sql'

const clock = () => new Date()

/** A database whose new traces are of days without partitions: of three different ones at the first three tries. */
async function createDayless() {
  const db = await createTestDatabase()
  const day = Math.floor(Date.now() / 86_400_000) - 50
  await runSql(db.config, 'create sequence test_tries')
  const idOfTry = `(${day} - least(nextval('test_tries'), 3)) * ${IDS_PER_DAY} + 7`
  await runSql(db.config, `alter table traces alter column id set default ${idOfTry}`)
  return db
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

it('a missing partition is nobody’s fault', async () => {
  const db = await createDayless()
  const spanPartitions = { ...db.spanPartitions, ensureFor: async () => {} }
  const failure = await failureOf(storeSpans({ ...db, spanPartitions }, [incoming({ span: 1 })], clock))
  expect(db.spanPartitions.isMissing(failure)).toBe(true)
  expect(isFaultOfData(failure)).toBe(false)
})

it('a row that breaks a rule is a fault of the data', async () => {
  const db = await createTestDatabase()
  const span = incoming({ span: 1 })
  const row = { ...span.row, statusCode: 'NO' as 'OK' }
  const failure = await failureOf(storeSpans(db, [{ ...span, row }], clock))
  expect(isFaultOfData(failure)).toBe(true)
})

it('a partition is made again and again while each try needs another day', async () => {
  const db = await createDayless()
  expect(await storeSpans(db, [incoming({ span: 1 })], clock)).toBe(1)
  expect(await runSql(db.config, "select nextval('test_tries')::int as tries")).toEqual([{ tries: 5 }])
})
