import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { refuseIfKnown, takeFromApiLimit, takeFromLimit } from '#server/limits/limits'
import { sweepLimits } from '#server/limits/sweep'
import { openTestDatabase } from '../../test/database'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let now: number
beforeEach(async () => {
  now = Date.parse('2026-11-20T12:00:00Z')
  runtime = await createTestRuntime({ clock: () => new Date(now), config: { limits: { enabled: true } } })
})

type World = Pick<TestRuntime, 'db' | 'config' | 'clock' | 'log'>
const from = (address: string | null, world: World = runtime) => ({
  db: world.db,
  config: world.config,
  clock: world.clock,
  log: world.log,
  actor: { kind: 'anonymous' as const },
  request: { requestId: 'r', address, userAgent: null },
})
/** `through`, or how long to wait in seconds. */
const outcome = (work: Promise<void>) =>
  work.then(
    () => 'through',
    (error) => error.retryAfterSeconds,
  )
const signIn = (address: string | null, world?: World) =>
  outcome(takeFromLimit(from(address, world), 'login'))

describe('sign-ins', () => {
  test('the sixth of a minute from one address is refused with the time to wait', async () => {
    for (let n = 0; n < 5; n++) expect(await signIn('192.0.2.1')).toBe('through')
    await expect(takeFromLimit(from('192.0.2.1'), 'login')).rejects.toMatchObject({
      kind: 'rate_limited',
      retryAfterSeconds: 61,
      message: 'Too many requests: try again in 61 seconds',
    })
    now += 61_000
    expect(await signIn('192.0.2.1')).toBe('through')
  })

  test('of a thousand at the same moment five get through', async () => {
    const outcomes = await Promise.all(Array.from({ length: 1000 }, () => signIn('192.0.2.1')))
    expect(outcomes.filter((each) => each === 'through')).toHaveLength(5)
  })

  test('another address is not touched by it', async () => {
    await Promise.all(Array.from({ length: 20 }, () => signIn('192.0.2.1')))
    expect(await signIn('192.0.2.2')).toBe('through')
  })

  test('two processes on one database count together', async () => {
    const other = { ...runtime, db: await openTestDatabase(runtime.db.config) }
    const outcomes = []
    for (let n = 0; n < 6; n++) outcomes.push(await signIn('192.0.2.1', n % 2 ? other : runtime))
    expect(outcomes).toEqual([...Array(5).fill('through'), 61])
  })

  test('two processes let no more than five of a rush through', async () => {
    const other = { ...runtime, db: await openTestDatabase(runtime.db.config) }
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) => signIn('192.0.2.1', n % 2 ? other : runtime)),
    )
    expect(outcomes.filter((each) => each === 'through')).toHaveLength(5)
  })

  test('a process that starts anew goes on with the count', async () => {
    for (let n = 0; n < 5; n++) await signIn('192.0.2.1')
    const later = { ...runtime, db: await openTestDatabase(runtime.db.config) }
    expect(await signIn('192.0.2.1', later)).toBe(61)
  })

  test('what comes from no network is not counted', async () => {
    for (let n = 0; n < 20; n++) expect(await signIn(null)).toBe('through')
  })

  test('the switch turns them off', async () => {
    const off = {
      ...runtime,
      config: { ...runtime.config, limits: { ...runtime.config.limits, enabled: false } },
    }
    for (let n = 0; n < 20; n++) expect(await signIn('192.0.2.1', off)).toBe('through')
  })

  test('each limit has a count of its own', async () => {
    for (let n = 0; n < 6; n++) await signIn('192.0.2.1')
    const ctx = from('192.0.2.1')
    for (let n = 0; n < 3; n++) await takeFromLimit(ctx, 'password_reset')
    expect(await outcome(takeFromLimit(ctx, 'password_reset'))).toBe(3660)
    for (let n = 0; n < 60; n++) await takeFromLimit(ctx, 'refresh')
    expect(await outcome(takeFromLimit(ctx, 'refresh'))).toBe(61)
    expect(await outcome(takeFromLimit(ctx, 'logout'))).toBe('through')
  })
})

describe('who is over a limit', () => {
  test('is refused without a question to the database', async () => {
    expect(() => refuseIfKnown(from('192.0.2.1'), 'login')).not.toThrow()
    for (let n = 0; n < 6; n++) await signIn('192.0.2.1')
    const away = () => Promise.reject(new Error('the database was asked'))
    runtime.db.write = away
    expect(() => refuseIfKnown(from('192.0.2.1'), 'login')).toThrow('try again in 61 seconds')
    expect(await signIn('192.0.2.1')).toBe(61)
    await expect(takeFromLimit(from('192.0.2.2'), 'login')).rejects.toThrow('the database was asked')
  })

  test('is not refused any longer than said', async () => {
    for (let n = 0; n < 6; n++) await signIn('192.0.2.1')
    now += 61_000
    expect(() => refuseIfKnown(from('192.0.2.1'), 'login')).not.toThrow()
  })

  test('is on record once in a minute, and the others as a number', async () => {
    for (let n = 0; n < 50; n++) await signIn('192.0.2.1')
    const { auditEvents: t } = runtime.db.t
    const refusals = () => runtime.db.read.select().from(t).where(eq(t.action, 'limit.refuse'))
    await expect.poll(async () => (await refusals()).length).toBe(1)
    const [entry] = await refusals()
    expect(entry).toMatchObject({ outcome: 'failure', reason: 'login', address: '192.0.2.1' })
  })
})

test('a limit for a path counts its own requests', async () => {
  const slow = { prefix: '/v1/projects', count: 2, windowMs: 1000 }
  const other = { prefix: '/v1/users', count: 2, windowMs: 1000 }
  const ask = (limit: typeof slow) => outcome(takeFromApiLimit(from('192.0.2.1'), limit))
  expect([await ask(slow), await ask(slow), await ask(slow)]).toEqual(['through', 'through', 2])
  expect(await ask(other)).toBe('through')
})

test('no address and no name lies in the tables', async () => {
  await signIn('192.0.2.1')
  const rows = await runtime.db.read.select().from(runtime.db.t.rateLimits)
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain('192.0.2.1')
})

test('the sweep removes what is over and leaves what counts', async () => {
  await signIn('192.0.2.1')
  now += 55_000
  await signIn('192.0.2.2')
  expect(await sweepLimits(runtime)).toBe(0)
  now += 10_000
  expect(await sweepLimits(runtime)).toBe(1)
  expect(await runtime.db.read.select().from(runtime.db.t.rateLimits)).toHaveLength(1)
})
