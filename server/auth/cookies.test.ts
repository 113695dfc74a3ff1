import { expect, test } from 'vitest'
import { clearedCookies, readCookie, sessionCookies } from '#server/auth/cookies'
import { testConfig } from '../../test/runtime'

const pair = { accessToken: 'aaa.bbb.ccc', refreshToken: 'ddd.eee.fff' }
const auth = { accessTokenMinutes: 10, refreshTokenMinutes: 10_080 }

test('signing in sets two strict cookies with the lifetimes of their tokens in seconds', () => {
  expect(sessionCookies(testConfig({ auth }), false, pair)).toEqual([
    'phoenix-access-token=aaa.bbb.ccc; HttpOnly; Max-Age=600; Path=/; SameSite=strict',
    'phoenix-refresh-token=ddd.eee.fff; HttpOnly; Max-Age=604800; Path=/; SameSite=strict',
  ])
})

test('clearing writes an empty quoted value that is over at once', () => {
  expect(clearedCookies(testConfig(), false, ['phoenix-access-token'])).toEqual([
    'phoenix-access-token=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax',
  ])
})

test('a cookies path is used to set and to clear', () => {
  const config = testConfig({ auth, cookies: { path: '/traces' } })
  expect(sessionCookies(config, false, pair)[0]).toContain('; Path=/traces;')
  expect(clearedCookies(config, false, ['x'])[0]).toContain('; Path=/traces;')
})

test('half a minute is thirty seconds', () => {
  const config = testConfig({ auth: { accessTokenMinutes: 0.5 } })
  expect(sessionCookies(config, false, pair)[0]).toContain('Max-Age=30;')
})

test.each([
  ['plain http', testConfig(), false, false],
  ['https', testConfig(), true, true],
  ['the switch', testConfig({ cookies: { secure: true } }), false, true],
  ['a root URL with https', testConfig({ server: { rootUrl: 'https://traces.example.com' } }), false, true],
  ['a root URL with http', testConfig({ server: { rootUrl: 'http://traces.example.com' } }), false, false],
])('with %s', (_name, config, isHttps, secure) => {
  for (const cookie of [
    ...sessionCookies(config, isHttps, pair),
    ...clearedCookies(config, isHttps, ['x']),
  ]) {
    expect(cookie.endsWith('; Secure')).toBe(secure)
  }
})

test.each([
  ['a=1; phoenix-access-token=t.o.k; b=2', 't.o.k'],
  ['phoenix-access-token="t.o.k"', 't.o.k'],
  ['phoenix-access-token=a=b', 'a=b'],
  ['phoenix-access-token=""', null],
  ['phoenix-access-token=', null],
  ['xphoenix-access-token=t', null],
  ['', null],
])('in %j the access cookie is %j', (header, expected) => {
  expect(readCookie(header, 'phoenix-access-token')).toBe(expected)
})

test('without a Cookie header there is no cookie', () => {
  expect(readCookie(null, 'phoenix-access-token')).toBeNull()
})
