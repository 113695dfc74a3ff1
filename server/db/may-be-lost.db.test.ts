import { sql } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import type { Queries } from '#server/db/database'
import { createTestDatabase, engine, type TestDatabase } from '../../test/database'

let db: TestDatabase
beforeEach(async () => {
  db = await createTestDatabase()
})

/** Whether a commit of this transaction waits for the disk. */
async function waitsForDisk(tx: Queries): Promise<boolean> {
  const setting =
    engine === 'postgres'
      ? sql<string>`current_setting('synchronous_commit')`
      : sql<number>`(select synchronous from pragma_synchronous)`
  await tx
    .insert(db.t.rateLimits)
    .values({ key: 'k', hits: '[]', expiresAt: new Date() })
    .onConflictDoNothing()
  const [row] = await tx.select({ setting }).from(db.t.rateLimits)
  return row?.setting === 'on' || row?.setting === 2
}

test('a write waits for the disk', async () => {
  expect(await db.write(waitsForDisk)).toBe(true)
})

test('one that may be lost does not, and the next one does again', async () => {
  expect(await db.write(waitsForDisk, { mayBeLost: true })).toBe(false)
  expect(await db.write(waitsForDisk)).toBe(true)
})

test('writes of both kinds at the same moment keep apart', async () => {
  const kinds = Array.from({ length: 20 }, (_, n) => n % 3 === 0)
  const waits = await Promise.all(kinds.map((mayBeLost) => db.write(waitsForDisk, { mayBeLost })))
  expect(waits).toEqual(kinds.map((mayBeLost) => !mayBeLost))
})

test('after one that fails the next waits for the disk', async () => {
  const failing = db.write(() => Promise.reject(new Error('no')), { mayBeLost: true })
  await expect(failing).rejects.toThrow('no')
  expect(await db.write(waitsForDisk)).toBe(true)
})
