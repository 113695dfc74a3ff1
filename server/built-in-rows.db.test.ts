import { expect, test } from 'vitest'
import { createTestRuntime } from '../test/runtime'

test('the system account, the admin and the default project get their fixed ids', async () => {
  const { db } = await createTestRuntime()
  const users = await db.read.select().from(db.t.users)
  expect(
    users.map(({ id, username, email, role, resetPassword }) => [id, username, email, role, resetPassword]),
  ).toEqual([
    [1, 'system', 'system@localhost', 'SYSTEM', false],
    [2, 'admin', 'admin@localhost', 'ADMIN', true],
  ])
  const projects = await db.read.select().from(db.t.projects)
  expect(projects.map(({ id, name, description }) => [id, name, description])).toEqual([
    [1, 'default', 'Default project'],
  ])
})
