import { pino } from 'pino'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { type AuditHeadWatch, readAuditHead, watchAuditHead } from '#server/audit/head'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Database } from '#server/db/database'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let watch: AuditHeadWatch | undefined
beforeAll(async () => {
  runtime = await createTestRuntime()
})
afterEach(() => watch?.stop())

function start(db: Database) {
  const lines: Record<string, unknown>[] = []
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) })
  watch = watchAuditHead({ db, log }, 20)
  return lines
}

test('the head is the number of entries and the hash of the newest, again and again in the log', async () => {
  const ctx: RecordCtx = {
    ...runtime,
    actor: { kind: 'server' },
    request: { address: null, userAgent: null },
  }
  const before = await readAuditHead(runtime.db)
  const lines = start(runtime.db)
  await expect.poll(() => lines.length).toBeGreaterThan(0)
  expect(lines[0]).toMatchObject({ level: 30, count: before?.count, hash: before?.hash })
  await runtime.db.write((tx) => recordEvent(tx, ctx, { action: 'apiKey.create', outcome: 'success' }))
  await expect.poll(() => lines.at(-1)?.count).toBe((before?.count ?? 0) + 1)
  expect(lines.at(-1)?.hash).not.toBe(before?.hash)
  expect(watch?.latest()?.count).toBe((before?.count ?? 0) + 1)
})

test('a database that is away is asked again, and nothing is told meanwhile', async () => {
  let isAway = true
  const read = new Proxy(runtime.db.read, {
    get: (target, name, receiver) => {
      if (isAway) throw new Error('away')
      return Reflect.get(target, name, receiver)
    },
  })
  const lines = start({ ...runtime.db, read })
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect([lines, watch?.latest()]).toEqual([[], null])
  isAway = false
  await expect.poll(() => lines.length).toBeGreaterThan(0)
})
