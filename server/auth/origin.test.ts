import { expect, test } from 'vitest'
import { refuseForeignOrigin } from '#server/auth/origin'
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
    'anything while authentication is off',
    { headers: { origin: EVIL }, config: { auth: { enabled: false } } },
  ],
])('%s passes', (_name, request) => {
  expect(isRefused(request)).toBe(false)
})
