import { asc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { authenticate } from '#server/auth/authenticate'
import { noteKeyUse, noteSessionUse, settleUses } from '#server/auth/last-use'
import { writeUses } from '#server/auth/write-uses'
import type { Database } from '#server/db/database'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import { createKey, SYSTEM_USER_ID } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

// 2031-05-06 is day 22405 since 1970.
const NOON = new Date('2031-05-06T12:00:00.000Z')
const DAY = 22_405

let world: TestRuntime
let now = NOON
let user: User
let keyId: number

beforeAll(async () => {
  world = await createTestRuntime({ clock: () => now })
})
beforeEach(async () => {
  now = NOON
  user = await createAccount(world)
  keyId = (await createKey(world, { userId: user.id, scope: 'full', role: null })).keyId
})

const seconds = (count: number) => new Date(NOON.getTime() + count * 1000)
const use = (address: string | null = '192.0.2.7', db: Database = world.db) =>
  noteKeyUse({ db, clock: world.clock }, { ownerId: user.id, keyId, address })

async function keyRow() {
  const { apiKeys } = world.db.t
  const [row] = await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, keyId))
  return row
}

async function counts(): Promise<[number, number][]> {
  const { apiKeyUsage } = world.db.t
  const rows = await world.db.read
    .select()
    .from(apiKeyUsage)
    .where(eq(apiKeyUsage.keyId, keyId))
    .orderBy(asc(apiKeyUsage.day))
  return rows.map(({ day, count }) => [day, count])
}

/** What another process of the same server sees: the database, and nothing of this one's memory. */
const otherProcess = (): Database => ({ ...world.db })

test('a request by a key notes when and from where, within a moment', async () => {
  const key = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
  keyId = key.keyId
  const authorization = key.headers.authorization as string
  await authenticate(world, { authorization, accessCookie: null, address: '192.0.2.9' })
  await expect.poll(async () => (await keyRow())?.lastUsedAt, { timeout: 5000 }).toEqual(NOON)
  expect((await keyRow())?.lastUsedAddress).toBe('192.0.2.9')
})

test('every request counts, on the day it came in UTC', async () => {
  now = new Date('2031-05-06T23:59:59.999Z')
  use()
  use()
  now = new Date('2031-05-07T00:00:00.000Z')
  use()
  await settleUses(world.db)
  expect(await counts()).toEqual([
    [DAY, 2],
    [DAY + 1, 1],
  ])
})

test('within a minute of a write nothing is written again, and nothing is lost', async () => {
  use()
  await writeUses(world.db)
  now = seconds(30)
  use()
  await writeUses(world.db)
  expect((await keyRow())?.lastUsedAt).toEqual(NOON)
  expect(await counts()).toEqual([[DAY, 1]])
  await settleUses(world.db)
  expect((await keyRow())?.lastUsedAt).toEqual(seconds(30))
  expect(await counts()).toEqual([[DAY, 2]])
})

test('several processes add to the same count', async () => {
  const others = [otherProcess(), otherProcess()]
  for (const db of [world.db, ...others]) for (let request = 0; request < 5; request++) use(null, db)
  await Promise.all([world.db, ...others].map((db) => settleUses(db)))
  expect(await counts()).toEqual([[DAY, 15]])
})

test('a process that writes late does not take the last use back', async () => {
  const slow = otherProcess()
  use('192.0.2.1', slow)
  now = seconds(50)
  use('192.0.2.2')
  await settleUses(world.db)
  await settleUses(slow)
  expect(await keyRow()).toMatchObject({ lastUsedAt: seconds(50), lastUsedAddress: '192.0.2.2' })
})

test('an unknown address leaves the known one', async () => {
  use('192.0.2.1')
  await settleUses(world.db)
  now = seconds(61)
  use(null)
  await settleUses(world.db)
  expect(await keyRow()).toMatchObject({ lastUsedAt: seconds(61), lastUsedAddress: '192.0.2.1' })
})

test('a key that was deleted meanwhile keeps no other from being noted', async () => {
  const gone = await createKey(world, { userId: user.id, scope: 'full', role: null })
  noteKeyUse(world, { ownerId: user.id, keyId: gone.keyId, address: null })
  use()
  const { apiKeys } = world.db.t
  await world.db.write((tx) => tx.delete(apiKeys).where(eq(apiKeys.id, gone.keyId)))
  await settleUses(world.db)
  expect(await counts()).toEqual([[DAY, 1]])
})

test('a database that refuses disturbs nobody, and the counts wait for it', async () => {
  let isAway = true
  const write: Database['write'] = (work) =>
    isAway ? Promise.reject(new Error('away')) : world.db.write(work)
  const db: Database = { ...world.db, write }
  use(null, db)
  await expect(settleUses(db)).resolves.toBeUndefined()
  use(null, db)
  isAway = false
  await settleUses(db)
  expect(await counts()).toEqual([[DAY, 2]])
})

test('a thousand keys are written in a few transactions', async () => {
  const { apiKeys } = world.db.t
  const rows = Array.from({ length: 1000 }, () => ({ userId: user.id, name: 'many', createdAt: NOON }))
  const ids = await world.db.write((tx) => tx.insert(apiKeys).values(rows).returning({ id: apiKeys.id }))
  let transactions = 0
  const write: Database['write'] = (work) => {
    transactions += 1
    return world.db.write(work)
  }
  const db: Database = { ...world.db, write }
  for (const { id } of ids)
    noteKeyUse({ db, clock: world.clock }, { ownerId: null, keyId: id, address: null })
  await settleUses(db)
  expect(transactions).toBe(5)
  const { apiKeyUsage } = world.db.t
  expect(await world.db.read.$count(apiKeyUsage, eq(apiKeyUsage.day, DAY))).toBeGreaterThanOrEqual(1000)
})

test('a session and its person are seen, with the present address', async () => {
  const { sessionId } = await createSession(world, user, { address: '192.0.2.1' })
  now = seconds(70)
  noteSessionUse(world, { userId: user.id, sessionId, address: '192.0.2.2' })
  await settleUses(world.db)
  const { sessions, users } = world.db.t
  const [session] = await world.db.read.select().from(sessions).where(eq(sessions.id, sessionId))
  expect(session).toMatchObject({ lastSeenAt: seconds(70), address: '192.0.2.2', createdAt: NOON })
  const [person] = await world.db.read.select().from(users).where(eq(users.id, user.id))
  expect(person?.lastSeenAt).toEqual(seconds(70))
})

test("a person's key shows the person too, a system key nobody", async () => {
  use()
  await settleUses(world.db)
  const { users } = world.db.t
  const [person] = await world.db.read.select().from(users).where(eq(users.id, user.id))
  expect(person?.lastSeenAt).toEqual(NOON)
})
