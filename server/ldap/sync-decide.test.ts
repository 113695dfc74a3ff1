import { expect, test } from 'vitest'
import { type KnownAccount, planSync } from './sync-decide'
import type { Verdict } from './sync-model'

const account = (userId: number, rest: Partial<KnownAccount> = {}): KnownAccount => ({
  userId,
  role: 'MEMBER',
  disabled: false,
  disabledByDirectory: false,
  ...rest,
})
const disabledByDirectory = { disabled: true, disabledByDirectory: true }
const disabledByAdmin = { disabled: true, disabledByDirectory: false }
const gone: Verdict = { kind: 'not-let', why: 'directory-gone' }
const member: Verdict = { kind: 'let', role: 'MEMBER' }
const said = (...verdicts: [number, Verdict][]) => new Map(verdicts)
const nothing = { disable: [], enable: [], changeRole: [], unclear: 0, isStopped: false }

test('whom the directory lets in with the same role stays as they are', () => {
  expect(planSync([account(1)], said([1, member]))).toEqual(nothing)
})

test('whom the directory does not let in is disabled, with the reason', () => {
  const verdict: Verdict = { kind: 'not-let', why: 'directory-locked' }
  const disable = [{ userId: 1, why: 'directory-locked' }]
  expect(planSync([account(1)], said([1, verdict]))).toEqual({ ...nothing, disable })
})

test('whom it has disabled before stays so while it does not let them in', () => {
  expect(planSync([account(1, disabledByDirectory)], said([1, gone]))).toEqual(nothing)
})

test('whom it gives back is enabled, with the role that follows now', () => {
  const enable = [{ userId: 1, role: 'ADMIN' }]
  const verdict: Verdict = { kind: 'let', role: 'ADMIN' }
  expect(planSync([account(1, disabledByDirectory)], said([1, verdict]))).toEqual({ ...nothing, enable })
})

test('whom an admin has disabled neither comes back nor changes', () => {
  const verdict: Verdict = { kind: 'let', role: 'ADMIN' }
  expect(planSync([account(1, disabledByAdmin)], said([1, verdict]))).toEqual(nothing)
  expect(planSync([account(1, disabledByAdmin)], said([1, gone]))).toEqual(nothing)
})

test('a role that follows from other groups now is changed', () => {
  const changeRole = [{ userId: 1, role: 'VIEWER' }]
  expect(planSync([account(1)], said([1, { kind: 'let', role: 'VIEWER' }]))).toEqual({
    ...nothing,
    changeRole,
  })
})

test('somebody of whom the directory says nothing clear stays as they are, and is counted', () => {
  expect(planSync([account(1), account(2)], said([1, { kind: 'unclear' }]))).toEqual({
    ...nothing,
    unclear: 2,
  })
})

/** So many accounts in use, of which so many are gone. */
const locked: Verdict = { kind: 'not-let', why: 'directory-locked' }
const leaving = (all: number, left: number) =>
  planSync(
    Array.from({ length: all }, (_, index) => account(index + 1)),
    said(...Array.from({ length: all }, (_, i): [number, Verdict] => [i + 1, i < left ? locked : member])),
  )

test.each([
  ['all four of four', 4, 4, false],
  ['five of twenty-five, which is a fifth', 25, 5, false],
  ['five of twenty-four, which is more than a fifth', 24, 5, true],
  ['twenty of a hundred', 100, 20, false],
  ['twenty-one of a hundred', 100, 21, true],
  ['all of five', 5, 5, true],
])('%s leave at once', (_, all, left, isStopped) => {
  const plan = leaving(all, left)
  expect(plan.disable).toHaveLength(left)
  expect(plan.isStopped).toBe(isStopped)
})

test('accounts that are disabled already do not count for the share', () => {
  const known = Array.from({ length: 100 }, (_, i) => account(i + 1, i < 20 ? {} : disabledByDirectory))
  const verdicts = said(...known.map(({ userId }): [number, Verdict] => [userId, userId > 5 ? member : gone]))
  // Five of the twenty that are in use, although five of a hundred accounts.
  const plan = planSync(known.slice(0, 20).concat(known.slice(20)), verdicts)
  expect(plan.isStopped).toBe(true)
})

test.each([
  [1, false],
  [2, true],
  [4, true],
])('that none of %i accounts is found is an empty answer: %s', (all, isStopped) => {
  const known = Array.from({ length: all }, (_, index) => account(index + 1))
  expect(
    planSync(known, said(...known.map(({ userId }): [number, Verdict] => [userId, gone]))),
  ).toMatchObject({
    isStopped,
  })
})

test('that all but one are not found is no empty answer', () => {
  const known = [account(1), account(2), account(3)]
  expect(planSync(known, said([1, gone], [2, gone], [3, member])).isStopped).toBe(false)
})
