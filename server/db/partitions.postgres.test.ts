import { pino } from 'pino'
import { expect, it } from 'vitest'
import { migrate } from '#server/db/migrate'
import { IDS_PER_DAY } from '#server/db/partitions'
import { storeSpans } from '#server/ingest/store'
import { createEmptyDatabase, createTestDatabase, openTestDatabase } from '../../test/database'
import { incoming } from '../../test/received-spans'
import { runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const MS_PER_DAY = 86_400_000
const nameOf = (day: number) =>
  `spans_${new Date(day * MS_PER_DAY).toISOString().slice(0, 10).replaceAll('-', '')}`
const today = () => Math.floor(Date.now() / MS_PER_DAY)
const clock = () => new Date()

async function partitionsOf(config: Awaited<ReturnType<typeof createEmptyDatabase>>): Promise<string[]> {
  const rows = await runSql(
    config,
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'spans'::regclass order by 1",
  )
  return rows.map((row) => String(row.name))
}

it('migrating makes the partitions of today and of the two weeks to come', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const days = Array.from({ length: 15 }, (_, ahead) => nameOf(today() + ahead))
  expect(await partitionsOf(config)).toEqual([...days, 'spans_undated'].sort())
})

it('a span lies in the partition of the day its trace was first seen', async () => {
  const db = await createTestDatabase()
  await storeSpans(db, [incoming({ span: 1 })], clock)
  const [row] = await runSql(db.config, 'select tableoid::regclass::text as name, trace_row_id from spans')
  expect(row?.name).toBe(nameOf(Math.floor(Number(row?.trace_row_id) / IDS_PER_DAY)))
  expect([nameOf(today()), nameOf(today() - 1)]).toContain(row?.name)
})

it('whoever stores the first span of a day makes its partition when it is missing', async () => {
  const db = await createTestDatabase()
  const writers = await Promise.all(Array.from({ length: 4 }, () => openTestDatabase(db.config)))
  for (const name of await partitionsOf(db.config)) {
    if (name !== 'spans_undated') await runSql(db.config, `drop table ${name}`)
  }
  const spans = Array.from({ length: 12 }, (_, n) => incoming({ trace: n % 3, span: n }))
  const stored = await Promise.all(
    writers.map((writer, w) => storeSpans(writer, spans.slice(w * 3, w * 3 + 3), clock)),
  )
  expect(stored).toEqual([3, 3, 3, 3])
  expect(await partitionsOf(db.config)).toContain(nameOf(today()))
})

it('a late span of an old trace makes the partition of that day again', async () => {
  const db = await createTestDatabase()
  await storeSpans(db, [incoming({ span: 1 })], clock)
  const old = (today() - 40) * IDS_PER_DAY + 5
  await runSql(db.config, `delete from spans`)
  await runSql(db.config, `update traces set id = ${old}`)
  expect(await storeSpans(db, [incoming({ span: 2 })], clock)).toBe(1)
  expect(await partitionsOf(db.config)).toContain(nameOf(today() - 40))
})

it('several that make the same days ahead at once make each once', async () => {
  const db = await createTestDatabase()
  const makers = await Promise.all(Array.from({ length: 4 }, () => openTestDatabase(db.config)))
  await Promise.all(makers.map((maker) => maker.spanPartitions.ensureAhead(5)))
  const days = Array.from({ length: 6 }, (_, ahead) => nameOf(today() + ahead))
  expect(await partitionsOf(db.config)).toEqual(expect.arrayContaining(days))
})

it('making one disturbs nobody who reads meanwhile', async () => {
  const db = await createTestDatabase()
  await db.write(async (tx) => {
    await tx.select().from(db.t.spans).limit(1)
    await db.spanPartitions.ensureAhead(3)
  })
  expect(await partitionsOf(db.config)).toContain(nameOf(today() + 3))
})

it('a whole day can go without its neighbours noticing', async () => {
  const db = await createTestDatabase()
  await storeSpans(db, [incoming({ span: 1 })], clock)
  const other = await db.spanPartitions.ensureAhead(2).then(() => nameOf(today() + 2))
  await runSql(db.config, `alter table spans detach partition ${other}`)
  await runSql(db.config, `drop table ${other}`)
  expect(await db.read.$count(db.t.spans)).toBe(1)
})
