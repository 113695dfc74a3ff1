import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { count } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { leastOf } from '../../test/least-of'

const run = promisify(execFile)
let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
})

const now = new Date()
const addTo = (target: TestDatabase, name: string) =>
  target.write((tx) => tx.insert(target.t.projects).values({ name, createdAt: now, updatedAt: now }))
const countProjects = async () => {
  const [row] = await db.read.select({ projects: count() }).from(db.t.projects)
  return row?.projects
}
const writerProcess = (prefix: string, rows: number) =>
  run(process.execPath, [
    '--import',
    'tsx',
    'test/write-many.ts',
    JSON.stringify(db.config),
    prefix,
    String(rows),
  ])

/** The longest time, in ms, that a timer of 5 ms took while `work` ran. */
async function longestStall(work: Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await work
  clearInterval(timer)
  return longest
}

test('three processes and this one write the same database and lose nothing', async () => {
  await Promise.all([
    ...['a', 'b', 'c'].map((prefix) => writerProcess(prefix, 100)),
    ...Array.from({ length: 100 }, (_, index) => addTo(db, `here ${index}`)),
  ])
  expect(await countProjects()).toBe(400)
}, 60_000)

test('two openers in one process take turns', async () => {
  const other = await openTestDatabase(db.config)
  const writes = Array.from({ length: 50 }, (_, index) => [
    addTo(db, `a ${index}`),
    addTo(other, `b ${index}`),
  ])
  await Promise.all(writes.flat())
  expect(await countProjects()).toBe(100)
})

test('waiting for a writer of another connection does not block the event loop', async () => {
  const other = await openTestDatabase(db.config)
  const { auditChain } = db.t
  const head = { id: 1, chainKey: '', keyEncrypted: false, count: 0, hash: '' }
  const stallOfOne = async () => {
    await db.write((tx) => tx.delete(auditChain))
    const slow = db.write(async (tx) => {
      await tx.insert(auditChain).values(head).onConflictDoNothing()
      await sleep(600)
    })
    const waiting = other.write((tx) => tx.insert(auditChain).values(head).onConflictDoNothing())
    return longestStall(Promise.all([slow, waiting]))
  }
  // A disk may hold up this very thread once; waiting would do so every time.
  expect(await leastOf(5, 500, stallOfOne)).toBeLessThan(500)
})

test.each([1, 3])('a write is not starved by a neighbour whose %i writers never pause', async (writers) => {
  const busy = await openTestDatabase(db.config)
  let running = true
  const neighbour = async () => {
    while (running) {
      await busy.write(async (tx) => {
        await tx.select().from(busy.t.projects)
        await sleep(10)
      })
    }
  }
  const load = Array.from({ length: writers }, neighbour)
  await sleep(50)
  const start = performance.now()
  for (let index = 0; index < 5; index++) await addTo(db, `quick ${index}`)
  const took = performance.now() - start
  running = false
  await Promise.all(load)
  expect(took).toBeLessThan(15_000)
})

test('reads go on while another connection writes', async () => {
  const other = await openTestDatabase(db.config)
  await addTo(db, 'before')
  await other.write(async (tx) => {
    await tx.insert(other.t.projects).values({ name: 'open', createdAt: now, updatedAt: now })
    expect(await countProjects()).toBe(1)
  })
  expect(await countProjects()).toBe(2)
})
