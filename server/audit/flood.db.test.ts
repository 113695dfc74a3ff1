import { and, asc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { openChainKey } from '#server/audit/chain'
import { recordFailure, settleFloods } from '#server/audit/flood'
import type { AuditAction } from '#server/audit/model'
import { verifyChain } from '#server/audit/verify'
import type { Ctx } from '#server/context'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let world: TestRuntime
let now = 0
let action: AuditAction
let tests = 0
beforeAll(async () => {
  world = await createTestRuntime({ clock: () => new Date(now) })
})
beforeEach(() => {
  now = Date.parse('2031-05-06T07:08:09.123Z')
  // An action of its own for each test.
  action = `test.${++tests}` as AuditAction
})

const ctx = (address: string): Ctx => ({
  ...world,
  actor: { kind: 'anonymous' },
  request: { requestId: 'r', address, userAgent: 'curl/8' },
})

async function fail(count: number, address = '192.0.2.7', target = 'User:2'): Promise<void> {
  for (let made = 0; made < count; made++) {
    await recordFailure(ctx(address), { action, reason: 'wrong-password', target })
  }
}

const entries = (reason: string) => {
  const { auditEvents: t } = world.db.t
  return world.db.read
    .select()
    .from(t)
    .where(and(eq(t.action, action), eq(t.reason, reason)))
    .orderBy(asc(t.id))
}

test('the first twenty failures of an address and minute are entries of their own', async () => {
  await fail(20)
  await settleFloods(world.db)
  expect([(await entries('wrong-password')).length, await entries('flood')]).toEqual([20, []])
})

test('the rest of the minute is one entry with their number and their targets', async () => {
  await fail(25)
  await fail(5, '192.0.2.7', 'User:3')
  now += 60_000
  await fail(1)
  expect((await entries('wrong-password')).length).toBe(21)
  const [flood, ...more] = await entries('flood')
  expect(more).toEqual([])
  expect(flood).toMatchObject({ outcome: 'failure', address: '192.0.2.7', actorKind: 'anonymous' })
  expect(JSON.parse(flood?.details ?? '')).toEqual({
    count: 10,
    minute: '2031-05-06T07:08:00.000Z',
    targets: ['User:2', 'User:3'],
    reasons: ['wrong-password'],
  })
})

test('a caller may ask for fewer single entries and a longer window', async () => {
  const options = { singles: 2, windowMs: 600_000 }
  const event = { action, reason: 'forged', credential: 'ApiKey:7' }
  for (let made = 0; made < 5; made++) {
    await recordFailure(ctx('192.0.2.7'), event, options)
    now += 20_000
  }
  now += 600_000
  await recordFailure(ctx('192.0.2.7'), event, options)
  expect((await entries('forged')).length).toBe(3)
  expect(JSON.parse((await entries('flood'))[0]?.details ?? '')).toEqual({
    count: 3,
    minute: '2031-05-06T07:00:00.000Z',
    targets: ['ApiKey:7'],
    reasons: ['forged'],
  })
})

test('another address has its own count', async () => {
  await fail(21)
  await fail(1, '192.0.2.8')
  expect((await entries('wrong-password')).length).toBe(21)
})

test('addresses of one IPv6 /64 are one client, and the entry for the rest names that', async () => {
  for (let n = 1; n <= 30; n++) await fail(1, `2001:db8:0:1::${n.toString(16)}`)
  await fail(1, '2001:db8:0:2::1')
  await settleFloods(world.db)
  const singles = await entries('wrong-password')
  expect(singles.length).toBe(21)
  expect(singles[0]?.address).toBe('2001:db8:0:1::1')
  const [flood, ...more] = await entries('flood')
  expect([flood?.address, JSON.parse(flood?.details ?? '').count, more]).toEqual([
    '2001:db8:0:1::/64',
    10,
    [],
  ])
})

test('what many clients do at once is a few entries and one number, not an entry each', async () => {
  await Promise.all(Array.from({ length: 300 }, (_, n) => fail(1, `198.51.${100 + (n % 2)}.${n >> 1}`)))
  await settleFloods(world.db)
  const singles = (await entries('wrong-password')).length
  expect(singles).toBe(8)
  const floods = await entries('flood')
  expect(floods.map(({ address, details }) => [address, JSON.parse(details).count])).toEqual([[null, 292]])
})

test('many failures of one action hide nothing of another', async () => {
  const event = { action: `${action}.other` as AuditAction, reason: 'wrong-password', target: 'User:2' }
  await Promise.all([
    ...Array.from({ length: 50 }, (_, n) => fail(1, `198.51.100.${n}`)),
    recordFailure(ctx('192.0.2.9'), event),
  ])
  const t = world.db.t.auditEvents
  const other = await world.db.read.select().from(t).where(eq(t.action, event.action))
  expect(other.map(({ address, reason }) => [address, reason])).toEqual([['192.0.2.9', 'wrong-password']])
  await settleFloods(world.db)
})

test('what was counted is written before the database is closed', async () => {
  await fail(23)
  await settleFloods(world.db)
  await settleFloods(world.db)
  expect((await entries('flood')).map(({ details }) => JSON.parse(details).count)).toEqual([3])
})

test('the chain is whole after a flood from many places at once', async () => {
  await Promise.all([fail(22), fail(22, '192.0.2.8'), fail(22)])
  await settleFloods(world.db)
  const counts = (await entries('flood')).map(({ details }) => JSON.parse(details).count as number)
  expect(counts.sort((a, b) => a - b)).toEqual([2, 24])
  expect(await verifyChain(world.db, (stored) => openChainKey(world.config, stored))).toMatchObject({
    ok: true,
  })
})
