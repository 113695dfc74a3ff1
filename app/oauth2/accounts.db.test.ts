/** Whom a provider's word lets in, as whom, and with which role. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Provider } from '#server/oidc/model'
import { setRuntime } from '#server/runtime'
import { wrapSecret } from '#server/secrets/secrets'
import { listRecentSignIns } from '#server/sso-providers/recent'
import { deleteUser } from '#server/users/delete'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import { call } from '../../test/call'
import { openTestDatabase } from '../../test/database'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type HostileIssuer,
  startHostileProvider,
} from '../../test/hostile-provider'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { beginAt, comeBack, Jar } from '../../test/sso-browser'
import * as login from './[idp]/login/route'
import * as tokens from './[idp]/tokens/route'
import * as callback from './callback/route'

type Json = Record<string, unknown>
const routes = { login, tokens }
let world: TestRuntime
let server: Awaited<ReturnType<typeof startHostileProvider>>
let idp: HostileIssuer

beforeAll(async () => {
  server = await startHostileProvider()
  world = await createTestRuntime()
})
afterAll(() => server.close())
beforeEach(async () => {
  const { users } = world.db.t
  await world.db.write((tx) => tx.delete(users).where(eq(users.authMethod, 'OAUTH2')))
  idp = server.issuer()
  use()
})

function use(rest: Partial<Provider> = {}): void {
  world.config = { ...world.config, oauth2: { providers: [idp.settings(rest)] } }
}

async function signIn(claims: Json = {}, query = '', issuer = idp): Promise<string> {
  issuer.behaviour.claims = (all) => ({ ...all, ...claims })
  const jar = new Jar()
  const { name } = issuer.settings()
  const start = await beginAt(routes, name, jar, query)
  const location = start.headers.get('location') ?? ''
  if (location.startsWith('/')) return location
  const end = await comeBack(routes, name, jar, issuer.agree(location))
  return end.headers.get('location') ?? String(end.status)
}

const REFUSED = '/login?error='
const find = async (columns: Partial<Pick<User, 'oauth2UserId' | 'id'>>) => {
  const { users } = world.db.t
  const condition = columns.id ? eq(users.id, columns.id) : eq(users.oauth2UserId, columns.oauth2UserId ?? '')
  const [user] = await world.db.read.select().from(users).where(condition)
  return user
}
const ada = () => find({ oauth2UserId: 'subject-1' })
const invited = (columns: Parameters<typeof createAccount>[1] = {}) =>
  createAccount(world, { authMethod: 'OAUTH2', email: 'ada@example.com', ...columns })

describe('where people may sign up', () => {
  test('a newcomer gets an account and is linked to it', async () => {
    expect(await signIn({ picture: 'https://p.example/a.png', email: ' Ada@Example.com ' })).toBe('/')
    expect(await ada()).toMatchObject({
      username: 'Ada',
      email: 'ada@example.com',
      role: 'MEMBER',
      authMethod: 'OAUTH2',
      oauth2ClientId: CLIENT_ID,
      profilePictureUrl: 'https://p.example/a.png',
    })
    const links = await world.db.read.select().from(world.db.t.linkedAccounts)
    expect(links).toEqual([
      expect.objectContaining({ provider: CLIENT_ID, providerAccountId: 'subject-1', issuer: idp.issuer }),
    ])
  })

  test('whoever was here before is found by the subject, whatever the address is now', async () => {
    await signIn()
    const before = await ada()
    expect(await signIn({ email: 'new@example.com', name: 'Other' })).toBe('/')
    expect(await ada()).toMatchObject({ id: before?.id, username: 'Ada', email: 'new@example.com' })
  })

  test('an account that was made with the subject is found and linked', async () => {
    const made = await invited({ oauth2ClientId: CLIENT_ID, oauth2UserId: 'subject-1', role: 'ADMIN' })
    expect(await signIn()).toBe('/')
    expect(await ada()).toMatchObject({ id: made.id, role: 'ADMIN' })
  })

  test.each([
    ['an account of a provider', { authMethod: 'OAUTH2' as const }],
    ['an account with a password', { authMethod: 'LOCAL' as const }],
  ])('the address of %s claims nothing', async (_, columns) => {
    const other = await createAccount(world, { email: 'taken@example.com', username: 'taken', ...columns })
    expect(await signIn({ email: 'taken@example.com' })).toBe(`${REFUSED}email_in_use`)
    expect(await find({ id: other.id })).toEqual(other)
    await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.id, other.id)))
  })

  test('a blocked address is not let in', async () => {
    await signIn()
    const user = await ada()
    const ctx = { ...world, actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }
    await deleteUser(ctx, user?.id ?? 0, { block: true })
    expect(await signIn({ name: 'Somebody' })).toBe(`${REFUSED}sign_in_not_allowed`)
    await world.db.write((tx) => tx.delete(world.db.t.blockedIdentities))
  })
})

describe('where nobody may sign up', () => {
  beforeEach(() => use({ allowSignUp: false }))

  test('a stranger is not let in', async () => {
    expect(await signIn()).toBe(`${REFUSED}sign_in_not_allowed`)
  })

  test.each([
    ['nobody yet', {}, '/'],
    ['another client', { oauth2ClientId: 'other', oauth2UserId: 'x' }, '/'],
    ['this client', { oauth2ClientId: CLIENT_ID }, '/'],
    [
      'another person of this client',
      { oauth2ClientId: CLIENT_ID, oauth2UserId: 'x' },
      `${REFUSED}sign_in_not_allowed`,
    ],
    [
      'a password',
      { authMethod: 'LOCAL' as const, email: 'local@example.com' },
      `${REFUSED}sign_in_not_allowed`,
    ],
  ])('an account that was made for the address and belongs to %s', async (_, columns, expected) => {
    const made = await invited(columns)
    expect(await signIn({ email: made.email })).toBe(expected)
    expect((await find({ id: made.id }))?.oauth2UserId).toBe(
      expected === '/' ? 'subject-1' : (made.oauth2UserId ?? null),
    )
    await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.id, made.id)))
  })

  test.each([[false], ['false'], ['False']])(
    'an address that is not verified (%j) claims no account',
    async (verified) => {
      const made = await invited()
      expect(await signIn({ email_verified: verified })).toBe(`${REFUSED}sign_in_not_allowed`)
      expect((await find({ id: made.id }))?.oauth2UserId).toBeNull()
      expect(await signIn({ email_verified: true })).toBe('/')
    },
  )
})

describe('an address that is not verified', () => {
  test('makes no account', async () => {
    expect(await signIn({ email_verified: false })).toBe(`${REFUSED}sign_in_not_allowed`)
    expect(await ada()).toBeUndefined()
  })

  test('does not become the address of somebody who is known, who signs in all the same', async () => {
    await signIn()
    expect(await signIn({ email: 'victim@example.com', email_verified: false })).toBe('/')
    expect((await ada())?.email).toBe('ada@example.com')
  })

  test('says nothing about an address from another claim', async () => {
    use({ emailPath: 'preferred_username' })
    expect(await signIn({ preferred_username: 'upn@example.com', email_verified: false })).toBe('/')
  })
})

describe('an account that', () => {
  test('is disabled is refused like a wrong token', async () => {
    await signIn()
    const { users } = world.db.t
    await world.db.write((tx) =>
      tx.update(users).set({ disabledAt: new Date() }).where(eq(users.oauth2UserId, 'subject-1')),
    )
    expect(await signIn()).toBe(`${REFUSED}auth_failed`)
  })

  test('another provider with the same client id vouches for is not signed in', async () => {
    await signIn()
    const other = server.issuer()
    world.config = { ...world.config, oauth2: { providers: [idp.settings(), other.settings()] } }
    expect(await signIn({}, '', other)).toBe(`${REFUSED}sign_in_not_allowed`)
    // Nor when the first is switched off or gone.
    world.config = { ...world.config, oauth2: { providers: [other.settings()] } }
    expect(await signIn({}, '', other)).toBe(`${REFUSED}sign_in_not_allowed`)
  })

  test('belongs to a provider that has moved to another address is signed in', async () => {
    await signIn()
    const before = await ada()
    const moved = server.issuer()
    const { name } = idp.settings()
    world.config = { ...world.config, oauth2: { providers: [{ ...moved.settings(), name }] } }
    moved.settings = () => ({
      ...idp.settings(),
      discoveryUrl: `${moved.issuer}/.well-known/openid-configuration`,
    })
    expect(await signIn({}, '', moved)).toBe('/')
    expect((await ada())?.id).toBe(before?.id)
  })
})

describe('roles and groups', () => {
  const mapped = {
    rolePath: 'roles',
    roleMapping: [
      ['boss', 'ADMIN'],
      ['staff', 'MEMBER'],
    ] as const,
  }

  test('a mapped role is that of a newcomer, and follows the provider, and ends older sessions', async () => {
    use(mapped)
    await createAccount(world, { role: 'ADMIN' })
    expect(await signIn({ roles: ['nothing', 'boss', 'staff'] })).toBe('/')
    const user = await ada()
    expect(user?.role).toBe('ADMIN')
    const older = await createSession(world, user as User, { method: 'OAUTH2' })
    expect(await signIn({ roles: 'staff' })).toBe('/')
    expect((await ada())?.role).toBe('MEMBER')
    const { sessions } = world.db.t
    expect(await world.db.read.select().from(sessions).where(eq(sessions.id, older.sessionId))).toEqual([])
  })

  test('a role that was given here stays where roles do not follow', async () => {
    use({ ...mapped, roleResync: false })
    await signIn({ roles: 'staff' })
    await signIn({ roles: 'boss' })
    expect((await ada())?.role).toBe('MEMBER')
  })

  test.each([
    ['is missing', {}],
    ['is not mapped', { roles: 'guest' }],
  ])('a role that %s is VIEWER, or nothing where one is demanded', async (_, claims) => {
    use({ ...mapped, roleStrict: true })
    expect(await signIn(claims)).toBe(`${REFUSED}auth_failed`)
    use(mapped)
    expect(await signIn(claims)).toBe('/')
    expect((await ada())?.role).toBe('VIEWER')
  })

  test.each([
    [{ groups: ['a', 'b'] }, '/'],
    [{ groups: 'b' }, '/'],
    [{ groups: ['B'] }, `${REFUSED}auth_failed`],
    [{ groups: [] }, `${REFUSED}auth_failed`],
    [{}, `${REFUSED}auth_failed`],
  ])('with %j where group b is let in', async (claims, expected) => {
    use({ groupsPath: 'groups', allowedGroups: ['b'] })
    expect(await signIn(claims)).toBe(expected)
  })

  test('empty groups in the id token do not hide those of userinfo', async () => {
    use({ groupsPath: 'groups', allowedGroups: ['b'] })
    idp.behaviour.userinfo = { sub: 'subject-1', groups: ['b'] }
    expect(await signIn({ groups: [] })).toBe('/')
  })

  test('groups that only userinfo knows count, and what the id token says goes first', async () => {
    use({ groupsPath: 'groups', allowedGroups: ['b'] })
    idp.behaviour.userinfo = { sub: 'subject-1', groups: ['b'], email: 'other@example.com' }
    expect(await signIn()).toBe('/')
    expect((await ada())?.email).toBe('ada@example.com')
  })

  test('userinfo is not asked when nothing is open', async () => {
    await signIn()
    expect(idp.counts.userinfo).toBe(0)
  })

  test('the last sign-ins are kept with the rule that decided', async () => {
    use(mapped)
    await signIn({ roles: 'staff' })
    await signIn({ roles: 'guest' })
    const { ssoRecentSignIns: t } = world.db.t
    const rows = await world.db.read.select().from(t).where(eq(t.provider, idp.settings().name)).orderBy(t.id)
    expect(
      rows.map(({ outcome, decision }) => [outcome, JSON.parse(decision).rule, JSON.parse(decision).from]),
    ).toEqual([
      ['success', 'role-mapping', 'staff'],
      ['success', 'unmapped-role', 'guest'],
    ])
  })
})

describe('where it leads', () => {
  test.each([
    ['/projects/UHJvamVjdDox', '/projects/UHJvamVjdDox'],
    ['/traces?x=1', '/traces?x=1'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https:evil.example', '/'],
    ['https://evil.example', '/'],
    ['/%5Cevil.example', '/%5Cevil.example'],
    ['%2F%2Fevil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/x\r\nset-cookie: a=b', '/xset-cookie:%20a=b'],
    ['javascript:alert(1)', '/'],
    ['/auth/logout', '/'],
    ['/oauth2/x/login', '/'],
    ['', '/'],
  ])('returnUrl %j leads to %s', async (asked, expected) => {
    expect(await signIn({}, `?returnUrl=${encodeURIComponent(asked)}`)).toBe(expected)
  })

  test('a cookie of somebody else does not lead astray either', async () => {
    const jar = new Jar()
    const { name } = idp.settings()
    const start = await beginAt(routes, name, jar)
    jar.cookies.set('phoenix-oauth2-return-url', encodeURIComponent('//evil.example'))
    const end = await comeBack(routes, name, jar, idp.agree(start.headers.get('location') ?? ''))
    expect(end.headers.get('location')).toBe('/')
  })

  test('below a root path it stays there, and the redirect URI names it', async () => {
    world.config = { ...world.config, server: { ...world.config.server, rootPath: '/bennu' } }
    const jar = new Jar()
    const { name } = idp.settings()
    const start = await beginAt(routes, name, jar)
    const asked = new URL(start.headers.get('location') ?? '')
    expect(asked.searchParams.get('redirect_uri')).toBe(`http://localhost/bennu/oauth2/${name}/tokens`)
    const end = await comeBack(routes, name, jar, idp.agree(asked.href))
    world.config = { ...world.config, server: { ...world.config.server, rootPath: '' } }
    expect(end.headers.get('location')).toBe('/bennu/')
  })
})

describe('the way there', () => {
  test('asks for a code with state, nonce, a challenge and every scope', async () => {
    use({ scopes: ['openid', 'email', 'profile', 'offline_access'] })
    const start = await beginAt(
      routes,
      idp.settings().name,
      new Jar(),
      '?redirect_uri=https://evil.example&scope=x',
    )
    expect(start.status).toBe(302)
    const url = new URL(start.headers.get('location') ?? '')
    expect(url.origin + url.pathname).toBe(`${idp.issuer}/authorize`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: `http://localhost/oauth2/${idp.settings().name}/tokens`,
      scope: 'openid email profile offline_access',
      state: expect.stringMatching(/^.{40,}$/),
      nonce: expect.stringMatching(/^.{20,}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    for (const cookie of start.headers.getSetCookie())
      expect(cookie).toMatch(/^phoenix-oauth2-.*; HttpOnly; Max-Age=900; Path=\/; SameSite=lax$/)
  })

  test.each([
    ['without PKCE where it is switched off', { pkce: false }, {}, false],
    [
      'without PKCE where the provider does not announce it',
      {},
      { code_challenge_methods_supported: undefined },
      false,
    ],
    ['with PKCE where it is demanded', { pkce: true }, { code_challenge_methods_supported: undefined }, true],
  ])('goes %s', async (_, rest, document, expected) => {
    use(rest)
    idp.behaviour.document = (all) => ({ ...all, ...document })
    const start = await beginAt(routes, idp.settings().name, new Jar())
    expect(new URL(start.headers.get('location') ?? '').searchParams.has('code_challenge')).toBe(expected)
    expect(await signIn()).toBe('/')
  })

  test.each([
    ['GET', 307],
    ['POST', 303],
  ])('to a provider that nobody knows goes back by %s with %s', async (method, status) => {
    const answer = await beginAt(routes, 'nobody', new Jar(), '', method)
    expect([answer.status, answer.headers.get('location')]).toEqual([status, '/login?error=unknown_idp'])
  })

  test('is not for a form of another site', async () => {
    const { name } = idp.settings()
    const path = `/oauth2/${name}/login`
    const answer = await call(login.POST, {
      method: 'POST',
      path,
      params: { idp: name },
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
  })

  test('is open sixty times a minute for one address', async () => {
    world.config = { ...world.config, limits: { ...world.config.limits, enabled: true } }
    const ask = () =>
      call(login.GET, {
        path: '/oauth2/nobody/login',
        params: { idp: 'nobody' },
        headers: { 'x-bennu-peer': '203.0.113.9' },
      })
    const statuses = []
    for (let n = 0; n < 61; n++) statuses.push((await ask()).status)
    world.config = { ...world.config, limits: { ...world.config.limits, enabled: false } }
    expect(statuses.filter((status) => status === 307)).toHaveLength(60)
    expect(statuses.at(-1)).toBe(429)
  })

  test('is not there while authentication is off', async () => {
    world.config = { ...world.config, auth: { ...world.config.auth, enabled: false } as never }
    const answer = await beginAt(routes, idp.settings().name, new Jar())
    world.config = { ...world.config, auth: { ...world.config.auth, enabled: true } as never }
    expect(answer.status).toBe(404)
  })

  test('leads to /logout when it fails and passwords are switched off', async () => {
    world.config = { ...world.config, auth: { ...world.config.auth, basicAuth: false } }
    const answer = await beginAt(routes, 'nobody', new Jar())
    world.config = { ...world.config, auth: { ...world.config.auth, basicAuth: true } }
    expect(answer.headers.get('location')).toBe('/logout?error=unknown_idp')
  })
})

test('a provider that an admin added serves a sign-in that begins on one replica and ends on another', async () => {
  const { name, displayName, clientSecret, assertionFile, redirectPath, ...settings } = idp.settings()
  expect([assertionFile, redirectPath]).toEqual([null, null])
  const now = new Date()
  const sealed = await wrapSecret(world.config.auth, clientSecret ?? '')
  const row = {
    name,
    displayName,
    enabled: true,
    position: 1,
    createdAt: now,
    updatedAt: now,
    clientSecret: sealed,
  }
  const { ssoProviders } = world.db.t
  world.config = { ...world.config, oauth2: { providers: [] } }
  expect((await beginAt(routes, name, new Jar())).headers.get('location')).toBe('/login?error=unknown_idp')
  await world.db.write((tx) => tx.insert(ssoProviders).values({ ...row, settings: JSON.stringify(settings) }))
  const jar = new Jar()
  const start = await beginAt(routes, name, jar)
  setRuntime({ ...world, db: await openTestDatabase(world.db.config) })
  const end = await comeBack(routes, name, jar, idp.agree(start.headers.get('location') ?? ''))
  setRuntime(world)
  expect(end.headers.get('location')).toBe('/')
  await world.db.write((tx) => tx.delete(ssoProviders))
})

test('the shorter callback knows the provider by the sealed state', async () => {
  use({ redirectPath: '/oauth2/callback' })
  const jar = new Jar()
  const start = await beginAt(routes, idp.settings().name, jar)
  const back = idp.agree(start.headers.get('location') ?? '')
  expect(back.pathname).toBe('/oauth2/callback')
  const path = back.pathname + back.search
  const end = await call(callback.GET, { path, headers: jar.header })
  expect(end.headers.get('location')).toBe('/')
})

test('the shorter callback is for a provider that was set up with it alone', async () => {
  const jar = new Jar()
  const start = await beginAt(routes, idp.settings().name, jar)
  const back = idp.agree(start.headers.get('location') ?? '')
  const end = await call(callback.GET, { path: `/oauth2/callback${back.search}`, headers: jar.header })
  expect(end.headers.get('location')).toBe('/login?error=invalid_state')
  expect(idp.counts.token).toBe(0)
})

test('an account that was made for an address says how it can be claimed', async () => {
  const made = await invited({ email: 'waiting@example.com' })
  expect(await signIn({ email: 'waiting@example.com' })).toBe(`${REFUSED}email_in_use`)
  const { ssoRecentSignIns: t } = world.db.t
  const rows = await world.db.read.select().from(t).where(eq(t.provider, idp.settings().name))
  expect(JSON.parse(rows[0]?.decision ?? '{}')).toMatchObject({
    rule: 'waits-for-address',
    note: expect.stringContaining('ALLOW_SIGN_UP=false'),
  })
  await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.id, made.id)))
})

test('a token that is not believed is among the last sign-ins, with nothing of it', async () => {
  expect(await signIn({ nonce: 'another' })).toBe(`${REFUSED}auth_failed`)
  const { ssoRecentSignIns: t } = world.db.t
  const rows = await world.db.read.select().from(t).where(eq(t.provider, idp.settings().name))
  expect(rows.map(({ claims, decision }) => [claims, JSON.parse(decision).rule])).toEqual([['{}', 'token']])
})

test('a subject that is a number is refused, and the page of admins says what to change', async () => {
  expect(await signIn({ sub: 4711 })).toBe(`${REFUSED}auth_failed`)
  const [last] = await listRecentSignIns(world, idp.settings().name)
  expect(last).toMatchObject({
    outcome: 'refused',
    code: 'auth_failed',
    decision: {
      rule: 'token',
      note: 'the sub of the token is a number: have the provider send it as a string',
    },
  })
})

test.each([['a\u0000b'], ['a\ud800b']])(
  'a subject that cannot be stored (%j) is refused, not an error',
  async (sub) => {
    expect(await signIn({ sub })).toBe(`${REFUSED}auth_failed`)
  },
)

test('a sign-in says for half a minute that it happened, in a cookie that comes along at once', async () => {
  const jar = new Jar()
  const { name } = idp.settings()
  const start = await beginAt(routes, name, jar)
  const end = await comeBack(routes, name, jar, idp.agree(start.headers.get('location') ?? ''))
  expect(end.headers.getSetCookie()).toContain(
    'bennu-just-signed-in=1; HttpOnly; Max-Age=30; Path=/; SameSite=lax',
  )
})

test('the client proves itself with a form-encoded id and secret', async () => {
  await signIn()
  const [scheme, credentials = ''] = (idp.tokenRequest?.authorization ?? '').split(' ')
  const [id = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':')
  const decode = (text: string) => new URLSearchParams(`x=${text}`).get('x')
  expect([scheme, decode(id), decode(secret)]).toEqual(['Basic', CLIENT_ID, CLIENT_SECRET])
  expect(idp.tokenRequest?.body.has('client_secret')).toBe(false)
})

test.each([
  ['client_secret_post', { client_id: CLIENT_ID, client_secret: CLIENT_SECRET }],
  ['none', { client_id: CLIENT_ID }],
] as const)('the client proves itself by %s', async (tokenAuth, expected) => {
  use({ tokenAuth })
  expect(await signIn()).toBe('/')
  const { body, authorization } = idp.tokenRequest ?? {}
  expect(authorization).toBeNull()
  expect(Object.fromEntries(body ?? [])).toMatchObject(expected)
  expect(body?.has('client_secret')).toBe('client_secret' in expected)
})

test('the client proves itself by an assertion from a file, as it is at that moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-assertion-'))
  const path = join(folder, 'token')
  const assertionFile = { path, confidential: false }
  use({ tokenAuth: 'client_assertion_jwt', clientSecret: null, assertionFile })
  try {
    expect(await signIn()).toBe(`${REFUSED}oauth_error`)
    for (const assertion of ['the first', 'the second']) {
      writeFileSync(path, assertion)
      expect(await signIn()).toBe('/')
      const { body, authorization } = idp.tokenRequest ?? {}
      expect(authorization).toBeNull()
      expect(body?.has('client_secret')).toBe(false)
      expect(Object.fromEntries(body ?? [])).toMatchObject({
        client_id: CLIENT_ID,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a sign-in through a provider is a session like any other', async () => {
  await signIn()
  const [session] = await world.db.read
    .select()
    .from(world.db.t.sessions)
    .where(eq(world.db.t.sessions.userId, (await ada())?.id ?? 0))
  expect(session?.method).toBe('OAUTH2')
})
