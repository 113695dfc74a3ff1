/** Signing out on both sides. */
import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { endByLogoutToken } from '#server/oidc/backchannel'
import type { Provider } from '#server/oidc/model'
import { sweepLogoutTokens } from '#server/oidc/sessions'
import { createSession } from '../../test/accounts'
import { call } from '../../test/call'
import { openTestDatabase } from '../../test/database'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type HostileIssuer,
  handmadeJwt,
  signedWith,
  startHostileProvider,
  testKey,
} from '../../test/hostile-provider'
import { createKey } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { beginAt, comeBack, Jar } from '../../test/sso-browser'
import * as logout from '../auth/logout/route'
import * as backchannel from './[idp]/backchannel-logout/route'
import * as login from './[idp]/login/route'
import * as tokens from './[idp]/tokens/route'

type Json = Record<string, unknown>
const routes = { login, tokens }
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
let world: TestRuntime
let server: Awaited<ReturnType<typeof startHostileProvider>>
let idp: HostileIssuer

beforeAll(async () => {
  server = await startHostileProvider()
  world = await createTestRuntime()
})
afterAll(() => server.close())
beforeEach(async () => {
  await nobody()
  idp = server.issuer()
  use()
})

async function nobody(): Promise<void> {
  const { users } = world.db.t
  await world.db.write((tx) => tx.delete(users).where(eq(users.authMethod, 'OAUTH2')))
}

function use(rest: Partial<Provider> = {}, auth: object = {}): void {
  const providers = [idp.settings(rest)]
  world.config = {
    ...world.config,
    oauth2: { providers },
    auth: { ...world.config.auth, basicAuth: true, ...auth },
  }
}

/** A browser that has signed in, with the provider's name of its session. */
async function signIn(sid?: string, sub = 'subject-1'): Promise<Jar> {
  idp.behaviour.claims = (claims) => ({ ...claims, sub, email: `${sub}@example.com`, sid })
  const jar = new Jar()
  const { name } = idp.settings()
  const start = await beginAt(routes, name, jar)
  const end = await comeBack(routes, name, jar, idp.agree(start.headers.get('location') ?? ''))
  expect(end.headers.get('location')).toBe('/')
  return jar
}

const isSignedIn = async (jar: Jar) => {
  const { accessTokens } = world.db.t
  const text = jar.cookies.get('phoenix-access-token') ?? ''
  const { hashToken } = await import('#server/auth/tokens')
  const rows = await world.db.read
    .select()
    .from(accessTokens)
    .where(eq(accessTokens.tokenHash, hashToken(text)))
  return rows.length === 1
}

const tell = (token: string, name = idp.settings().name) =>
  call(backchannel.POST, {
    method: 'POST',
    path: `/oauth2/${name}/backchannel-logout`,
    params: { idp: name },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
  })

describe('a logout at the provider', () => {
  test('ends the session that it names, and no other', async () => {
    const [one, two] = [await signIn('sid-1'), await signIn('sid-2')]
    const answer = await tell(await idp.logoutToken({ sid: 'sid-1' }))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect([await isSignedIn(one), await isSignedIn(two)]).toEqual([false, true])
  })

  test('of a person ends all sessions that began there, and neither keys nor sessions that began elsewhere', async () => {
    const [one, two, other] = [await signIn('sid-1'), await signIn(), await signIn('sid-3', 'subject-2')]
    const { users, apiKeys, sessions } = world.db.t
    const [user] = await world.db.read.select().from(users).where(eq(users.oauth2UserId, 'subject-1'))
    const userId = user?.id ?? 0
    const { keyId } = await createKey(world, { userId, scope: 'full', role: null })
    const { sessionId } = await createSession(world, { id: userId })
    expect((await tell(await idp.logoutToken({ sub: 'subject-1' }))).status).toBe(200)
    expect([await isSignedIn(one), await isSignedIn(two), await isSignedIn(other)]).toEqual([
      false,
      false,
      true,
    ])
    expect(await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, keyId))).toHaveLength(1)
    expect(await world.db.read.select().from(sessions).where(eq(sessions.id, sessionId))).toHaveLength(1)
  })

  test('is on record, with the sessions that ended', async () => {
    await signIn('sid-1')
    await tell(await idp.logoutToken({ sid: 'sid-1' }))
    const { auditEvents } = world.db.t
    const rows = await world.db.read.select().from(auditEvents).where(eq(auditEvents.action, 'session.end'))
    expect(JSON.parse(rows.at(-1)?.details ?? '{}')).toMatchObject({ ended: 1, by: 'identity provider' })
  })

  test('of a person and a session ends the one whose id token named no session', async () => {
    const [named, unnamed, other] = [
      await signIn('sid-1'),
      await signIn(),
      await signIn(undefined, 'subject-2'),
    ]
    expect((await tell(await idp.logoutToken({ sub: 'subject-1', sid: 'sid-2' }))).status).toBe(200)
    expect([await isSignedIn(named), await isSignedIn(unnamed), await isSignedIn(other)]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('of a provider that an admin has switched off ends its sessions all the same', async () => {
    const jar = await signIn('sid-1')
    const { name, displayName, clientId, clientSecret, assertionFile, redirectPath, ...settings } =
      idp.settings()
    const now = new Date()
    const row = {
      name,
      displayName,
      enabled: false,
      position: 1,
      createdAt: now,
      updatedAt: now,
      clientSecret: null,
    }
    const stored = JSON.stringify({ ...settings, clientId })
    const { ssoProviders } = world.db.t
    await world.db.write((tx) => tx.insert(ssoProviders).values({ ...row, settings: stored }))
    world.config = { ...world.config, oauth2: { providers: [] } }
    expect([clientSecret, assertionFile, redirectPath]).toHaveLength(3)
    expect((await tell(await idp.logoutToken({ sid: 'sid-1' }))).status).toBe(200)
    expect(await isSignedIn(jar)).toBe(false)
    await world.db.write((tx) => tx.delete(ssoProviders))
  })

  test('works once for all replicas together', async () => {
    const token = await idp.logoutToken({ sub: 'subject-1' })
    const other = { ...world, db: await openTestDatabase(world.db.config) }
    const ctx = (db: typeof world.db) => ({
      ...other,
      db,
      actor: { kind: 'anonymous' as const },
      request: { requestId: 'r', address: null, userAgent: null },
    })
    const provider = { ...idp.settings(), source: 'environment' as const }
    const outcomes = await Promise.allSettled(
      [world.db, other.db].map((db) => endByLogoutToken(ctx(db), provider, token)),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('of somebody who is not here is a success that changes nothing', async () => {
    const jar = await signIn('sid-1')
    expect((await tell(await idp.logoutToken({ sub: 'nobody' }))).status).toBe(200)
    expect(await isSignedIn(jar)).toBe(true)
  })

  test('of the same person and session at another provider ends nothing here', async () => {
    const jar = await signIn('sid-1')
    const first = idp
    idp = server.issuer()
    world.config = { ...world.config, oauth2: { providers: [first.settings(), idp.settings()] } }
    expect((await tell(await idp.logoutToken({ sub: 'subject-1', sid: 'sid-1' }))).status).toBe(200)
    expect(await isSignedIn(jar)).toBe(true)
  })

  test('works once for each token', async () => {
    const token = await idp.logoutToken({ sub: 'subject-1' })
    expect((await tell(token)).status).toBe(200)
    const jar = await signIn()
    expect((await tell(token)).status).toBe(400)
    expect(await isSignedIn(jar)).toBe(true)
  })

  test('is remembered no longer than its token could be believed', async () => {
    const { usedLogoutTokens: t } = world.db.t
    await tell(await idp.logoutToken({ sub: 'subject-1' }))
    await sweepLogoutTokens(world)
    expect((await world.db.read.select().from(t)).length).toBeGreaterThan(0)
    await sweepLogoutTokens({ ...world, clock: () => new Date(Date.now() + 300_000) })
    expect(await world.db.read.select().from(t)).toEqual([])
  })

  test('of a provider that nobody knows is a 404', async () => {
    expect((await tell('x', 'nobody')).status).toBe(404)
  })
})

const seconds = () => Math.floor(Date.now() / 1000)
const change = (more: Json) => (claims: Json) => ({ ...claims, ...more })
const BAD: [what: string, token: () => Promise<string>][] = [
  ['another issuer', () => idp.logoutToken({ sub: 's' }, change({ iss: 'https://evil.example' }))],
  ['another audience', () => idp.logoutToken({ sub: 's' }, change({ aud: 'other' }))],
  ['no issuer', () => idp.logoutToken({ sub: 's' }, change({ iss: undefined }))],
  ['no audience', () => idp.logoutToken({ sub: 's' }, change({ aud: undefined }))],
  ['no time of issue', () => idp.logoutToken({ sub: 's' }, change({ iat: undefined }))],
  ['no end', () => idp.logoutToken({ sub: 's' }, change({ exp: undefined }))],
  ['no id', () => idp.logoutToken({ sub: 's' }, change({ jti: undefined }))],
  ['no events', () => idp.logoutToken({ sub: 's' }, change({ events: undefined }))],
  ['another event', () => idp.logoutToken({ sub: 's' }, change({ events: { 'urn:other': {} } }))],
  ['an event that is no object', () => idp.logoutToken({ sub: 's' }, change({ events: { [EVENT]: true } }))],
  ['events that are a list', () => idp.logoutToken({ sub: 's' }, change({ events: [EVENT] }))],
  ['a nonce', () => idp.logoutToken({ sub: 's' }, change({ nonce: 'n' }))],
  ['neither sub nor sid', () => idp.logoutToken({})],
  ['a sub that is a number', () => idp.logoutToken({ sub: 7 })],
  [
    'an end in the past',
    () => idp.logoutToken({ sub: 's' }, change({ exp: seconds() - 180, iat: seconds() - 300 })),
  ],
  ['an issue in the future', () => idp.logoutToken({ sub: 's' }, change({ iat: seconds() + 180 }))],
  [
    'no signature',
    async () =>
      handmadeJwt(
        { alg: 'none' },
        {
          iss: idp.issuer,
          aud: CLIENT_ID,
          sub: 's',
          iat: seconds(),
          exp: seconds() + 60,
          jti: 'x',
          events: { [EVENT]: {} },
        },
        null,
      ),
  ],
  [
    'HS256 that is not announced',
    async () =>
      handmadeJwt(
        { alg: 'HS256' },
        {
          iss: idp.issuer,
          aud: CLIENT_ID,
          sub: 's',
          iat: seconds(),
          exp: seconds() + 60,
          jti: 'x',
          events: { [EVENT]: {} },
        },
        CLIENT_SECRET,
      ),
  ],
  [
    'a signature by another key',
    async () => {
      idp.behaviour.sign = signedWith({ ...(await testKey('key-2')), kid: 'key-1' })
      return idp.logoutToken({ sub: 's' })
    },
  ],
  ['no token at all', async () => ''],
  ['nonsense', async () => 'a.b.c'],
]
test.each(BAD)('a logout token with %s is a 400 and ends nothing', async (_, make) => {
  const jar = await signIn('sid-1', 's')
  expect((await tell(await make())).status).toBe(400)
  expect(await isSignedIn(jar)).toBe(true)
})

describe('the twins of those', () => {
  const handmade = () => ({
    iss: idp.issuer,
    aud: CLIENT_ID,
    sub: 's',
    iat: seconds(),
    exp: seconds() + 60,
    jti: randomUUID(),
    events: { [EVENT]: {} },
  })
  const GOOD: [what: string, token: () => Promise<string>][] = [
    ['a person', () => idp.logoutToken({ sub: 's' })],
    ['a list of audiences', () => idp.logoutToken({ sub: 's' }, change({ aud: [CLIENT_ID] }))],
    ['an end a moment ago', () => idp.logoutToken({ sub: 's' }, change({ exp: seconds() - 60 }))],
    ['an issue a moment ahead', () => idp.logoutToken({ sub: 's' }, change({ iat: seconds() + 60 }))],
    [
      'something in the event',
      () => idp.logoutToken({ sub: 's' }, change({ events: { [EVENT]: { a: 1 }, other: 1 } })),
    ],
    [
      'HS256 that is announced',
      async () => {
        await nobody()
        idp = server.issuer()
        idp.behaviour.document = (all) => ({
          ...all,
          id_token_signing_alg_values_supported: ['RS256', 'HS256'],
        })
        use()
        await signIn('sid-1', 's')
        return handmadeJwt({ alg: 'HS256' }, handmade(), CLIENT_SECRET)
      },
    ],
  ]
  test.each(GOOD)('a logout token with %s is a 200 and ends the session', async (_, make) => {
    await signIn('sid-1', 's')
    const token = await make()
    expect((await tell(token)).status).toBe(200)
    const { oidcSessions } = world.db.t
    const left = await world.db.read.select().from(oidcSessions).where(eq(oidcSessions.issuer, idp.issuer))
    expect(left).toEqual([])
  })
})

test('an id token is no logout token', async () => {
  const jar = await signIn('sid-1')
  const idToken = await idp.behaviour.sign({
    iss: idp.issuer,
    aud: CLIENT_ID,
    sub: 'subject-1',
    iat: seconds(),
    exp: seconds() + 60,
    jti: randomUUID(),
  })
  expect((await tell(idToken)).status).toBe(400)
  expect(await isSignedIn(jar)).toBe(true)
})

describe('a logout here', () => {
  const leave = async (jar: Jar) => {
    const answer = await call(logout.GET, { path: '/auth/logout', headers: jar.header })
    return new URL(answer.headers.get('location') ?? '', 'http://here.invalid')
  }

  test('goes on to the provider, with the id token, and comes back to the login page', async () => {
    const jar = await signIn()
    const location = await leave(jar)
    expect(location.origin + location.pathname).toBe(`${idp.issuer}/logout`)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      id_token_hint: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
      client_id: CLIENT_ID,
      post_logout_redirect_uri: 'http://localhost/login',
    })
    expect(await isSignedIn(jar)).toBe(false)
  })

  test('comes back below the root path', async () => {
    const jar = await signIn()
    world.config = { ...world.config, server: { ...world.config.server, rootPath: '/bennu' } }
    const location = await leave(jar)
    world.config = { ...world.config, server: { ...world.config.server, rootPath: '' } }
    expect(location.searchParams.get('post_logout_redirect_uri')).toBe('http://localhost/bennu/login')
  })

  test.each<[string, Partial<Provider>, object, (document: Json) => Json, string]>([
    ['the provider has no such thing', {}, {}, ({ end_session_endpoint: _, ...rest }) => rest, '/login'],
    ['it is switched off', { logoutAtProvider: false }, {}, (same) => same, '/login'],
    [
      'the login page would go there at once',
      { logoutAtProvider: false, autoLogin: true },
      {},
      (same) => same,
      '/logout',
    ],
    [
      'passwords are switched off',
      { logoutAtProvider: false },
      { basicAuth: false },
      (same) => same,
      '/logout',
    ],
  ])('stays here when %s', async (_, rest, auth, document, expected) => {
    idp.behaviour.document = document
    use(rest, auth)
    const location = await leave(await signIn())
    expect(location.href).toBe(`http://here.invalid${expected}`)
  })

  test('of a session that began with a password stays here', async () => {
    const { users } = world.db.t
    await signIn()
    const [user] = await world.db.read.select().from(users).where(eq(users.oauth2UserId, 'subject-1'))
    const session = await createSession(world, { id: user?.id ?? 0 })
    const jar = new Jar()
    jar.cookies.set('phoenix-access-token', session.accessToken)
    expect((await leave(jar)).pathname).toBe('/login')
  })

  test('works while the provider is away', async () => {
    const jar = await signIn()
    world.config = {
      ...world.config,
      oauth2: {
        providers: [
          idp.settings({ discoveryUrl: `${server.origin}/nobody/.well-known/openid-configuration` }),
        ],
      },
    }
    expect((await leave(jar)).pathname).toBe('/login')
    expect(await isSignedIn(jar)).toBe(false)
  })
})

test('the id token is kept encrypted', async () => {
  await signIn()
  const rows = await world.db.read.select().from(world.db.t.oidcSessions)
  expect(rows.map(({ idToken }) => idToken.slice(0, 5))).toEqual(['gAAAA'])
})
