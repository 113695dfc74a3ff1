/** How often one may try to name the present password, and what is on record of it. */
import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { settleFloods } from '#server/audit/flood'
import { hashQueue } from '#server/auth/hash-queue'
import { signIn } from '#server/auth/sign-in'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { changeUser } from '#server/users/change-user'
import type { User } from '#server/users/find'
import { updateOwnProfile } from '#server/users/profile'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const NEW_PASSWORD = 'another fine password 2'
const ADDRESS = '192.0.2.1'
const NOW = new Date('2026-11-20T12:00:00Z')

let runtime: TestRuntime
let ada: User
beforeEach(async () => {
  runtime = await createTestRuntime({ clock: () => NOW, config: { auth: { lockoutAfter: 5 } } })
  ada = await createAccount(runtime, { username: 'ada', email: 'ada@example.com', role: 'ADMIN' })
})

function ctxOf(user: User = ada): Ctx {
  const { db, config, clock, log } = runtime
  const { id: userId, role } = user as { id: number; role: 'ADMIN' }
  const actor = { kind: 'session', userId, role, mustReset: false, sessionId: 1, accessTokenId: 1 } as const
  return { db, config, clock, log, request: { requestId: 'r', address: ADDRESS, userAgent: null }, actor }
}

/** `changed`, or the kind of what was thrown. */
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'changed',
    (error) => error.kind ?? String(error),
  )
const change = (current_password: string, user = ada, password = NEW_PASSWORD) =>
  outcomeOf(updateOwnProfile(ctxOf(user), { password, current_password }))
const wrong = (user = ada) => change('not the password', user)
const enter = () =>
  outcomeOf(signIn({ ...ctxOf(), actor: { kind: 'anonymous' } }, { email: ada.email, password: 'wrong too' }))

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let n = 0; n < count; n++) results.push(await work())
  return results
}

async function recorded() {
  const { auditEvents } = runtime.db.t
  const rows = await runtime.db.read
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.outcome, 'failure'))
    .orderBy(asc(auditEvents.id))
  return rows.map(({ action, reason, target }) => [action, reason, target])
}

describe('the present password', () => {
  test('is asked for five times; then the right one is a 429 that says when to come again', async () => {
    expect(await times(5, wrong)).toEqual(Array(5).fill('invalid'))
    const late = updateOwnProfile(ctxOf(), { password: NEW_PASSWORD, current_password: TEST_PASSWORD })
    await expect(late).rejects.toMatchObject({ kind: 'rate_limited', code: 'locked', retryAfterSeconds: 300 })
  })

  test('is guessed no more often by an admin who changes the own account under users', async () => {
    const guess = () =>
      outcomeOf(changeUser(ctxOf(), ada.id, { password: NEW_PASSWORD, current_password: 'wrong' }))
    expect(await times(6, guess)).toEqual([...Array(5).fill('invalid'), 'rate_limited'])
  })

  test('counts together with signing in', async () => {
    await times(3, enter)
    expect(await times(3, wrong)).toEqual(['invalid', 'invalid', 'rate_limited'])
    expect(await enter()).toBe('rate_limited')
  })

  test('locks nobody else', async () => {
    await times(6, wrong)
    expect(await change(TEST_PASSWORD, await createAccount(runtime))).toBe('changed')
  })

  test('clears the count when it is right, whatever is wrong with the new one', async () => {
    await times(4, wrong)
    expect(await change(TEST_PASSWORD, ada, 'short')).toBe('invalid')
    expect(await times(4, wrong)).toEqual(Array(4).fill('invalid'))
    expect(await change(TEST_PASSWORD)).toBe('changed')
  })

  test('is counted for an account without an address too', async () => {
    const user = await createAccount(runtime, { email: null })
    expect(await times(6, () => wrong(user))).toEqual([...Array(5).fill('invalid'), 'rate_limited'])
  })

  test('does not count when nobody could look at it', async () => {
    const busy = new AppError('unavailable', 'Too many sign-ins at once', { retryAfterSeconds: 5 })
    const run = vi.spyOn(hashQueue(), 'run').mockRejectedValue(busy)
    expect(await times(6, wrong)).toEqual(Array(6).fill('unavailable'))
    run.mockRestore()
    expect(await change(TEST_PASSWORD)).toBe('changed')
  })

  test('is checked and hashed in the turn of the address it came from', async () => {
    const run = vi.spyOn(hashQueue(), 'run')
    await change(TEST_PASSWORD)
    expect(run.mock.calls.map(([client]) => client)).toEqual([ADDRESS, ADDRESS])
    run.mockRestore()
  })
})

describe('on record', () => {
  test('are wrong ones, the lock, and what came while it lasted', async () => {
    await times(6, wrong)
    expect(await recorded()).toEqual([
      ...Array(5).fill(['user.changePassword', 'wrong-password', `User:${ada.id}`]),
      ['account.lock', 'wrong-password', `User:${ada.id}`],
      ['user.changePassword', 'locked', `User:${ada.id}`],
    ])
  })

  test('is a flood of them as a number', async () => {
    await times(40, wrong)
    await settleFloods(runtime.db)
    const entries = (await recorded()).filter(([action]) => action === 'user.changePassword')
    expect(entries).toHaveLength(21)
    expect(entries.at(-1)).toEqual(['user.changePassword', 'flood', null])
  })
})
