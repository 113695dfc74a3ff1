import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteDialect } from '#server/db/dialect.sqlite'
import { migrate, migrationStatus } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { openReader, openWriter } from '#server/db/sqlite-connection'
import { isAppError } from '#server/errors'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-sqlite-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const configOf = (file: string) => ({ dialect: 'sqlite', file, inMemory: false }) as const

describe('a new file', () => {
  test('gets its missing folders', async () => {
    const file = join(folder, 'a', 'b', 'bennu.db')
    await migrate(configOf(file), pino({ level: 'silent' }))
    expect(existsSync(file)).toBe(true)
  })

  test('has large pages and a write-ahead log', async () => {
    const writer = await openWriter(join(folder, 'x.db'))
    writer.exec('create table t (id integer)')
    expect(writer.pragma('page_size', { simple: true })).toBe(16_384)
    expect(writer.pragma('journal_mode', { simple: true })).toBe('wal')
    writer.close()
  })

  test('that five openers make at once has large pages all the same', async () => {
    const file = join(folder, 'x.db')
    const writers = await Promise.all(Array.from({ length: 5 }, () => openWriter(file)))
    writers[0]?.exec('create table t (id integer)')
    expect(writers.map((writer) => writer.pragma('page_size', { simple: true }))).toEqual(
      Array(5).fill(16_384),
    )
    for (const writer of writers) writer.close()
  })
})

test('asking for the status of a file that is not there does not make it', async () => {
  const file = join(folder, 'x.db')
  expect((await migrationStatus(configOf(file))).applied).toEqual([])
  expect(existsSync(file)).toBe(false)
})

describe('a connection', () => {
  test('that writes syncs every commit, holds foreign keys and never waits inside the driver', async () => {
    const writer = await openWriter(join(folder, 'x.db'))
    const FULL = 2
    expect(writer.pragma('synchronous', { simple: true })).toBe(FULL)
    expect(writer.pragma('foreign_keys', { simple: true })).toBe(1)
    expect(writer.pragma('busy_timeout', { simple: true })).toBe(0)
    writer.close()
  })

  test('that reads cannot write', async () => {
    const file = join(folder, 'x.db')
    const writer = await openWriter(file)
    const reader = openReader(file)
    expect(() => reader.exec('create table t (id integer)')).toThrow('readonly')
    reader.close()
    writer.close()
  })
})

describe('a path that cannot be opened', () => {
  const refusal = async (file: string) => {
    const error: unknown = await openDatabase(configOf(file)).catch((thrown: unknown) => thrown)
    if (!isAppError(error)) throw new Error(`not refused: ${error}`)
    return error.message
  }

  test('because it is a folder is named', async () => expect(await refusal(folder)).toContain(folder))

  test('because the file is something else is named', async () => {
    const file = join(folder, 'notes.txt')
    writeFileSync(file, 'dear diary, '.repeat(2_000))
    expect(await refusal(file)).toMatch(/notes\.txt.*not a database/)
  })

  test('because a parent takes no folders is named, at once', async () => {
    expect(await refusal('/proc/bennu/bennu.db')).toContain('/proc/bennu/bennu.db')
  })

  test('because a parent is a file is named', async () => {
    writeFileSync(join(folder, 'file'), '')
    expect(await refusal(join(folder, 'file', 'x.db'))).toContain(join(folder, 'file', 'x.db'))
  })
})

test('a full disk is told apart from other errors, and leaves no transaction open', async () => {
  const writer = await openWriter(join(folder, 'x.db'))
  writer.exec('create table t (body blob)')
  writer.pragma('max_page_count = 20')
  let error: unknown
  try {
    writer.exec('insert into t values (zeroblob(2000000))')
  } catch (thrown) {
    error = thrown
  }
  expect([sqliteDialect.isStorageFull(error), sqliteDialect.isTransient(error)]).toEqual([true, false])
  expect(writer.inTransaction).toBe(false)
  writer.close()
})

test('transactions that wait for the one at work are counted, failed ones too', async () => {
  const db = await openDatabase(configOf(join(folder, 'x.db')))
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const first = db.write(() => gate)
  const failing = db.write(() => Promise.reject(new Error('no')))
  const last = db.write(async () => {})
  expect(db.writesWaiting?.()).toBe(2)
  open()
  expect((await Promise.allSettled([first, failing, last])).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(db.writesWaiting?.()).toBe(0)
  await db.close()
})
