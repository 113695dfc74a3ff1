import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { prepared } from '#server/db/prepared'
import { createTestDatabase } from '../../test/database'

test('PostgreSQL knows a prepared select by its name', async () => {
  const db = await createTestDatabase()
  await prepared(db.read, 'first_project', () =>
    db.read.select({ id: db.t.projects.id }).from(db.t.projects).limit(sql.placeholder('limit')),
  )({ limit: 1 })
  // The pool has one connection so far, and gives it again.
  const rows = await db.read.select({ name: sql<string>`name` }).from(sql`pg_prepared_statements`)
  expect(rows).toEqual([{ name: 'bennu_first_project' }])
})
