/** What noting the use of many keys costs where each statement is a way to another machine and back. */
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { noteKeyUse, settleUses } from '#server/auth/last-use'
import { createAccount } from '../../test/accounts'
import { openTestDatabase } from '../../test/database'
import { recordQueries } from '../../test/recorded-queries'
import { createTestRuntime } from '../../test/runtime'

test('two hundred keys and their owners take as many statements as one key', async () => {
  const world = await createTestRuntime()
  const { apiKeys, users } = world.db.t
  const first = await createAccount(world)
  const { id: _id, ...columns } = first
  const people = Array.from({ length: 200 }, (_, n) => ({
    ...columns,
    username: `owner ${n}`,
    email: `owner.${n}@example.com`,
  }))
  const createdAt = world.clock()
  const keys = await world.db.write(async (tx) => {
    const owners = await tx.insert(users).values(people).returning({ id: users.id })
    const rows = owners.map(({ id }) => ({ userId: id, name: 'one of many', createdAt }))
    return tx.insert(apiKeys).values(rows).returning({ id: apiKeys.id, userId: apiKeys.userId })
  })

  const db = await openTestDatabase(world.db.config)
  const recorder = await recordQueries(db)
  const flush = async (some: typeof keys) => {
    for (const { id, userId } of some)
      noteKeyUse({ db, clock: world.clock }, { ownerId: userId, keyId: id, address: '192.0.2.1' })
    recorder.take()
    await settleUses(db)
    return recorder.sent()
  }
  // The first writes open the connection and plan the statements.
  await flush(keys.slice(0, 1))
  const forOne = await flush(keys.slice(1, 2))
  const forMany = await flush(keys)
  expect(forOne).toBeGreaterThan(0)
  expect(forMany).toBe(forOne)
  expect(await world.db.read.$count(apiKeys, eq(apiKeys.lastUsedAddress, '192.0.2.1'))).toBe(200)
})
