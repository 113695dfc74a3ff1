import { asc, gt, sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { prepared } from '#server/db/prepared'
import { createTestDatabase, type TestDatabase } from '../../test/database'

let db: TestDatabase
let builds = 0

beforeAll(async () => {
  db = await createTestDatabase()
  const now = new Date()
  await db.write((tx) =>
    tx
      .insert(db.t.projects)
      .values(['a', 'b', 'c'].map((name) => ({ name, createdAt: now, updatedAt: now }))),
  )
})

const namesAfter = (name: string, limit: number) => {
  const { projects } = db.t
  return prepared(db.read, 'names_after', () => {
    builds += 1
    return db.read
      .select({ name: projects.name, createdAt: projects.createdAt })
      .from(projects)
      .where(gt(projects.name, sql.placeholder('name')))
      .orderBy(asc(projects.name))
      .limit(sql.placeholder('limit'))
  })({ name, limit })
}

test('a prepared select takes new values each time and is put together once', async () => {
  expect((await namesAfter('a', 5)).map((row) => row.name)).toEqual(['b', 'c'])
  expect((await namesAfter('', 1)).map((row) => row.name)).toEqual(['a'])
  const runs = await Promise.all(Array.from({ length: 20 }, () => namesAfter('b', 5)))
  expect(runs.every(([row, ...more]) => row?.name === 'c' && more.length === 0)).toBe(true)
  expect((await namesAfter('a', 1))[0]?.createdAt).toBeInstanceOf(Date)
  expect(builds).toBe(1)
})
