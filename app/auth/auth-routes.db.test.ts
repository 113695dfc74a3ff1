import { pbkdf2Sync } from 'node:crypto'
import { and, desc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { POST as login } from '#app/auth/login/route'
import { GET as logout } from '#app/auth/logout/route'
import { POST as refresh } from '#app/auth/refresh/route'
import { authenticate } from '#server/auth/authenticate'
import { signToken } from '#server/auth/tokens'
import type { RouteHandler } from '#server/http'
import type { User } from '#server/users/find'
import { cookieHeader, createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { createTestRuntime, TEST_SECRET, type TestRuntime } from '../../test/runtime'

const NOW = new Date('2026-05-01T12:00:00.000Z')
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
let now = NOW
let world: TestRuntime
const auth = { accessTokenMinutes: 10, refreshTokenMinutes: 60 }

beforeAll(async () => {
  world = await createTestRuntime({ clock: () => now, config: { auth } })
})
beforeEach(() => {
  now = NOW
})

interface Sent {
  headers?: Record<string, string>
  json?: unknown
  text?: string
}

function call(handler: RouteHandler, method: string, path: string, sent: Sent = {}): Promise<Response> {
  const body = sent.text ?? (sent.json === undefined ? null : JSON.stringify(sent.json))
  const type: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
  const headers = { host: 'localhost:6006', 'x-bennu-peer': '192.0.2.7', ...type, ...sent.headers }
  const request = new Request(`http://localhost:6006${path}`, { method, headers, body })
  return handler(request, { params: Promise.resolve({}) })
}
const signIn = (json: unknown, headers?: Record<string, string>) =>
  call(login, 'POST', '/auth/login', { json, ...(headers && { headers }) })
const renew = (cookie: string) => call(refresh, 'POST', '/auth/refresh', { headers: { cookie } })
const signOut = (headers: Record<string, string>) => call(logout, 'GET', '/auth/logout', { headers })

/** What a browser keeps of an answer's cookies. */
function session(response: Response): { accessToken: string; refreshToken: string } {
  const [access, renewal] = response.headers.getSetCookie().map((line) => line.split(';')[0]?.split('=')[1])
  return { accessToken: access ?? '', refreshToken: renewal ?? '' }
}

const problemOf = async (accessToken: string) =>
  (await authenticate(world, { authorization: null, accessCookie: accessToken })).problem

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

async function readUser(id: number): Promise<User> {
  const { users } = world.db.t
  const [user] = await world.db.read.select().from(users).where(eq(users.id, id))
  return user as User
}

async function expectRefused(response: Response, sentence: string) {
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Bennu"')
  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(response.headers.getSetCookie()).toEqual([])
  expect(await response.text()).toBe(sentence)
}
const WRONG = 'Wrong e-mail address or password'

describe('POST /auth/login', () => {
  test('with the right password answers 204, no body and both cookies', async () => {
    const user = await createAccount(world)
    const response = await signIn({ email: user.email, password: TEST_PASSWORD })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^phoenix-access-token=[\w-]+\.[\w-]+\.[\w-]+; HttpOnly; Max-Age=600; Path=\/; SameSite=strict$/,
      ),
      expect.stringMatching(
        /^phoenix-refresh-token=[\w-]+\.[\w-]+\.[\w-]+; HttpOnly; Max-Age=3600; Path=\/; SameSite=strict$/,
      ),
    ])
    expect(await problemOf(session(response).accessToken)).toBeNull()
  })

  test('lets the first admin in with the documented password, to reset it', async () => {
    const response = await signIn({ email: 'admin@localhost', password: 'admin' })
    const { actor } = await authenticate(world, {
      authorization: null,
      accessCookie: session(response).accessToken,
    })
    expect(actor).toMatchObject({ kind: 'session', userId: 2, role: 'ADMIN', mustReset: true })
  })

  test('takes the address in any case and with blanks around it', async () => {
    const user = await createAccount(world, { username: 'Grace', email: 'grace@example.com' })
    expect((await signIn({ email: '  GRACE@Example.COM ', password: TEST_PASSWORD })).status).toBe(204)
    expect((await lastEvent('session.login', user.id))?.outcome).toBe('success')
  })

  test('finds a row whose address has capitals', async () => {
    await createAccount(world, { email: 'Mixed.Case@Example.com' })
    expect((await signIn({ email: 'mixed.case@example.com', password: TEST_PASSWORD })).status).toBe(204)
  })

  test('may be done any number of times; every session works', async () => {
    const user = await createAccount(world)
    const sessions = await Promise.all(
      [1, 2, 3].map(async () => session(await signIn({ email: user.email, password: TEST_PASSWORD }))),
    )
    for (const { accessToken } of sessions) expect(await problemOf(accessToken)).toBeNull()
  })

  test('marks the cookies Secure when the request came by https', async () => {
    const user = await createAccount(world)
    const headers = { 'x-forwarded-proto': 'https' }
    const response = await signIn({ email: user.email, password: TEST_PASSWORD }, headers)
    for (const cookie of response.headers.getSetCookie()) expect(cookie).toMatch(/; Secure$/)
  })

  test('records who signed in, with what credential and from where', async () => {
    const user = await createAccount(world)
    await signIn({ email: user.email, password: TEST_PASSWORD }, { 'user-agent': 'a browser' })
    expect(await lastEvent('session.login', user.id)).toMatchObject({
      outcome: 'success',
      reason: null,
      actorUserId: user.id,
      actorName: user.username,
      credential: expect.stringMatching(/^AccessToken:\d+$/),
      address: '192.0.2.7',
      userAgent: 'a browser',
    })
  })

  const twins: [string, (user: User) => Promise<Partial<User>> | Partial<User>, string][] = [
    ['a disabled account', () => ({ disabledAt: NOW }), 'disabled'],
    ['an account of an identity provider', () => ({ authMethod: 'OAUTH2', passwordHash: null }), 'not-local'],
    ['an account of the directory', () => ({ authMethod: 'LDAP', passwordHash: null }), 'not-local'],
    ['a system account', () => ({ role: 'SYSTEM' }), 'not-local'],
    ['an account without a password', () => ({ passwordHash: null }), 'wrong-password'],
  ]
  test.each(twins)('refuses %s that was let in before', async (_name, columnsOf, reason) => {
    const user = await createAccount(world)
    const credentials = { email: user.email, password: TEST_PASSWORD }
    expect((await signIn(credentials)).status).toBe(204)
    const columns = await columnsOf(user)
    const { users } = world.db.t
    await world.db.write((tx) => tx.update(users).set(columns).where(eq(users.id, user.id)))
    await expectRefused(await signIn(credentials), WRONG)
    expect(await lastEvent('session.login', user.id)).toMatchObject({ outcome: 'failure', reason })
  })

  test('refuses a wrong password and records it with the address that was given', async () => {
    const user = await createAccount(world)
    await expectRefused(await signIn({ email: user.email, password: `${TEST_PASSWORD}x` }), WRONG)
    expect(await lastEvent('session.login', user.id)).toMatchObject({
      outcome: 'failure',
      reason: 'wrong-password',
      actorName: user.email,
      targetName: user.username,
    })
  })

  test('refuses an unknown address with the same answer and records it', async () => {
    await expectRefused(await signIn({ email: 'nobody@example.com', password: TEST_PASSWORD }), WRONG)
    const { auditEvents } = world.db.t
    const [event] = await world.db.read
      .select()
      .from(auditEvents)
      .where(eq(auditEvents.actorName, 'nobody@example.com'))
    expect(event).toMatchObject({ action: 'session.login', reason: 'unknown-user', target: null })
  })

  test.each([
    ['no email', { password: 'x' }],
    ['no password', { email: 'a@example.com' }],
    ['an empty email', { email: '', password: 'x' }],
    ['a blank email', { email: '  ', password: 'x' }],
    ['an empty password', { email: 'a@example.com', password: '' }],
    ['nulls', { email: null, password: null }],
    ['nothing', {}],
  ])('answers 401 to %s', async (_name, body) => {
    await expectRefused(await signIn(body), 'E-mail address and password are required')
  })

  test.each<[string, Sent, number]>([
    ['no body', {}, 401],
    ['broken JSON', { text: '{"email":' }, 400],
    ['a list', { json: [] }, 422],
    ['a number for an address', { json: { email: 1, password: 'x' } }, 422],
    ['NUL in the address', { json: { email: 'a\0b@example.com', password: 'x' } }, 401],
    ['half a character in both', { json: { email: '\ud800@example.com', password: '\ud800' } }, 401],
    ['a password of a megabyte', { json: { email: 'a@example.com', password: 'x'.repeat(1_000_000) } }, 401],
    ['a body of two megabytes', { text: 'x'.repeat(2_000_000) }, 413],
  ])('answers %s without a 500', async (_name, sent, status) => {
    expect((await call(login, 'POST', '/auth/login', sent)).status).toBe(status)
  })

  test('refuses a page of another site even with the right password', async () => {
    const user = await createAccount(world)
    const credentials = { email: user.email, password: TEST_PASSWORD }
    expect((await signIn(credentials, { origin: 'http://evil.example.net' })).status).toBe(403)
    expect((await signIn(credentials, { origin: 'http://localhost:6006' })).status).toBe(204)
  })

  test('upgrades a password kept as PBKDF2 with a salt, once', async () => {
    const passwordSalt = Buffer.alloc(32, 9)
    const passwordHash = pbkdf2Sync('phoenix', passwordSalt, 10_000, 32, 'sha256')
    const user = await createAccount(world, { passwordHash, passwordSalt })
    await expectRefused(await signIn({ email: user.email, password: 'phoeniy' }), WRONG)
    expect((await readUser(user.id)).passwordSalt).toEqual(passwordSalt)
    expect((await signIn({ email: user.email, password: 'phoenix' })).status).toBe(204)
    const upgraded = await readUser(user.id)
    expect(upgraded.passwordSalt).toBeNull()
    expect(upgraded.passwordHash?.toString('utf8')).toMatch(/^\$argon2id\$/)
    expect((await signIn({ email: user.email, password: 'phoenix' })).status).toBe(204)
    expect((await readUser(user.id)).passwordHash).toEqual(upgraded.passwordHash)
  })
})

describe('POST /auth/refresh', () => {
  let user: User
  beforeEach(async () => {
    user = await createAccount(world)
  })

  test('gives a new pair with full lifetimes, and the old access token is dead at once', async () => {
    const old = await createSession(world, user)
    now = later(9)
    const response = await renew(cookieHeader(old))
    expect(response.status).toBe(204)
    expect(await problemOf(old.accessToken)).toBe('invalid')
    now = new Date(later(19).getTime() - 1)
    expect(await problemOf(session(response).accessToken)).toBeNull()
  })

  test('works exactly once with one refresh token', async () => {
    const old = await createSession(world, user)
    const next = session(await renew(cookieHeader(old)))
    await expectRefused(await renew(cookieHeader(old)), 'The refresh token is not valid')
    expect(next.refreshToken).not.toBe(old.refreshToken)
  })

  test('with a refresh token that was used before ends that session, the pair in hand included', async () => {
    const old = await createSession(world, user)
    const elsewhere = await createSession(world, user)
    const next = session(await renew(cookieHeader(old)))
    const afterNext = session(await renew(cookieHeader(next)))
    await expectRefused(await renew(cookieHeader(old)), 'The refresh token is not valid')
    expect(await problemOf(afterNext.accessToken)).toBe('invalid')
    await expectRefused(await renew(cookieHeader(afterNext)), 'The refresh token is not valid')
    expect(await problemOf(elsewhere.accessToken)).toBeNull()
    const event = await lastEvent('session.refresh', user.id)
    expect(event).toMatchObject({ outcome: 'failure', reason: 'reused' })
    expect(JSON.parse(event?.details ?? '')).toEqual({ ended: 1, sessions: [`Session:${old.sessionId}`] })
  })

  test('of two at the same moment lets one through, and the session is over', async () => {
    const old = await createSession(world, user)
    const answers = await Promise.all([1, 2, 3].map(() => renew(cookieHeader(old))))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401])
    const winner = answers.find(({ status }) => status === 204) as Response
    expect(await problemOf(session(winner).accessToken)).toBe('invalid')
  })

  test('keeps the session, and notes from where and with what it was used', async () => {
    const facts = { address: '192.0.2.1', userAgent: 'old/1' }
    const old = await createSession(world, user, facts)
    now = later(9)
    await call(refresh, 'POST', '/auth/refresh', {
      headers: { cookie: cookieHeader(old), 'user-agent': 'new/2' },
    })
    const { sessions } = world.db.t
    const rows = await world.db.read.select().from(sessions).where(eq(sessions.userId, user.id))
    expect(rows).toEqual([
      {
        id: old.sessionId,
        userId: user.id,
        method: 'LOCAL',
        createdAt: NOW,
        lastSeenAt: later(9),
        address: '192.0.2.7',
        userAgent: 'new/2',
      },
    ])
  })

  test('works when the access token is long over', async () => {
    const old = await createSession(world, user)
    now = later(59)
    expect((await renew(`phoenix-refresh-token=${old.refreshToken}`)).status).toBe(204)
  })

  test('is refused at the end of the refresh token', async () => {
    const old = await createSession(world, user)
    now = later(60)
    await expectRefused(await renew(cookieHeader(old)), 'The refresh token is not valid')
    expect((await lastEvent('session.refresh', user.id))?.reason).toBe('expired')
  })

  test('leaves other sessions alone, but ends that of the access token sent along', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => createSession(world, user)))
    if (!one || !two || !three) throw new Error('three sessions were made')
    await renew(cookieHeader({ accessToken: two.accessToken, refreshToken: one.refreshToken }))
    expect(await problemOf(one.accessToken)).toBe('invalid')
    expect(await problemOf(two.accessToken)).toBe('invalid')
    expect(await problemOf(three.accessToken)).toBeNull()
  })

  test('does not end a session of somebody else', async () => {
    const mine = await createSession(world, user)
    const theirs = await createSession(world, await createAccount(world))
    await renew(cookieHeader({ accessToken: theirs.accessToken, refreshToken: mine.refreshToken }))
    expect(await problemOf(theirs.accessToken)).toBeNull()
  })

  test('keeps the session of a disabled account for later, and records the attempt', async () => {
    const old = await createSession(world, user)
    const { users } = world.db.t
    const set = (disabledAt: Date | null) =>
      world.db.write((tx) => tx.update(users).set({ disabledAt }).where(eq(users.id, user.id)))
    await set(NOW)
    await expectRefused(await renew(cookieHeader(old)), 'The refresh token is not valid')
    expect(await lastEvent('session.refresh', user.id)).toMatchObject({
      outcome: 'failure',
      reason: 'disabled',
    })
    await set(null)
    expect((await renew(cookieHeader(old))).status).toBe(204)
  })

  test('is open to somebody who must reset the password', async () => {
    const pending = await createAccount(world, { resetPassword: true })
    expect((await renew(cookieHeader(await createSession(world, pending)))).status).toBe(204)
  })

  test('without the cookie is refused', async () => {
    const { accessToken } = await createSession(world, user)
    await expectRefused(await renew(`phoenix-access-token=${accessToken}`), 'The refresh token is missing')
  })

  test('takes no token of another kind, no forged one and no garbage', async () => {
    const { accessToken, refreshToken } = await createSession(world, user)
    const forged = signToken('RefreshToken', 1, 'another-secret-0123456789-abcdefg')
    for (const text of [accessToken, forged, 'garbage', refreshToken.slice(0, -3)]) {
      const response = await renew(`phoenix-refresh-token=${text}`)
      await expectRefused(response, 'The refresh token is not valid')
    }
    expect((await renew(`phoenix-refresh-token=${refreshToken}`)).status).toBe(204)
  })

  test('is not fooled by a text for a live row made with the leaked secret', async () => {
    const { refreshToken } = await createSession(world, user)
    const payload = JSON.parse(Buffer.from(refreshToken.split('.')[1] ?? '', 'base64url').toString())
    const rowId = Number(payload.jti.split(':')[1])
    const forged = signToken('RefreshToken', rowId, TEST_SECRET)
    await expectRefused(await renew(`phoenix-refresh-token=${forged}`), 'The refresh token is not valid')
    expect((await renew(`phoenix-refresh-token=${refreshToken}`)).status).toBe(204)
  })

  test('drops rows of the same account that are over', async () => {
    await createSession(world, user)
    now = later(61)
    await createSession(world, user)
    const { refreshTokens } = world.db.t
    const rows = await world.db.read.select().from(refreshTokens).where(eq(refreshTokens.userId, user.id))
    expect(rows.length).toBe(1)
  })
})

describe('GET /auth/logout', () => {
  const CLEARED = [
    'phoenix-access-token=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
    'phoenix-refresh-token=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
    'phoenix-oauth2-state=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
    'phoenix-oauth2-nonce=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
  ]
  let user: User
  beforeEach(async () => {
    user = await createAccount(world)
  })

  test('leads to the login page and clears all four cookies', async () => {
    const response = await signOut({ cookie: cookieHeader(await createSession(world, user)) })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('/login')
    expect(response.headers.get('clear-site-data')).toBe('"cache"')
    expect(response.headers.getSetCookie()).toEqual(CLEARED)
  })

  test('answers the same to nobody at all', async () => {
    const response = await signOut({})
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login'])
    expect(response.headers.getSetCookie()).toEqual(CLEARED)
  })

  test.each<Record<string, string>>([
    { cookie: 'phoenix-access-token=garbage; phoenix-refresh-token=garbage' },
    { authorization: 'Bearer garbage' },
    { authorization: 'Basic YTpi' },
  ])('does not fail with %j', async (headers) => {
    expect((await signOut(headers)).status).toBe(302)
  })

  const ways: [
    string,
    (s: { accessToken: string; refreshToken: string }) => Record<string, string>,
    number,
  ][] = [
    ['both cookies', (s) => ({ cookie: cookieHeader(s) }), 0],
    ['the access cookie alone', (s) => ({ cookie: `phoenix-access-token=${s.accessToken}` }), 0],
    ['the refresh cookie alone', (s) => ({ cookie: `phoenix-refresh-token=${s.refreshToken}` }), 0],
    ['a bearer', (s) => ({ authorization: `Bearer ${s.accessToken}` }), 0],
    ['an access token that is over', (s) => ({ cookie: `phoenix-access-token=${s.accessToken}` }), 30],
  ]
  test.each(ways)(
    'by %s ends every session of that person, in every browser',
    async (_name, headersOf, age) => {
      const here = await createSession(world, user)
      now = later(age)
      const elsewhere = await createSession(world, user)
      await signOut(headersOf(here))
      expect(await problemOf(elsewhere.accessToken)).toBe('invalid')
      expect((await renew(cookieHeader(elsewhere))).status).toBe(401)
      expect(await lastEvent('session.logout', user.id)).toMatchObject({
        outcome: 'success',
        actorUserId: user.id,
      })
    },
  )

  test('leaves everybody else signed in', async () => {
    const other = await createSession(world, await createAccount(world))
    await signOut({ cookie: cookieHeader(await createSession(world, user)) })
    expect(await problemOf(other.accessToken)).toBeNull()
  })

  test('is open to somebody who must reset the password', async () => {
    const pending = await createAccount(world, { resetPassword: true })
    const here = await createSession(world, pending)
    expect((await signOut({ cookie: cookieHeader(here) })).status).toBe(302)
    expect(await problemOf(here.accessToken)).toBe('invalid')
  })
})

describe('with authentication off', () => {
  test('there is nothing under /auth', async () => {
    const on = world
    await createTestRuntime({ config: { auth: { enabled: false } } })
    for (const response of [
      await signIn({ email: 'admin@localhost', password: 'admin' }),
      await call(login, 'POST', '/auth/login', { text: '{' }),
      await renew('a=b'),
      await signOut({}),
    ]) {
      expect([response.status, await response.text()]).toEqual([404, 'Not Found'])
      expect(response.headers.getSetCookie()).toEqual([])
    }
    world = on
  })
})
