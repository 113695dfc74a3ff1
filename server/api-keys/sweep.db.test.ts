import { asc, eq } from 'drizzle-orm'
import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { sweepKeys, warnOfEndingKeys } from '#server/api-keys/sweep'
import { authenticate } from '#server/auth/authenticate'
import { startHousekeeping } from '#server/housekeeping'
import { createKey, createUser, SYSTEM_USER_ID } from '../../test/principals'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'

const NOW = new Date('2031-05-06T12:00:00.000Z')
const DAY_MS = 86_400_000
const days = (count: number) => new Date(NOW.getTime() + count * DAY_MS)
let now = NOW
let world: TestRuntime
let lines: Record<string, unknown>[]

beforeEach(async () => {
  now = NOW
  lines = []
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  world = await createTestRuntime({ clock: () => now, log })
})

async function keyEnding(expiresAt: Date | null, columns: { userId?: number; name?: string } = {}) {
  const { userId = SYSTEM_USER_ID, name = 'a key' } = columns
  const key = await createKey(world, { userId, scope: 'full', role: null })
  const { apiKeys } = world.db.t
  await world.db.write((tx) => tx.update(apiKeys).set({ expiresAt, name }).where(eq(apiKeys.id, key.keyId)))
  return key
}

const keyIds = async () => {
  const { apiKeys } = world.db.t
  const rows = await world.db.read.select({ id: apiKeys.id }).from(apiKeys).orderBy(asc(apiKeys.id))
  return rows.map(({ id }) => id)
}

test('an expired key stays for thirty days, refused but listed, and goes then', async () => {
  const key = await keyEnding(NOW)
  const never = await keyEnding(null)
  now = new Date(days(30).getTime() - 1)
  expect(await sweepKeys(world)).toEqual({ keys: 0 })
  const credential = { authorization: key.headers.authorization as string, accessCookie: null }
  expect((await authenticate(world, credential)).problem).toBe('expired')
  now = days(30)
  expect(await sweepKeys(world)).toEqual({ keys: 1 })
  expect(await keyIds()).toEqual([never.keyId])
  expect((await authenticate(world, credential)).problem).toBe('invalid')
})

test('the removal of each is on record as the server’s own', async () => {
  const userId = await createUser(world, 'MEMBER')
  const own = await keyEnding(days(-31), { userId, name: 'of a person' })
  const system = await keyEnding(days(-31), { name: 'of the system' })
  await sweepKeys(world)
  const { auditEvents: t } = world.db.t
  const events = await world.db.read.select().from(t).where(eq(t.action, 'apiKey.delete')).orderBy(asc(t.id))
  expect(events.map(({ target, targetName, actorKind }) => [target, targetName, actorKind])).toEqual([
    [`ApiKey:${own.keyId}`, 'of a person', 'server'],
    [`ApiKey:${system.keyId}`, 'of the system', 'server'],
  ])
  expect(JSON.parse(events[0]?.details ?? '')).toMatchObject({ because: 'expired', owner: `User:${userId}` })
})

test('more keys than one batch go in one sweep, and each once', async () => {
  for (let made = 0; made < 60; made++) await keyEnding(days(-31))
  const swept = await Promise.all([sweepKeys(world), sweepKeys(world)])
  expect(swept.reduce((sum, { keys }) => sum + keys, 0)).toBe(60)
  const { auditEvents: t } = world.db.t
  expect(await world.db.read.$count(t, eq(t.action, 'apiKey.delete'))).toBe(60)
})

test('counts of more than 400 days ago go, younger ones stay', async () => {
  const { keyId } = await keyEnding(null)
  const today = Math.floor(NOW.getTime() / DAY_MS)
  const { apiKeyUsage } = world.db.t
  const rows = [0, 400, 401].map((ago) => ({ keyId, day: today - ago, count: 1 }))
  await world.db.write((tx) => tx.insert(apiKeyUsage).values(rows))
  await sweepKeys(world)
  const left = await world.db.read.select().from(apiKeyUsage).orderBy(asc(apiKeyUsage.day))
  expect(left.map(({ day }) => today - day)).toEqual([400, 0])
})

test('keys that end in less than fourteen days are named in the log, the next first', async () => {
  await keyEnding(NOW, { name: 'over' })
  const fortnight = await keyEnding(new Date(days(14).getTime() - 1), { name: 'in a fortnight' })
  const soon = await keyEnding(days(1), { name: 'tomorrow' })
  await keyEnding(days(14), { name: 'later' })
  await warnOfEndingKeys(world)
  const warnings = lines.filter(({ level }) => level === 40)
  expect(warnings.map(({ target, name }) => [target, name])).toEqual([
    [`ApiKey:${soon.keyId}`, 'tomorrow'],
    [`ApiKey:${fortnight.keyId}`, 'in a fortnight'],
  ])
})

test('housekeeping goes on after a failure, and ends when it is told to', async () => {
  let runs = 0
  const run = async () => {
    runs += 1
    if (runs === 1) throw new Error('away')
  }
  const end = startHousekeeping(world, [{ name: 'something', everyMinutes: 0.0001, run }], 1)
  await expect.poll(() => runs).toBeGreaterThan(2)
  await end()
  const after = runs
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(runs).toBe(after)
  expect(lines.filter(({ work }) => work === 'something').length).toBe(1)
})

test('there is nothing to do while authentication is off', async () => {
  let runs = 0
  const run = async () => {
    runs += 1
  }
  const config = testConfig({ auth: { enabled: false } as never })
  const end = startHousekeeping({ ...world, config }, [{ name: 'x', everyMinutes: 0.0001, run }], 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await end()
  expect(runs).toBe(0)
})
