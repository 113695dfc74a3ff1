/**
 * What a provider that does wrong gets us to believe: nothing. Every case has a twin that differs from it in the one
 * property, and signs in.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Provider } from '#server/oidc/model'
import { call } from '../../test/call'
import {
  type Behaviour,
  CLIENT_ID,
  CLIENT_SECRET,
  type HostileIssuer,
  handmadeJwt,
  signedWith,
  startHostileProvider,
  type TestKey,
  testKey,
} from '../../test/hostile-provider'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { beginAt, comeBack, Jar } from '../../test/sso-browser'
import * as login from './[idp]/login/route'
import * as tokens from './[idp]/tokens/route'

const routes = { login, tokens }
let world: TestRuntime
let server: Awaited<ReturnType<typeof startHostileProvider>>
let key: TestKey
let otherKey: TestKey
let idp: HostileIssuer

beforeAll(async () => {
  server = await startHostileProvider()
  world = await createTestRuntime()
  key = await testKey('key-1')
  otherKey = await testKey('key-2')
})
afterAll(() => server.close())
beforeEach(async () => {
  const { users } = world.db.t
  await world.db.write((tx) => tx.delete(users).where(eq(users.authMethod, 'OAUTH2')))
  idp = server.issuer()
  use(idp)
})

function use(issuer: HostileIssuer, rest: Partial<Provider> = {}): void {
  ;(world.config as { oauth2: unknown }).oauth2 = { providers: [issuer.settings(rest)] }
}

/** Where a whole sign-in ends: a path of ours. */
async function signIn(issuer = idp, extra: Record<string, string> = {}): Promise<string> {
  const jar = new Jar()
  const name = issuer.settings().name
  const start = await beginAt(routes, name, jar)
  const location = start.headers.get('location') ?? ''
  if (location.startsWith('/')) return location
  const end = await comeBack(routes, name, jar, issuer.agree(location, extra))
  return end.headers.get('location') ?? String(end.status)
}

const claims =
  (change: Record<string, unknown>): Behaviour['claims'] =>
  (all) => ({ ...all, ...change })
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const atHash = (accessToken: string) =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')

type Change = (behaviour: Behaviour) => void
/** What is wrong, what goes wrong, its twin. */
const TOKENS: [what: string, bad: Change, good: Change][] = [
  [
    'a signature by another key',
    (b) => Object.assign(b, { sign: signedWith({ ...otherKey, kid: 'key-1' }) }),
    (b) => Object.assign(b, { sign: signedWith({ ...key, kid: 'key-1' }) }),
  ],
  [
    'no signature, which the provider announces',
    (b) => {
      b.document = (d) => ({ ...d, id_token_signing_alg_values_supported: ['none', 'HS256'] })
      b.sign = async (all) => handmadeJwt({ alg: 'none' }, all, null)
    },
    (b) => {
      b.document = (d) => ({ ...d, id_token_signing_alg_values_supported: ['none', 'HS256'] })
      b.sign = async (all) => handmadeJwt({ alg: 'HS256' }, all, CLIENT_SECRET)
    },
  ],
  [
    'HS256 with the public key as the secret',
    (b) => {
      b.document = (d) => ({ ...d, id_token_signing_alg_values_supported: ['RS256', 'HS256'] })
      b.sign = async (all) => handmadeJwt({ alg: 'HS256', kid: 'key-1' }, all, JSON.stringify(key.publicJwk))
    },
    (b) => {
      b.document = (d) => ({ ...d, id_token_signing_alg_values_supported: ['RS256', 'HS256'] })
      b.sign = async (all) => handmadeJwt({ alg: 'HS256', kid: 'key-1' }, all, CLIENT_SECRET)
    },
  ],
  [
    'HS256 that the provider does not announce',
    (b) =>
      Object.assign(b, { sign: async (all: object) => handmadeJwt({ alg: 'HS256' }, all, CLIENT_SECRET) }),
    (b) => {
      b.document = (d) => ({ ...d, id_token_signing_alg_values_supported: ['HS256'] })
      b.sign = async (all) => handmadeJwt({ alg: 'HS256' }, all, CLIENT_SECRET)
    },
  ],
  [
    'a key of its own in the header',
    (b) => Object.assign(b, { sign: signedWith(otherKey, { kid: 'key-1', jwk: otherKey.publicJwk }) }),
    (b) => Object.assign(b, { sign: signedWith(key, { kid: 'key-1', jwk: otherKey.publicJwk }) }),
  ],
  [
    'an address of keys in the header',
    (b) => Object.assign(b, { sign: signedWith(otherKey, { kid: 'key-1', jku: `${server.origin}/keys` }) }),
    (b) => Object.assign(b, { sign: signedWith(key, { kid: 'key-1', jku: `${server.origin}/keys` }) }),
  ],
  [
    'a key for encryption',
    (b) => Object.assign(b, { keys: [{ ...key.publicJwk, use: 'enc' }] }),
    (b) => Object.assign(b, { keys: [{ ...key.publicJwk, use: 'sig' }] }),
  ],
  [
    'no kid, where there are several keys',
    (b) => {
      b.keys = [key.publicJwk, otherKey.publicJwk]
      b.sign = signedWith(key, { kid: undefined })
    },
    (b) => {
      b.keys = [key.publicJwk]
      b.sign = signedWith(key, { kid: undefined })
    },
  ],
  [
    'a kid that nobody has',
    (b) => Object.assign(b, { sign: signedWith(key, { kid: 'nobody' }) }),
    (b) =>
      Object.assign(b, {
        keys: [{ ...key.publicJwk, kid: 'nobody' }],
        sign: signedWith(key, { kid: 'nobody' }),
      }),
  ],
  [
    'another issuer',
    (b) => (b.claims = claims({ iss: 'https://evil.example' })),
    (b) => (b.claims = (all) => ({ ...all, iss: idp.issuer })),
  ],
  [
    'another audience',
    (b) => (b.claims = claims({ aud: 'somebody' })),
    (b) => (b.claims = claims({ aud: [CLIENT_ID] })),
  ],
  [
    'several audiences and no azp',
    (b) => (b.claims = claims({ aud: [CLIENT_ID, 'other'] })),
    (b) => (b.claims = claims({ aud: [CLIENT_ID, 'other'], azp: CLIENT_ID })),
  ],
  [
    'the azp of another',
    (b) => (b.claims = claims({ azp: 'other' })),
    (b) => (b.claims = claims({ azp: CLIENT_ID })),
  ],
  [
    'another nonce',
    (b) => (b.claims = claims({ nonce: 'another' })),
    (b) => (b.claims = (all) => ({ ...all, nonce: all.nonce })),
  ],
  ['no nonce', (b) => (b.claims = claims({ nonce: undefined })), (b) => (b.claims = claims({}))],
  [
    'the at_hash of another access token',
    (b) => (b.claims = (all) => ({ ...all, at_hash: atHash('another') })),
    (b) => (b.claims = (all, accessToken) => ({ ...all, at_hash: atHash(accessToken) })),
  ],
  [
    'no sub',
    (b) => (b.claims = claims({ sub: undefined })),
    (b) => (b.claims = claims({ sub: 'subject-1' })),
  ],
  ['an empty sub', (b) => (b.claims = claims({ sub: '' })), (b) => (b.claims = claims({ sub: 'subject-1' }))],
  [
    'no iat',
    (b) => (b.claims = claims({ iat: undefined })),
    (b) => (b.claims = claims({ iat: inSeconds(0) })),
  ],
  [
    'no exp',
    (b) => (b.claims = claims({ exp: undefined })),
    (b) => (b.claims = claims({ exp: inSeconds(9) })),
  ],
  [
    'an exp of three minutes ago',
    (b) => (b.claims = claims({ exp: inSeconds(-180) })),
    (b) => (b.claims = claims({ exp: inSeconds(-100) })),
  ],
  [
    'an iat three minutes ahead',
    (b) => (b.claims = claims({ iat: inSeconds(180) })),
    (b) => (b.claims = claims({ iat: inSeconds(100) })),
  ],
  [
    'an nbf three minutes ahead',
    (b) => (b.claims = claims({ nbf: inSeconds(180) })),
    (b) => (b.claims = claims({ nbf: inSeconds(100) })),
  ],
]

describe('an id token', () => {
  test.each(TOKENS)('with %s is refused, and its twin signs in', async (_, bad, good) => {
    good(idp.behaviour)
    expect(await signIn()).toBe('/')
    const fresh = server.issuer()
    use(fresh)
    const before = idp
    idp = fresh
    bad(fresh.behaviour)
    expect(await signIn()).toBe('/login?error=auth_failed')
    idp = before
  })
})

describe('userinfo', () => {
  test.each([
    ['about somebody else is refused', 'subject-2', '/login?error=auth_failed'],
    ['about nobody is refused', undefined, '/login?error=auth_failed'],
    ['about the same person signs in', 'subject-1', '/'],
  ])('%s', async (_, sub, expected) => {
    idp.behaviour.claims = claims({ email: undefined })
    idp.behaviour.userinfo = { sub, email: 'ada@example.com' }
    expect(await signIn()).toBe(expected)
  })

  test('that does not come is done without: the address is missing then', async () => {
    idp.behaviour.claims = claims({ email: undefined })
    expect(await signIn()).toBe('/login?error=missing_email_scope')
  })
})

describe('a discovery document', () => {
  const big = (size: number) => (response: import('node:http').ServerResponse) => {
    const document = {
      issuer: idp.issuer,
      authorization_endpoint: `${idp.issuer}/authorize`,
      token_endpoint: `${idp.issuer}/token`,
      jwks_uri: `${idp.issuer}/jwks`,
      padding: 'x'.repeat(size),
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  }
  test.each([
    ['of ten megabytes', 10_000_000, '/login?error=oauth_error'],
    ['of half a megabyte', 500_000, '/'],
  ])('%s leads to %s', async (_, size, expected) => {
    idp.behaviour.discovery = big(size)
    expect(await signIn()).toBe(expected)
  })

  test.each([
    ['another host', 'http://localhost', '/login?error=oauth_error'],
    ['its own host', 'http://127.0.0.1', '/'],
  ])('that redirects to %s', async (_, host, expected) => {
    const real = server.issuer()
    idp.behaviour.discovery = (response) => {
      const target = new URL(`${idp.issuer}/.well-known/openid-configuration?again`)
      target.hostname = new URL(host).hostname
      idp.behaviour.discovery = null
      response.writeHead(302, { location: target.href }).end()
    }
    expect(real.issuer).not.toBe(idp.issuer)
    const handle = idp.handle.bind(idp)
    idp.handle = (path, ...rest) => handle(path.replace('?again', ''), ...rest)
    expect(await signIn()).toBe(expected)
  })

  test.each([
    ['another issuer', (issuer: string) => `${issuer}-other`, '/login?error=oauth_error'],
    ['its own issuer', (issuer: string) => issuer, '/'],
  ])('that names %s', async (_, named, expected) => {
    idp.behaviour.document = (document) => ({ ...document, issuer: named(idp.issuer) })
    expect(await signIn()).toBe(expected)
  })

  test('of a provider that is not there is an error of a moment, and signs in once it is back', async () => {
    idp.behaviour.discovery = (response) => response.destroy()
    expect(await signIn()).toBe('/login?error=oauth_error')
    idp.behaviour.discovery = null
    expect(await signIn()).toBe('/')
  })
})

describe('the way back', () => {
  const begin = async (issuer = idp, jar = new Jar()) => {
    const { headers } = await beginAt(routes, issuer.settings().name, jar)
    return { jar, location: headers.get('location') ?? '' }
  }
  const end = async (jar: Jar, back: URL, issuer = idp) => {
    const answer = await comeBack(routes, issuer.settings().name, jar, back)
    return answer.headers.get('location') ?? answer.status
  }

  test('works once', async () => {
    const { jar, location } = await begin()
    const back = idp.agree(location)
    const kept = new Jar()
    for (const [name, value] of jar.cookies) kept.cookies.set(name, value)
    expect(await end(jar, back)).toBe('/')
    expect(await end(jar, back)).toBe(422)
    // The cookies as they were: the code is used up.
    expect(await end(kept, back)).toBe('/login?error=oauth_error')
  })

  test('in another browser is refused: it did not begin there', async () => {
    const { location } = await begin()
    expect(await end(new Jar(), idp.agree(location))).toBe(422)
    const other = await begin()
    expect(await end(other.jar, idp.agree(location))).toBe('/login?error=invalid_state')
    // What belongs to that browser's own way is left to it.
    expect(await end(other.jar, idp.agree(other.location))).toBe('/')
    const own = await begin()
    expect(await end(own.jar, idp.agree(own.location))).toBe('/')
  })

  test('that is reloaded by a person leads to a page, and by anything else is a 422', async () => {
    const { name } = idp.settings()
    const path = `/oauth2/${name}/tokens?code=x&state=y`
    const ask = (headers: Record<string, string>) =>
      call(tokens.GET, { path, params: { idp: name }, headers })
    expect((await ask({})).status).toBe(422)
    const page = await ask({ 'sec-fetch-mode': 'navigate' })
    expect([page.status, page.headers.get('location')]).toEqual([307, '/login?error=invalid_state'])
  })

  test.each([
    ['state', '/login?error=invalid_state'],
    ['nonce', '/login?error=auth_failed'],
    ['code-verifier', '/login?error=auth_failed'],
  ])('with a %s cookie that is not ours is refused', async (name, expected) => {
    const { jar, location } = await begin()
    jar.cookies.set(`phoenix-oauth2-${name}`, 'nonsense')
    expect(await end(jar, idp.agree(location))).toBe(expected)
  })

  test.each([
    [{ error: 'access_denied' }, '/login?error=auth_failed'],
    [{ error_description: 'no' }, '/login?error=auth_failed'],
    [{ code: '' }, '/login?error=auth_failed'],
    [{ code: 'wrong' }, '/login?error=oauth_error'],
    [{ state: '' }, 422],
    [{ iss: 'https://evil.example' }, '/login?error=auth_failed'],
    [{ redirect_uri: 'https://evil.example', callbackUrl: 'https://evil.example' }, '/'],
  ])('with %j', async (extra, expected) => {
    const { jar, location } = await begin()
    expect(await end(jar, idp.agree(location, extra as Record<string, string>))).toBe(expected)
  })

  test('with its own iss signs in', async () => {
    const { jar, location } = await begin()
    expect(await end(jar, idp.agree(location, { iss: idp.issuer }))).toBe('/')
  })

  test('of one provider is no way in at another', async () => {
    const other = server.issuer()
    const providers = [idp.settings(), other.settings({ clientId: CLIENT_ID })]
    ;(world.config as { oauth2: unknown }).oauth2 = { providers }
    const { jar, location } = await begin(idp)
    expect(await end(jar, idp.agree(location), other)).toBe('/login?error=invalid_state')
  })

  test('clears the cookies of the trip, however it ends', async () => {
    const { jar, location } = await begin()
    expect([...jar.cookies.keys()].sort()).toEqual([
      'phoenix-oauth2-code-verifier',
      'phoenix-oauth2-nonce',
      'phoenix-oauth2-return-url',
      'phoenix-oauth2-state',
    ])
    await end(jar, idp.agree(location, { error: 'access_denied' }))
    expect([...jar.cookies.keys()]).toEqual([])
  })
})

describe('the token endpoint', () => {
  test.each([
    ['an error', { error: 'invalid_client' }, 400, '/login?error=oauth_error'],
    ['an error with status 200', { error: 'invalid_client' }, 200, '/login?error=oauth_error'],
    ['status 500', {}, 500, '/login?error=oauth_error'],
    ['no id token', { id_token: undefined }, 200, '/login?error=no_oidc_support'],
    ['another kind of token', { token_type: 'mac' }, 200, '/login?error=oauth_error'],
    ['a token type in capitals', { token_type: 'BEARER' }, 200, '/'],
  ])('that answers %s', async (_, change, status, expected) => {
    idp.behaviour.tokenStatus = status
    idp.behaviour.tokenAnswer = (answer) => ({ ...answer, ...change })
    expect(await signIn()).toBe(expected)
  })
})

describe('keys', () => {
  test('that the provider changed between two sign-ins are fetched', async () => {
    expect(await signIn()).toBe('/')
    idp.behaviour.keys = [otherKey.publicJwk]
    idp.behaviour.sign = signedWith(otherKey)
    expect(await signIn()).toBe('/')
    expect(idp.counts.keys).toBe(2)
  })

  test('that are known sign in while the provider cannot give any', async () => {
    expect(await signIn()).toBe('/')
    idp.behaviour.keysAreDown = true
    expect(await signIn()).toBe('/')
  })

  test('that cannot be had at all refuse, and the next sign-in asks again', async () => {
    idp.behaviour.keysAreDown = true
    expect(await signIn()).toBe('/login?error=auth_failed')
    idp.behaviour.keysAreDown = false
    await sleep(2_100)
    expect(await signIn()).toBe('/')
  })
})
