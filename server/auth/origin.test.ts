import { expect, test } from 'vitest'
import { refuseForeignOrigin, untrustedHeader } from '#server/auth/origin'
import { testConfig } from '../../test/runtime'

interface Case {
  method?: string
  path?: string
  byCookie?: boolean
  headers: Record<string, string>
  config?: Parameters<typeof testConfig>[0]
}

function isRefused({
  method = 'POST',
  path = '/v1/projects',
  byCookie = true,
  headers,
  config,
}: Case): boolean {
  try {
    const sent = new Headers({ host: 'traces.example.com:6006', ...headers })
    refuseForeignOrigin(testConfig(config), { method, path, byCookie, headers: sent })
    return false
  } catch (error) {
    expect(error).toMatchObject({ kind: 'forbidden' })
    return true
  }
}
const EVIL = 'https://evil.example.net'
const OPEN = { auth: { enabled: false } } as const

test.each<[string, Case]>([
  ['a foreign Origin with a cookie', { headers: { origin: EVIL } }],
  ['a foreign Referer with a cookie', { headers: { referer: `${EVIL}/page` } }],
  ['Origin null', { headers: { origin: 'null' } }],
  ['an Origin that is no URL', { headers: { origin: 'traces.example.com' } }],
  ['our Origin with a foreign Referer', { headers: { origin: 'http://traces.example.com', referer: EVIL } }],
  ['a subdomain of ours', { headers: { origin: 'http://x.traces.example.com' } }],
  ['a name that ends like ours', { headers: { origin: 'http://eviltraces.example.com' } }],
  ['DELETE', { method: 'DELETE', headers: { origin: EVIL } }],
  ['PATCH', { method: 'PATCH', headers: { origin: EVIL } }],
  ['signing in without a cookie', { path: '/auth/login', byCookie: false, headers: { origin: EVIL } }],
  ['signing in at a provider', { path: '/oauth2/google/login', byCookie: false, headers: { origin: EVIL } }],
  ['leaving', { method: 'GET', path: '/auth/logout', headers: { referer: `${EVIL}/page` } }],
  ['a form while authentication is off', { byCookie: false, headers: { origin: EVIL }, config: OPEN }],
  ['Origin null while authentication is off', { byCookie: false, headers: { origin: 'null' }, config: OPEN }],
  [
    'another port of an allowed origin',
    { headers: { origin: `${EVIL}:8443` }, config: { edge: { allowedOrigins: [EVIL] } } },
  ],
  [
    'a cookie where every origin is allowed',
    { headers: { origin: EVIL }, config: { edge: { allowedOrigins: ['*'] } } },
  ],
  [
    'signing in where every origin is allowed',
    {
      path: '/auth/login',
      byCookie: false,
      headers: { origin: EVIL },
      config: { edge: { allowedOrigins: ['*'] } },
    },
  ],
  [
    'signing in at a provider where every origin is allowed',
    {
      path: '/oauth2/google/login',
      byCookie: false,
      headers: { referer: `${EVIL}/page` },
      config: { edge: { allowedOrigins: ['*'] } },
    },
  ],
])('%s is refused', (_name, request) => {
  expect(isRefused(request)).toBe(true)
})

test.each<[string, Case]>([
  ['our own Origin', { headers: { origin: 'http://traces.example.com:6006' } }],
  ['our own host on another port and scheme', { headers: { origin: 'https://traces.example.com' } }],
  ['our own host in capitals', { headers: { origin: 'https://TRACES.example.com' } }],
  ['neither header', { headers: {} }],
  ['GET', { method: 'GET', headers: { origin: EVIL } }],
  ['HEAD', { method: 'HEAD', headers: { origin: EVIL } }],
  ['a bearer', { byCookie: false, headers: { origin: EVIL } }],
  [
    'the host of PHOENIX_ROOT_URL',
    {
      headers: { origin: 'https://public.example.com' },
      config: { server: { rootUrl: 'https://public.example.com' } },
    },
  ],
  [
    'the host a trusted proxy forwarded',
    { headers: { origin: 'https://public.example.com', 'x-forwarded-host': 'public.example.com:443' } },
  ],
  ['an IPv6 host', { headers: { host: '[::1]:6006', origin: 'http://[::1]:6006' } }],
  [
    'signing in from our own page',
    { path: '/auth/login', byCookie: false, headers: { origin: 'http://traces.example.com' } },
  ],
  [
    'a bearer while authentication is off',
    { byCookie: false, headers: { origin: EVIL, authorization: 'Bearer x' }, config: OPEN },
  ],
  [
    'our own page while authentication is off',
    { byCookie: false, headers: { origin: 'http://traces.example.com' }, config: OPEN },
  ],
  ['a program while authentication is off', { byCookie: false, headers: {}, config: OPEN }],
  ['reading while authentication is off', { method: 'GET', headers: { origin: EVIL }, config: OPEN }],
  [
    'an origin of PHOENIX_ALLOWED_ORIGINS',
    { headers: { origin: EVIL, referer: `${EVIL}/page` }, config: { edge: { allowedOrigins: [EVIL] } } },
  ],
  [
    'a host of PHOENIX_CSRF_TRUSTED_ORIGINS',
    { headers: { origin: EVIL }, config: { edge: { trustedHosts: ['evil.example.net'] } } },
  ],
  [
    'signing in from an origin of PHOENIX_ALLOWED_ORIGINS',
    {
      path: '/auth/login',
      byCookie: false,
      headers: { origin: EVIL },
      config: { edge: { allowedOrigins: [EVIL] } },
    },
  ],
  [
    'any origin without a cookie where all are allowed',
    { byCookie: false, headers: { origin: EVIL }, config: { ...OPEN, edge: { allowedOrigins: ['*'] } } },
  ],
  [
    'leaving without a cookie',
    { method: 'GET', path: '/auth/logout', byCookie: false, headers: { origin: EVIL } },
  ],
  [
    'leaving from our own page',
    { method: 'GET', path: '/auth/logout', headers: { referer: 'http://traces.example.com/x' } },
  ],
])('%s passes', (_name, request) => {
  expect(isRefused(request)).toBe(false)
})

const TRUSTING = { edge: { trustedHosts: ['friend.example.org'] } }
const untrusted = (headers: Record<string, string>, path = '/healthz', config: Case['config'] = TRUSTING) =>
  untrustedHeader(testConfig(config), {
    path,
    headers: new Headers({ host: 'traces.example.com:6006', ...headers }),
  })

test.each<[string, Record<string, string>, string | null]>([
  ['a listed origin', { origin: 'http://friend.example.org:3000' }, null],
  ['our own origin', { origin: 'https://traces.example.com' }, null],
  ['no header', {}, null],
  ['another origin', { origin: EVIL }, 'origin'],
  ['Origin null', { origin: 'null' }, 'origin'],
  [
    'a foreign referer beside a listed origin',
    { origin: 'http://friend.example.org', referer: EVIL },
    'referer',
  ],
  ['a subdomain of a listed host', { origin: 'http://x.friend.example.org' }, 'origin'],
])('with a list of trusted hosts, %s', (_name, headers, expected) => {
  expect(untrusted(headers)).toBe(expected)
})

test('without a list nothing is untrusted', () => {
  expect(untrusted({ origin: EVIL }, '/healthz', {})).toBeNull()
})

test.each([
  '/.well-known/oauth-authorization-server',
  '/oauth2/token',
  '/oauth2/register',
  '/oauth2/revoke',
  '/mcp',
  '/mcp/x',
])('%s is open to every site', (path) => {
  expect(untrusted({ origin: EVIL }, path)).toBeNull()
})
