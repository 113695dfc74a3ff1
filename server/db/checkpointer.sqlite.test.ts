import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Checkpoint, Checkpointer, type CheckpointRules } from '#server/db/checkpointer'
import { Checkpoints } from '#server/db/checkpoints'
import { openWriter, type SqliteConnection } from '#server/db/sqlite-connection'

const KIB = 1024
/** Small, so that a test need not write much; nothing counts as idle unless a test says so. */
const RULES: CheckpointRules = {
  passiveBytes: 256 * KIB,
  restartBytes: 1024 * KIB,
  hardBytes: 4096 * KIB,
  idleMs: 60_000,
}

let folder: string
let file: string
let writer: SqliteConnection
let checkpointer: Checkpointer | undefined
let made: Checkpoint[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-checkpoint-'))
  file = join(folder, 'bennu.db')
  writer = await openWriter(file, true)
  writer.exec('create table t (id integer primary key, body blob)')
  made = []
})
afterEach(() => {
  checkpointer?.close()
  checkpointer = undefined
  writer.close()
  rmSync(folder, { recursive: true, force: true })
})

function start(rules: Partial<CheckpointRules> = {}): Checkpointer {
  checkpointer = new Checkpointer(file, (checkpoint) => void made.push(checkpoint), { ...RULES, ...rules })
  return checkpointer
}

/** One transaction of about so many KiB. */
function write(kib: number): void {
  writer.prepare('insert into t (body) values (zeroblob(?))').run(kib * KIB)
}

const modes = () => made.map(({ mode, busy }) => (busy ? `${mode}, busy` : mode))
const walFileBytes = () => statSync(`${file}-wal`).size
const fileBytes = () => statSync(file).size

test('a short log is left alone', () => {
  write(100)
  start().tick()
  expect(made).toEqual([])
})

test('what is committed is moved into the file once there is enough of it', () => {
  write(400)
  expect(fileBytes()).toBeLessThan(100 * KIB)
  start().tick()
  expect(modes()).toEqual(['passive'])
  expect(fileBytes()).toBeGreaterThan(400 * KIB)
})

/** Commits and looks in turns, with always something left that a reader kept from being moved. */
function neverRest(active: Checkpointer): void {
  const reader = new Sqlite(file, { readonly: true })
  for (let round = 0; round < 30; round++) {
    write(400)
    reader.exec('begin')
    reader.prepare('select count(*) from t').get()
    write(40)
    active.tick()
    reader.exec('commit')
    write(40)
    active.tick()
  }
  reader.close()
}

test('a writer that never rests keeps no log that grows without end', () => {
  neverRest(start())
  expect(modes()).toContain('restart')
  expect(walFileBytes()).toBeLessThan(3 * 1024 * KIB)
})

test('moving alone would not have kept it short', () => {
  neverRest(start({ restartBytes: Number.MAX_SAFE_INTEGER, hardBytes: Number.MAX_SAFE_INTEGER }))
  expect(walFileBytes()).toBeGreaterThan(15 * 1024 * KIB)
})

test('writers are held only when little is left to move, unless the log is far too long', () => {
  const active = start({ passiveBytes: 2048 * KIB })
  const reader = new Sqlite(file, { readonly: true })
  reader.exec('begin')
  reader.prepare('select count(*) from t').get()
  for (let round = 0; round < 8; round++) write(400)
  active.tick()
  expect(modes()).toEqual(['passive'])
  for (let round = 0; round < 3; round++) write(400)
  active.tick()
  expect(modes().slice(1)).toEqual(['passive', 'restart, busy'])
  reader.close()
  active.tick()
  expect(modes().at(-1)).toBe('restart')
})

test('a writer in the midst of its transaction is in nobody’s way for long and loses nothing', () => {
  const active = start({ idleMs: 0 })
  write(300)
  writer.exec('begin immediate')
  write(1)
  active.tick()
  expect(modes()).toEqual(['truncate, busy'])
  writer.exec('commit')
  active.tick()
  expect(modes().at(-1)).toBe('truncate')
  expect(writer.prepare('select count(*) as count from t').get()).toEqual({ count: 2 })
})

test('a log that nobody adds to is moved whole and cut to nothing, once', async () => {
  const active = start({ idleMs: 30 })
  write(100)
  active.tick()
  expect(made).toEqual([])
  await sleep(40)
  for (let look = 0; look < 5; look++) active.tick()
  expect(modes()).toEqual(['truncate'])
  expect(walFileBytes()).toBe(0)
  write(100)
  active.tick()
  await sleep(40)
  active.tick()
  expect(modes()).toEqual(['truncate', 'truncate'])
})

test('the thread does this beside the writer, and tells of it', async () => {
  const checkpoints = new Checkpoints(file, pino({ level: 'silent' }))
  for (let round = 0; round < 60; round++) {
    write(400)
    await sleep(1)
  }
  await expect.poll(() => walFileBytes(), { timeout: 10_000 }).toBe(0)
  await expect.poll(() => checkpoints.stats().walBytes).toBe(0)
  const { made: kinds, seconds } = checkpoints.stats()
  expect(kinds.map(({ mode, result }) => `${mode} ${result}`)).toEqual(['passive done', 'truncate done'])
  expect(seconds.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2)
  await checkpoints.stop()
})
