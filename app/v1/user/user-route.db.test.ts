import { and, desc, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { POST as login } from '#app/auth/login/route'
import { POST as refresh } from '#app/auth/refresh/route'
import { GET, PATCH } from '#app/v1/user/route'
import { authenticate } from '#server/auth/authenticate'
import { hashToken, signToken } from '#server/auth/tokens'
import type { RouteHandler } from '#server/http'
import type { User } from '#server/users/find'
import {
  cookieHeader,
  createAccount,
  createSession,
  sessionCookies,
  TEST_PASSWORD,
} from '../../../test/accounts'
import { createTestRuntime, TEST_SECRET, type TestRuntime } from '../../../test/runtime'

const CREATED = new Date('2026-05-01T12:00:00.000Z')
const NEW_PASSWORD = 'another fine password 2'
const ADMIN_SECRET = 'admin-secret-0123456789-abcdefghij'
let now = CREATED
let world: TestRuntime

beforeAll(async () => {
  world = await createTestRuntime({ clock: () => now, config: { auth: { adminSecret: ADMIN_SECRET } } })
})

type Headers_ = Record<string, string>

function call(handler: RouteHandler, method: string, headers: Headers_, json?: unknown): Promise<Response> {
  const body = json === undefined ? null : JSON.stringify(json)
  const path = handler === login ? '/auth/login' : '/v1/user'
  const request = new Request(`http://localhost:6006${path}`, {
    method,
    headers: {
      host: 'localhost:6006',
      ...(body !== null && { 'content-type': 'application/json' }),
      ...headers,
    },
    body,
  })
  return handler(request, { params: Promise.resolve({}) })
}
const get = (headers: Headers_) => call(GET, 'GET', headers)
const patch = (cookie: string, user: unknown) => call(PATCH, 'PATCH', { cookie }, { user })
const signIn = (email: string | null, password: string) => call(login, 'POST', {}, { email, password })

async function bearerKey(userId: number): Promise<Headers_> {
  const { apiKeys } = world.db.t
  const text = await world.db.write(async (tx) => {
    const row = { userId, name: 'key', createdAt: CREATED }
    const [made] = await tx.insert(apiKeys).values(row).returning({ id: apiKeys.id })
    const key = signToken('ApiKey', made?.id as number, TEST_SECRET)
    await tx
      .update(apiKeys)
      .set({ tokenHash: hashToken(key) })
      .where(eq(apiKeys.id, made?.id as number))
    return key
  })
  return { authorization: `Bearer ${text}` }
}

async function readUser(id: number): Promise<User> {
  const { users } = world.db.t
  const [user] = await world.db.read.select().from(users).where(eq(users.id, id))
  return user as User
}

async function lastEvent(action: string, userId: number) {
  const { auditEvents: t } = world.db.t
  const [event] = await world.db.read
    .select()
    .from(t)
    .where(and(eq(t.action, action), eq(t.target, `User:${userId}`)))
    .orderBy(desc(t.id))
    .limit(1)
  return event
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('GET /v1/user', () => {
  test('without a credential is 401', async () => {
    const response = await get({})
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Bennu"')
  })

  test('shows a local account in full, without its password', async () => {
    const user = await createAccount(world, { username: 'Ada', email: 'ada@example.com', role: 'VIEWER' })
    const response = await get({ cookie: await sessionCookies(world, user) })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      data: {
        id: base64(`User:${user.id}`),
        created_at: '2026-05-01T12:00:00+00:00',
        updated_at: '2026-05-01T12:00:00+00:00',
        email: 'ada@example.com',
        username: 'Ada',
        role: 'VIEWER',
        auth_method: 'LOCAL',
        password_needs_reset: false,
      },
    })
  })

  test('shows what the identity provider told about an account, where it told anything', async () => {
    const columns = { authMethod: 'OAUTH2', oauth2ClientId: 'client', profilePictureUrl: '' } as const
    const user = await createAccount(world, { ...columns, username: 'Grace', oauth2UserId: 'sub-1' })
    const { data } = await (await get({ cookie: await sessionCookies(world, user) })).json()
    expect(data).toEqual({
      id: base64(`User:${user.id}`),
      created_at: '2026-05-01T12:00:00+00:00',
      updated_at: '2026-05-01T12:00:00+00:00',
      email: 'Grace@example.com',
      username: 'Grace',
      role: 'MEMBER',
      auth_method: 'OAUTH2',
      oauth2_client_id: 'client',
      oauth2_user_id: 'sub-1',
    })
  })

  test('shows a directory account without mail with an empty address', async () => {
    const user = await createAccount(world, { authMethod: 'LDAP', email: null, ldapUniqueId: 'x-1' })
    const { data } = await (await get({ cookie: await sessionCookies(world, user) })).json()
    expect(data).toMatchObject({ auth_method: 'LDAP', email: '' })
    expect(Object.keys(data)).not.toContain('password_needs_reset')
  })

  test('shows somebody who must reset that it is so', async () => {
    const user = await createAccount(world, { resetPassword: true })
    const { data } = await (await get({ cookie: await sessionCookies(world, user) })).json()
    expect(data.password_needs_reset).toBe(true)
  })

  test('shows a key its owner', async () => {
    const user = await createAccount(world)
    const { data } = await (await get(await bearerKey(user.id))).json()
    expect(data.username).toBe(user.username)
  })

  test('shows a system key and the admin secret the system account', async () => {
    for (const headers of [await bearerKey(1), { authorization: `Bearer ${ADMIN_SECRET}` }]) {
      const { data } = await (await get(headers)).json()
      expect(data).toMatchObject({ id: base64('User:1'), username: 'system', role: 'SYSTEM' })
    }
  })
})

describe('PATCH /v1/user', () => {
  test('changes one’s own name and nothing else', async () => {
    const user = await createAccount(world)
    now = new Date('2026-05-01T12:00:01.500Z')
    const cookie = await sessionCookies(world, user)
    const response = await patch(cookie, { username: '  Renamed Person ' })
    now = CREATED
    expect(response.status).toBe(200)
    const { data } = await response.json()
    expect(data.username).toBe('Renamed Person')
    expect(data.updated_at).toBe('2026-05-01T12:00:01.500000+00:00')
    expect(response.headers.getSetCookie()).toEqual([])
    expect((await get({ cookie })).status).toBe(200)
    expect((await signIn(user.email, TEST_PASSWORD)).status).toBe(204)
    expect(await lastEvent('user.rename', user.id)).toMatchObject({
      outcome: 'success',
      actorName: user.username,
      targetName: 'Renamed Person',
    })
  })

  test('changes the password, clears both cookies and ends every session', async () => {
    const user = await createAccount(world)
    const here = await sessionCookies(world, user)
    const elsewhere = await sessionCookies(world, user)
    const response = await patch(here, { password: NEW_PASSWORD, current_password: TEST_PASSWORD })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([
      'phoenix-access-token=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
      'phoenix-refresh-token=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
    ])
    expect((await get({ cookie: here })).status).toBe(401)
    expect((await get({ cookie: elsewhere })).status).toBe(401)
    expect((await signIn(user.email, TEST_PASSWORD)).status).toBe(401)
    expect((await signIn(user.email, NEW_PASSWORD)).status).toBe(204)
    expect(await lastEvent('user.changePassword', user.id)).toMatchObject({ outcome: 'success' })
  })

  test('keeps one’s keys when the password changes', async () => {
    const user = await createAccount(world)
    const key = await bearerKey(user.id)
    await patch(await sessionCookies(world, user), {
      password: NEW_PASSWORD,
      current_password: TEST_PASSWORD,
    })
    expect((await get(key)).status).toBe(200)
  })

  test('settles a due reset', async () => {
    const user = await createAccount(world, { resetPassword: true })
    const cookie = await sessionCookies(world, user)
    const { data } = await (
      await patch(cookie, { password: NEW_PASSWORD, current_password: TEST_PASSWORD })
    ).json()
    expect(data.password_needs_reset).toBe(false)
    const after = await sessionCookies(world, user)
    const { actor } = await authenticate(world, {
      authorization: null,
      accessCookie: after.split(/[=;]/)[1] ?? '',
    })
    expect(actor).toMatchObject({ mustReset: false })
  })

  test('with a new name alone leaves a due reset due', async () => {
    const user = await createAccount(world, { resetPassword: true })
    await patch(await sessionCookies(world, user), { username: `${user.username} x` })
    expect((await readUser(user.id)).resetPassword).toBe(true)
  })

  const refusals: [string, object, number, string][] = [
    ['no current password', { password: NEW_PASSWORD }, 422, 'The current password is needed to change it'],
    [
      'a wrong current password',
      { password: NEW_PASSWORD, current_password: 'nope' },
      422,
      'The current password is wrong',
    ],
    [
      'a short password',
      { password: 'qwmzpf7', current_password: TEST_PASSWORD },
      422,
      'The password needs at least 8 characters',
    ],
    ['an empty password', { password: '', current_password: TEST_PASSWORD }, 422, 'The password is empty'],
    [
      'a leaked password',
      { password: 'iloveyou', current_password: TEST_PASSWORD },
      422,
      'This password is on lists of leaked passwords: choose another',
    ],
    [
      'the same password',
      { password: TEST_PASSWORD, current_password: TEST_PASSWORD },
      422,
      'The new password must differ from the current one',
    ],
    ['an empty name', { username: '' }, 422, 'The name must not be empty'],
    ['a blank name', { username: '   ' }, 422, 'The name must not be empty'],
    ['NUL in the name', { username: 'a\0b' }, 422, 'The name contains a character that cannot be stored'],
    [
      'half a character in the name',
      { username: 'a\ud800' },
      422,
      'The name contains a character that cannot be stored',
    ],
    ['a name of 256 characters', { username: 'x'.repeat(256) }, 422, 'At most 255 characters'],
    ['the name of another', { username: 'admin' }, 409, 'Another account has this name'],
    [
      'the name of another beside a good password',
      { username: 'admin', password: NEW_PASSWORD, current_password: TEST_PASSWORD },
      409,
      'Another account has this name',
    ],
    [
      'a good name beside a bad password',
      { username: 'fine', password: 'x', current_password: TEST_PASSWORD },
      422,
      'The password needs at least 8 characters',
    ],
  ]
  test.each(refusals)('refuses %s and changes nothing', async (_name, change, status, sentence) => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const response = await patch(cookie, change)
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(sentence)
    expect(response.headers.getSetCookie()).toEqual([])
    expect({ ...(await readUser(user.id)), lastSeenAt: null }).toEqual(user)
    expect((await get({ cookie })).status).toBe(200)
  })

  test('names the place of a fault', async () => {
    const user = await createAccount(world)
    const response = await patch(await sessionCookies(world, user), { password: 'x', current_password: 'y' })
    expect(await response.json()).toEqual({
      detail: [
        {
          type: 'value_error',
          loc: ['body', 'user', 'current_password'],
          msg: 'The current password is wrong',
        },
      ],
    })
  })

  test('records a wrong current password', async () => {
    const user = await createAccount(world)
    await patch(await sessionCookies(world, user), { password: NEW_PASSWORD, current_password: 'nope' })
    expect(await lastEvent('user.changePassword', user.id)).toMatchObject({
      outcome: 'failure',
      reason: 'wrong-password',
    })
  })

  test('refuses a password to an account that signs in elsewhere', async () => {
    const user = await createAccount(world, { authMethod: 'OAUTH2' })
    const cookie = await sessionCookies(world, user)
    const response = await patch(cookie, { password: NEW_PASSWORD, current_password: TEST_PASSWORD })
    expect(response.status).toBe(409)
    expect((await readUser(user.id)).passwordHash).toBeNull()
    expect((await patch(cookie, { username: `${user.username} b` })).status).toBe(200)
  })

  test.each([
    ['a role', { role: 'ADMIN' }, 'Nobody changes the own role'],
    ['an address', { username: 'Not to be', email: 'x@example.com' }, 'An e-mail address never changes'],
  ])('refuses %s aloud and changes nothing', async (_what, change, sentence) => {
    const user = await createAccount(world)
    const response = await patch(await sessionCookies(world, user), change)
    expect(response.status).toBe(422)
    expect(await response.text()).toContain(sentence)
    expect({ ...(await readUser(user.id)), lastSeenAt: null }).toEqual(user)
  })

  test('ignores what it does not know', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const response = await patch(cookie, { reset_password: true, email: null })
    expect(response.status).toBe(200)
    expect({ ...(await readUser(user.id)), lastSeenAt: null }).toEqual(user)
  })

  test.each<[string, unknown, number]>([
    ['no body', undefined, 422],
    ['a list', [], 422],
    ['no user', {}, 422],
    ['a number for a name', { user: { username: 7 } }, 422],
    ['a list for a password', { user: { password: ['x'], current_password: TEST_PASSWORD } }, 422],
  ])('answers %s with %i', async (_name, json, status) => {
    const cookie = await sessionCookies(world, await createAccount(world))
    expect((await call(PATCH, 'PATCH', { cookie }, json)).status).toBe(status)
  })

  test('is for sessions: keys and the admin secret are refused', async () => {
    const user = await createAccount(world, { role: 'ADMIN' })
    const change = { user: { username: 'by a key' } }
    for (const headers of [
      await bearerKey(user.id),
      await bearerKey(1),
      { authorization: `Bearer ${ADMIN_SECRET}` },
    ]) {
      expect((await call(PATCH, 'PATCH', headers, change)).status).toBe(403)
    }
    expect((await call(PATCH, 'PATCH', {}, change)).status).toBe(401)
  })

  test('refuses a page of another site that rides on the cookie', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const change = { user: { username: `${user.username} c` } }
    const from = (origin: string) => call(PATCH, 'PATCH', { cookie, origin }, change)
    expect((await from('http://evil.example.net')).status).toBe(403)
    expect((await from('null')).status).toBe(403)
    expect((await from('http://localhost')).status).toBe(200)
  })

  test('lets no session slip past: those that are renewed or opened meanwhile end as well', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const sessions = await Promise.all([1, 2, 3, 4].map(() => createSession(world, user)))
    let isChanged = false
    const keepRenewing = async (cookies: string) => {
      for (let current = cookies; !isChanged; ) {
        const response = await call(refresh, 'POST', { cookie: current })
        if (response.status !== 204) return
        current = response.headers.getSetCookie().join('; ')
      }
    }
    const keepSigningIn = async () => {
      while (!isChanged) await signIn(user.email, TEST_PASSWORD)
    }
    const change = async () => {
      const response = await patch(cookie, { password: NEW_PASSWORD, current_password: TEST_PASSWORD })
      isChanged = true
      return response
    }
    const [response] = await Promise.all([
      change(),
      keepSigningIn(),
      ...sessions.map((session) => keepRenewing(cookieHeader(session))),
    ])
    expect(response.status).toBe(200)
    const { accessTokens, refreshTokens } = world.db.t
    for (const t of [accessTokens, refreshTokens]) {
      expect(await world.db.read.select().from(t).where(eq(t.userId, user.id))).toEqual([])
    }
  })
})

describe('with authentication off', () => {
  test('GET answers that nobody is anybody, PATCH is refused', async () => {
    await createTestRuntime({ config: { auth: { enabled: false } } })
    const response = await get({})
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ data: { auth_method: 'ANONYMOUS' } })
    expect((await patch('a=b', { username: 'x' })).status).toBe(403)
  })
})
