import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PostgresConfig } from '#server/config/model'
import { migrate } from '#server/db/migrate'
import { AppError } from '#server/errors'
import { reindex } from '#server/ingest/reindex'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'
import { deleteProject } from '#server/projects/delete-project'
import { createEmptyDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { incoming } from '../../test/received-spans'
import { runSql } from '../../test/sql'
import { readSums } from '../../test/sums'

const HOUR = 3_600_000_000
const clock = () => new Date()
/** By bytes B Z a ä ～ 😀; in JavaScript 😀 comes before ～, and where people sort a comes first. */
const NAMES = ['a', 'B', 'ä', 'Z', '～', '😀']

let home: PostgresConfig
let config: PostgresConfig
// A database that sorts as people do, as most out there: the cluster of the tests sorts by bytes.
beforeAll(async () => {
  home = (await createEmptyDatabase()) as PostgresConfig
  const database = `${home.database}_sorted`
  const [version] = await runSql(home, "select current_setting('server_version_num')::int as number")
  const order = Number(version?.number) >= 150_000 ? "locale_provider icu icu_locale 'en-US'" : ''
  await runSql(home, `create database ${database} ${order} template template0`)
  config = { ...home, database }
  await migrate(config, pino({ level: 'silent' }))
})
afterAll(async () => {
  await runSql(home, `drop database ${config.database} with (force)`)
})

/** Numbers that look drawn, the same at every run. */
function* draw(seed: number): Generator<(below: number) => number> {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  for (;;) yield next
}

function makeBatch(random: (below: number) => number, batch: number): IncomingSpan[] {
  return Array.from({ length: 12 }, (_, index) => {
    const start = random(4) * HOUR
    return incoming({
      trace: random(40) + (batch >> 3) * 20,
      span: random(30),
      ...{ start, end: start + random(1000), error: index === 0, tokens: [random(9), 1] },
      session: NAMES[random(NAMES.length)] as string,
      project: ['p', 'q', 'r'][random(3)] as string,
    })
  })
}

/** Stores again what lost a race too often, as ingest does. */
async function store(db: TestDatabase, spans: IncomingSpan[]): Promise<void> {
  for (;;) {
    try {
      await storeSpans(db, spans, clock)
      return
    } catch (error) {
      if (!db.dialect.isTransient(error)) throw error
    }
  }
}

async function write(db: TestDatabase, seed: number, batches: number): Promise<void> {
  const [random] = draw(seed)
  for (let batch = 0; batch < batches && random; batch++) await store(db, makeBatch(random, batch))
}

async function deleteAgain(db: TestDatabase, name: string, isOver: () => boolean): Promise<number> {
  for (let times = 0; ; times++) {
    if (isOver()) return times
    await deleteProject({ db }, name).catch((error: unknown) => {
      if (!(error instanceof AppError && error.kind === 'not_found')) throw error
    })
  }
}

async function countAgain(db: TestDatabase, isOver: () => boolean): Promise<void> {
  while (!isOver()) await reindex(db)
}

it('writers, two who delete projects and a recount never wait in a circle, on sessions that they share', {
  timeout: 120_000,
}, async () => {
  const dbs = await Promise.all(Array.from({ length: 6 }, () => openTestDatabase(config)))
  const [first, second, third] = dbs as [TestDatabase, TestDatabase, TestDatabase]
  let over = false
  const isOver = () => over
  const others = Promise.all([
    deleteAgain(first, 'p', isOver),
    deleteAgain(second, 'q', isOver),
    countAgain(third, isOver),
  ])
  const writing = Promise.all(dbs.slice(3).map((db, index) => write(db, index + 1, 80)))
  await writing.finally(() => {
    over = true
  })
  const [deleted] = await others
  expect(deleted).toBeGreaterThan(5)
  const kept = await readSums(first)
  await reindex(first)
  expect(await readSums(first)).toEqual(kept)
  // A connection tells the server's statistics at its end.
  await Promise.all(dbs.map((db) => db.close()))
  const [circles] = await runSql(
    home,
    `select deadlocks::int as number from pg_stat_database where datname = '${config.database}'`,
  )
  expect(circles).toEqual({ number: 0 })
})
