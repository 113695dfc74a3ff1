/** Every event that ends sessions or keys, and every event that must not: one test each. */
import { eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { GET as logout } from '#app/auth/logout/route'
import { POST as refresh } from '#app/auth/refresh/route'
import { DELETE as endOwn } from '#app/ui/sessions/[id]/route'
import { DELETE as endOthers } from '#app/ui/sessions/route'
import { PATCH as changeOwn, GET as profile } from '#app/v1/user/route'
import { DELETE as deleteAccount, PATCH as patchAccount } from '#app/v1/users/[user_id]/route'
import { endSessions, type Session } from '#server/auth/sessions'
import { encodeGlobalId } from '#server/global-id'
import type { User } from '#server/users/find'
import { resetPasswordByCommandLine } from '#server/users/reset-password'
import { cookieHeader, createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { call } from '../../test/call'
import { createKey } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const NEW_PASSWORD = 'quite another password 2'
let world: TestRuntime
let user: User
let admin: User
let here: Session
let there: Session
let key: Record<string, string>

beforeAll(async () => {
  world = await createTestRuntime()
})
beforeEach(async () => {
  user = await createAccount(world)
  admin = await createAccount(world, { role: 'ADMIN' })
  here = await createSession(world, user)
  there = await createSession(world, user)
  key = (await createKey(world, { userId: user.id, scope: 'full', role: null })).headers
})

const as = (session: Session) => ({ headers: { cookie: cookieHeader(session) } })
const statusAs = async (headers: Record<string, string>) => (await call(profile, { headers })).status
const isAlive = async (session: Session) =>
  (await statusAs({ cookie: `phoenix-access-token=${session.accessToken}` })) === 200
const canRenew = async (session: Session) => {
  const cookie = `phoenix-refresh-token=${session.refreshToken}`
  return (await call(refresh, { method: 'POST', path: '/auth/refresh', headers: { cookie } })).status === 204
}
/** What is left of both sessions, access and refresh tokens, and of the key. */
async function left() {
  const alive = [await isAlive(here), await isAlive(there)]
  const renewable = [await canRenew(here), await canRenew(there)]
  return { alive, renewable, key: (await statusAs(key)) === 200 }
}
const ALL_ENDED = { alive: [false, false], renewable: [false, false], key: true }
const ALL_KEPT = { alive: [true, true], renewable: [true, true], key: true }

const patchOwn = (change: object) => call(changeOwn, { method: 'PATCH', body: { user: change }, ...as(here) })
async function byAdmin(method: 'PATCH' | 'DELETE', body?: object) {
  const session = await createSession(world, admin)
  const params = { user_id: encodeGlobalId('User', user.id) }
  return call(method === 'PATCH' ? patchAccount : deleteAccount, { method, params, body, ...as(session) })
}

describe('ends every session of the person, in every browser, and no key', () => {
  test('one’s own password change, and both cookies are cleared', async () => {
    const answer = await patchOwn({ password: NEW_PASSWORD, current_password: TEST_PASSWORD })
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual([
      'phoenix-access-token=""',
      'phoenix-refresh-token=""',
    ])
    expect(await left()).toEqual(ALL_ENDED)
  })

  test('a password that an admin sets', async () => {
    expect((await byAdmin('PATCH', { user: { password: NEW_PASSWORD } })).status).toBe(200)
    expect(await left()).toEqual(ALL_ENDED)
  })

  test('a role that an admin changes; the key has the new role at once', async () => {
    expect((await byAdmin('PATCH', { user: { role: 'VIEWER' } })).status).toBe(200)
    expect(await left()).toEqual(ALL_ENDED)
    expect((await call(profile, { headers: key })).json.data.role).toBe('VIEWER')
  })

  test('a password reset from the command line', async () => {
    await resetPasswordByCommandLine(world, user.email as string)
    expect(await left()).toEqual(ALL_ENDED)
  })

  test('signing out in one browser', async () => {
    expect((await call(logout, { path: '/auth/logout', ...as(here) })).status).toBe(302)
    expect(await left()).toEqual(ALL_ENDED)
  })
})

test('deleting the person ends sessions and keys', async () => {
  expect((await byAdmin('DELETE')).status).toBe(204)
  expect(await left()).toEqual({ ...ALL_ENDED, key: false })
})

test('disabling the person refuses sessions and keys, and keeps them for later', async () => {
  expect((await byAdmin('PATCH', { user: { disabled: true } })).status).toBe(200)
  expect(await left()).toEqual({ ...ALL_ENDED, key: false })
  expect((await byAdmin('PATCH', { user: { disabled: false } })).status).toBe(200)
  expect(await left()).toEqual(ALL_KEPT)
})

test('a role that a sign-in elsewhere brings ends the older sessions and leaves the one being made', async () => {
  await world.db.write((tx) => endSessions(tx, world.db, user.id, { except: here.sessionId }))
  expect(await left()).toEqual({ alive: [true, false], renewable: [true, false], key: true })
})

test('ending one session leaves the others', async () => {
  const params = { id: encodeGlobalId('Session', there.sessionId) }
  expect((await call(endOwn, { method: 'DELETE', params, ...as(here) })).status).toBe(204)
  expect(await left()).toEqual({ alive: [true, false], renewable: [true, false], key: true })
})

test('ending all others leaves the one at hand', async () => {
  expect((await call(endOthers, { method: 'DELETE', ...as(here) })).json).toEqual({ ended: 1 })
  expect(await left()).toEqual({ alive: [true, false], renewable: [true, false], key: true })
})

test('a refresh token used twice ends its session and no other', async () => {
  expect(await canRenew(here)).toBe(true)
  expect(await canRenew(here)).toBe(false)
  expect([await isAlive(there), await statusAs(key)]).toEqual([true, 200])
})

describe('ends nothing', () => {
  test('a new name, one’s own doing', async () => {
    expect((await patchOwn({ username: `${user.username} the second` })).status).toBe(200)
    expect(await left()).toEqual(ALL_KEPT)
  })

  test('a new name that an admin gives', async () => {
    expect((await byAdmin('PATCH', { user: { username: `${user.username} renamed` } })).status).toBe(200)
    expect(await left()).toEqual(ALL_KEPT)
  })

  test('the same role again', async () => {
    expect((await byAdmin('PATCH', { user: { role: 'MEMBER' } })).status).toBe(200)
    expect(await left()).toEqual(ALL_KEPT)
  })

  test('a wrong current password', async () => {
    expect((await patchOwn({ password: NEW_PASSWORD, current_password: 'wrong' })).status).toBe(422)
    expect(await left()).toEqual(ALL_KEPT)
  })

  test('somebody else signing out', async () => {
    const session = await createSession(world, admin)
    await call(logout, { path: '/auth/logout', ...as(session) })
    expect(await left()).toEqual(ALL_KEPT)
  })
})

test('a session that is being made while all end does not slip past', async () => {
  const { sessions } = world.db.t
  for (let round = 0; round < 10; round++) {
    const [made] = await Promise.all([
      createSession(world, user),
      world.db.write((tx) => endSessions(tx, world.db, user.id)),
    ])
    // Whoever came second decides: the session is there, or it is not; nothing in between.
    const rows = await world.db.read.$count(sessions, eq(sessions.id, made.sessionId))
    expect(await isAlive(made)).toBe(rows === 1)
  }
})
