import { eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { erasePerson } from '#server/audit/erase'
import {
  listRecentSignIns,
  noteSignIn,
  type SignInAttempt,
  sweepRecentSignIns,
} from '#server/sso-providers/recent'
import { createAccount } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const DAY_MS = 86_400_000
let world: TestRuntime
beforeEach(async () => {
  world = await createTestRuntime()
})

const note = (attempt: Partial<SignInAttempt> = {}, at = Date.now()) =>
  noteSignIn(
    { ...world, clock: () => new Date(at) },
    {
      provider: 'keycloak',
      outcome: 'success',
      code: null,
      userId: null,
      claims: { sub: 'abc' },
      decision: { rule: 'default-role', role: 'MEMBER' },
      ...attempt,
    },
  )
const listed = (provider = 'keycloak') => listRecentSignIns(world, provider)

test('the page is told who came, what the provider said and which rule decided, newest first', async () => {
  const ada = await createAccount(world, { username: 'ada' })
  await note({ userId: ada.id, claims: { sub: 'abc', groups: ['dev'] } })
  await note({
    outcome: 'refused',
    code: 'auth_failed',
    claims: { sub: 'xyz' },
    decision: { rule: 'group-gate', note: 'none of the groups is allowed' },
  })
  expect(await listed()).toEqual([
    expect.objectContaining({
      outcome: 'refused',
      code: 'auth_failed',
      user: null,
      claims: { sub: 'xyz' },
      decision: { rule: 'group-gate', role: null, from: null, note: 'none of the groups is allowed' },
    }),
    expect.objectContaining({
      outcome: 'success',
      code: null,
      user: { id: expect.any(String), username: 'ada' },
      claims: { sub: 'abc', groups: ['dev'] },
      decision: { rule: 'default-role', role: 'MEMBER', from: null, note: null },
    }),
  ])
})

test('only the newest twenty of a provider are kept, and other providers keep theirs', async () => {
  await note({ provider: 'google', claims: { sub: 'other' } })
  for (let n = 1; n <= 23; n++) await note({ claims: { sub: `s${n}` } })
  expect((await listed()).map(({ claims }) => claims.sub)).toEqual(
    Array.from({ length: 20 }, (_, n) => `s${23 - n}`),
  )
  expect(await listed('google')).toHaveLength(1)
  expect(await world.db.read.$count(world.db.t.ssoRecentSignIns)).toBe(21)
})

test('what is seven days old is not shown any more, and is swept away', async () => {
  const now = Date.now()
  await note({ claims: { sub: 'old' } }, now - 7 * DAY_MS - 1000)
  await note({ claims: { sub: 'young' } }, now - 7 * DAY_MS + 60_000)
  expect((await listed()).map(({ claims }) => claims.sub)).toEqual(['young'])
  expect(await sweepRecentSignIns(world)).toBe(1)
  expect(await world.db.read.$count(world.db.t.ssoRecentSignIns)).toBe(1)
})

test('what belongs to an account goes with it', async () => {
  const ada = await createAccount(world, { username: 'ada' })
  await note({ userId: ada.id })
  await note({ claims: { sub: 'stays' } })
  await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.id, ada.id)))
  expect((await listed()).map(({ claims }) => claims.sub)).toEqual(['stays'])
})

test('an erasure also takes what is kept of somebody who never had an account', async () => {
  await note({ outcome: 'refused', code: 'auth_failed', claims: { email: 'Ada@Example.com' } })
  await note({ outcome: 'refused', code: 'auth_failed', claims: { email: 'bob@example.com' } })
  const ctx = {
    ...world,
    actor: { kind: 'commandLine' as const },
    request: { address: null, userAgent: null },
  }
  await erasePerson(ctx, { email: 'ada@example.com' })
  expect((await listed()).map(({ claims }) => claims.email)).toEqual(['bob@example.com'])
})

test('no token lies in the database, however deep it came', async () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
  await note({
    claims: { a: { b: { refresh_token: 'r-0123456789', list: [{ id_token: jwt }, jwt] } }, note: jwt },
  })
  const rows = await world.db.read.select().from(world.db.t.ssoRecentSignIns)
  expect(JSON.stringify(rows)).not.toMatch(/r-0123456789|eyJ|aaaa/)
})

test('a sign-in does not fail because it cannot be kept', async () => {
  await expect(note({ userId: 999_999 })).resolves.toBeUndefined()
  expect(await listed()).toEqual([])
})
