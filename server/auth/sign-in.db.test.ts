/** How often one may try: the limit of an address, the lock of a name, and what is on record of them. */
import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { settleFloods } from '#server/audit/flood'
import { signIn } from '#server/auth/sign-in'
import type { Ctx } from '#server/context'
import { clearLockout } from '#server/limits/lockout'
import { sweepLimits } from '#server/limits/sweep'
import type { User } from '#server/users/find'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { openTestDatabase } from '../../test/database'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const hashes = vi.hoisted(() => ({ count: 0 }))
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>()
  const verify: typeof real.verify = (...given) => {
    hashes.count += 1
    return real.verify(...given)
  }
  return { ...real, verify }
})

let runtime: TestRuntime
let now: number
let ada: User
beforeEach(async () => {
  now = Date.parse('2026-11-20T12:00:00Z')
  runtime = await createTestRuntime({ clock: () => new Date(now), config: { auth: { lockoutAfter: 5 } } })
  ada = await createAccount(runtime, { username: 'ada', email: 'ada@example.com' })
  hashes.count = 0
})

function ctxOf(world: TestRuntime = runtime, address = '192.0.2.1'): Ctx {
  const { db, config, clock, log } = world
  const request = { requestId: 'r', address, userAgent: null }
  return { db, config, clock, log, request, actor: { kind: 'anonymous' } }
}

/** `in`, or the kind of what was thrown. */
const enter = (email: string, password: string, ctx = ctxOf()) =>
  signIn(ctx, { email, password }).then(
    () => 'in',
    (error) => error.kind ?? String(error),
  )
const wrong = (email = 'ada@example.com', ctx?: Ctx) => enter(email, 'not the password', ctx)
const right = (email = 'ada@example.com', ctx?: Ctx) => enter(email, TEST_PASSWORD, ctx)

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let n = 0; n < count; n++) results.push(await work())
  return results
}
/** Failures on record, as action, reason and target. */
const recorded = async () => {
  const { auditEvents } = runtime.db.t
  const rows = await runtime.db.read
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.outcome, 'failure'))
    .orderBy(asc(auditEvents.id))
  return rows.map(({ action, reason, target }) => [action, reason, target])
}

describe('the lock of a name', () => {
  test('the fifth failure is still a 401, and then the right password is a 429 that says when to come again', async () => {
    expect(await times(5, wrong)).toEqual(Array(5).fill('unauthenticated'))
    await expect(
      signIn(ctxOf(), { email: 'ada@example.com', password: TEST_PASSWORD }),
    ).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'locked',
      message: 'Too many failed sign-ins: try again in 5 minutes',
      retryAfterSeconds: 300,
    })
  })

  test('costs no hash while it lasts', async () => {
    await times(5, wrong)
    hashes.count = 0
    await times(10, right)
    expect(hashes.count).toBe(0)
  })

  test('ends after five minutes, and the count begins anew', async () => {
    await times(5, wrong)
    now += 299_000
    expect(await right()).toBe('rate_limited')
    now += 2_000
    expect(await times(4, wrong)).toEqual(Array(4).fill('unauthenticated'))
    expect(await right()).toBe('in')
  })

  test.each(['nobody@example.com', 'not an address', 'Ada@Example.COM '])(
    'holds for %j alike, which tells nobody whether there is such an account',
    async (name) => {
      await times(5, () => wrong(name))
      expect(await wrong(name)).toBe('rate_limited')
    },
  )

  test('is the same name however it is written', async () => {
    await times(5, () => wrong(' ADA@example.com'))
    expect(await right('ada@EXAMPLE.com')).toBe('rate_limited')
  })

  test('a sign-in clears the failures before it', async () => {
    await times(4, wrong)
    expect(await right()).toBe('in')
    await times(4, wrong)
    expect(await right()).toBe('in')
  })

  test('another account is not touched by it', async () => {
    await createAccount(runtime, { username: 'grace', email: 'grace@example.com' })
    await times(5, wrong)
    expect(await right('grace@example.com')).toBe('in')
  })

  test("signing in under a name that is somebody's address does not clear that address", async () => {
    await createAccount(runtime, { username: 'ada@example.com', email: 'mallory@example.com' })
    await times(4, wrong)
    expect(await right('mallory@example.com')).toBe('in')
    await wrong()
    expect(await right()).toBe('rate_limited')
  })

  test('many attempts at the same moment get five guesses, whatever process they come to', async () => {
    const other = { ...runtime, db: await openTestDatabase(runtime.db.config) }
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, n) => wrong('ada@example.com', ctxOf(n % 2 ? other : runtime))),
    )
    expect(all.filter((each) => each === 'unauthenticated')).toHaveLength(5)
    expect(hashes.count).toBe(5)
  })

  test('twenty sign-ins at the same moment with the right password all get in', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => right()))).toEqual(Array(20).fill('in'))
  })

  test('failures are forgotten when nobody has tried for a quarter of an hour', async () => {
    await times(4, wrong)
    now += 15 * 60_000
    expect(await times(4, wrong)).toEqual(Array(4).fill('unauthenticated'))
    expect(await right()).toBe('in')
  })

  test('is lifted when the password is set anew', async () => {
    await times(5, wrong)
    await runtime.db.write((tx) => clearLockout(tx, runtime, ada))
    expect(await right()).toBe('in')
  })

  test('outlives the process', async () => {
    await times(5, wrong)
    const later = { ...runtime, db: await openTestDatabase(runtime.db.config) }
    expect(await right('ada@example.com', ctxOf(later))).toBe('rate_limited')
  })

  test('the switch turns it off', async () => {
    const off = {
      ...runtime,
      config: { ...runtime.config, auth: { ...runtime.config.auth, lockoutAfter: null } },
    }
    await times(8, () => wrong('ada@example.com', ctxOf(off)))
    expect(await right('ada@example.com', ctxOf(off))).toBe('in')
  })

  test('keeps no name, and is swept when it is over', async () => {
    await wrong()
    const { lockouts } = runtime.db.t
    const rows = await runtime.db.read.select().from(lockouts)
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('ada')
    now += 15 * 60_000
    expect(await sweepLimits(runtime)).toBe(1)
  })
})

describe('the limit of an address', () => {
  beforeEach(() => {
    runtime.config = { ...runtime.config, limits: { ...runtime.config.limits, enabled: true } }
  })

  test('the sixth sign-in of a minute is a 429 that costs no hash, six different accounts or not', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}@example.com`)
    const outcomes = []
    for (const name of names) outcomes.push(await wrong(name))
    expect(outcomes).toEqual([...Array(5).fill('unauthenticated'), 'rate_limited'])
    expect(hashes.count).toBe(5)
  })

  test('sign-ins that work count as well', async () => {
    expect(await times(6, right)).toEqual([...Array(5).fill('in'), 'rate_limited'])
  })

  test('another address signs in meanwhile', async () => {
    await times(20, () => wrong('nobody@example.com'))
    expect(await right('ada@example.com', ctxOf(runtime, '192.0.2.2'))).toBe('in')
  })
})

describe('on record', () => {
  test('is the lock, at whose account it was aimed, and what came while it lasted', async () => {
    await times(6, wrong)
    const failed = ['session.login', 'wrong-password', `User:${ada.id}`]
    expect(await recorded()).toEqual([
      ...Array(5).fill(failed),
      ['account.lock', 'wrong-password', `User:${ada.id}`],
      ['session.login', 'locked', null],
    ])
  })

  test('is an address that came too often', async () => {
    runtime.config = { ...runtime.config, limits: { ...runtime.config.limits, enabled: true } }
    await times(9, right)
    // The first refusal is written behind the back of its request.
    await expect.poll(async () => (await recorded()).length).toBe(1)
    await settleFloods(runtime.db)
    const entries = await recorded()
    expect(entries).toEqual([
      ['limit.refuse', 'login', null],
      ['limit.refuse', 'flood', null],
    ])
  })

  test('are a request without a password, and one while passwords are switched off', async () => {
    await enter('ada@example.com', '')
    runtime.config = { ...runtime.config, auth: { ...runtime.config.auth, basicAuth: false } }
    await wrong()
    expect(await recorded()).toEqual([
      ['session.login', 'empty', null],
      ['session.login', 'switched-off', null],
    ])
  })
})
