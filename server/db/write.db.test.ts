import { setTimeout as sleep } from 'node:timers/promises'
import { count, eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import type { Queries } from '#server/db/database'
import { createTestDatabase, type TestDatabase } from '../../test/database'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
})

const now = new Date(1_700_000_000_123)
const addProject = (tx: Queries, name: string) =>
  tx.insert(db.t.projects).values({ name, createdAt: now, updatedAt: now }).returning()
const names = async () => (await db.read.select().from(db.t.projects)).map((project) => project.name).sort()

test('a write is seen by reads as soon as it has finished', async () => {
  await db.write((tx) => addProject(tx, 'a'))
  expect(await names()).toEqual(['a'])
})

test('a write gives back what its work returns', async () => {
  expect(await db.write(async () => 'result')).toBe('result')
})

test('an open write is not seen by reads', async () => {
  await db.write(async (tx) => {
    await addProject(tx, 'a')
    expect(await names()).toEqual([])
  })
})

test('a write that throws leaves nothing behind and rethrows what was thrown', async () => {
  const thrown = new Error('mine')
  const attempt = db.write(async (tx) => {
    await addProject(tx, 'a')
    throw thrown
  })
  await expect(attempt).rejects.toBe(thrown)
  expect(await names()).toEqual([])
})

test('of three writes at once the failing one alone is rolled back', async () => {
  const add = (name: string) =>
    db.write(async (tx) => {
      await addProject(tx, name)
      await sleep(5)
      if (name === 'b') throw new Error('b fails')
    })
  const results = await Promise.allSettled([add('a'), add('b'), add('c')])
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await names()).toEqual(['a', 'c'])
})

test('read-modify-write by fifty writers at once loses no update', async () => {
  const { projects } = db.t
  await db.write((tx) => addProject(tx, '0'))
  const increment = () =>
    db.write(async (tx) => {
      const [row] = await db.dialect.lockRows(tx.select().from(projects))
      await tx.update(projects).set({ name: String(Number(row?.name) + 1) })
    })
  await Promise.all(Array.from({ length: 50 }, increment))
  expect(await names()).toEqual(['50'])
})

test('a write inside a write throws at once in place of waiting for itself', async () => {
  const nested = db.write(async () => {
    await db.write(async () => {})
  })
  await expect(nested).rejects.toThrow('db.write was called inside another db.write')
})

test('after a nested write was refused, the database still writes', async () => {
  await db.write(() => db.write(async () => {})).catch(() => {})
  await db.write((tx) => addProject(tx, 'a'))
  expect(await names()).toEqual(['a'])
})

test('work that a write starts without awaiting it may write once that write is over', async () => {
  let later: Promise<unknown> = Promise.resolve()
  await db.write(async () => {
    later = sleep(20).then(() => db.write((tx) => addProject(tx, 'later')))
  })
  await later
  expect(await names()).toEqual(['later'])
})

test('a write of another database inside a write is allowed', async () => {
  const other = await createTestDatabase()
  await db.write(async () => {
    await other.write(async (tx) => {
      await tx.insert(other.t.projects).values({ name: 'other', createdAt: now, updatedAt: now })
    })
  })
  expect(await other.read.select().from(other.t.projects)).toHaveLength(1)
})

test('times keep their milliseconds, ids and microseconds are numbers', async () => {
  const { projects, traces } = db.t
  await db.write(async (tx) => {
    const [project] = await addProject(tx, 'a')
    await tx.insert(traces).values({
      traceId: `${'0'.repeat(31)}1`,
      projectId: project?.id ?? 0,
      startTime: 1_700_000_000_123_456,
      endTime: 9_007_199_254_740_991,
    })
  })
  const [project] = await db.read.select().from(projects)
  expect(project?.createdAt).toEqual(now)
  const [trace] = await db.read.select().from(traces)
  expect([trace?.startTime, trace?.endTime, trace?.projectId]).toEqual([
    1_700_000_000_123_456,
    9_007_199_254_740_991,
    project?.id,
  ])
})

test('deleting a project takes its traces along', async () => {
  const { projects, traces } = db.t
  await db.write(async (tx) => {
    const [project] = await addProject(tx, 'a')
    const trace = { traceId: 'a'.repeat(32), projectId: project?.id ?? 0, startTime: 1, endTime: 2 }
    await tx.insert(traces).values(trace)
  })
  await db.write((tx) => tx.delete(projects).where(eq(projects.name, 'a')).returning())
  const [left] = await db.read.select({ traces: count() }).from(traces)
  expect(left?.traces).toBe(0)
})

test('a row id is never used twice', async () => {
  const { projects } = db.t
  const [first] = await db.write((tx) => addProject(tx, 'a'))
  await db.write((tx) => tx.delete(projects).returning())
  const [second] = await db.write((tx) => addProject(tx, 'b'))
  expect(second?.id).toBeGreaterThan(first?.id ?? Number.POSITIVE_INFINITY)
})

test('ping resolves while the database answers', async () => {
  await expect(db.ping()).resolves.toBeUndefined()
})

test('close waits for the writes that were taken', async () => {
  const { config } = db
  const write = db.write(async (tx) => {
    await sleep(30)
    await addProject(tx, 'a')
  })
  await db.close()
  await write
  const { openTestDatabase } = await import('../../test/database')
  const again = await openTestDatabase(config)
  expect(await again.read.select().from(again.t.projects)).toHaveLength(1)
})

test('what waits for the commit is told after it, and never of what was rolled back', async () => {
  const told: string[] = []
  await db.write(async (tx) => {
    db.afterCommit(() => told.push('kept'))
    await addProject(tx, 'a')
    expect(told).toEqual([])
  })
  const broken = db.write(async () => {
    db.afterCommit(() => told.push('lost'))
    throw new Error('no')
  })
  await expect(broken).rejects.toThrow('no')
  expect(told).toEqual(['kept'])
})

test('what cannot be told of a change does not undo it', async () => {
  await db.write(async (tx) => {
    db.afterCommit(() => {
      throw new Error('no room in the log')
    })
    await addProject(tx, 'a')
  })
  expect(await names()).toEqual(['a'])
})

test('outside of a write there is nothing to wait for', () => {
  const told: string[] = []
  db.afterCommit(() => told.push('at once'))
  expect(told).toEqual(['at once'])
})
