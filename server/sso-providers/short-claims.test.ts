import { expect, test } from 'vitest'
import { shortenClaims } from '#server/sso-providers/short-claims'

test('what an admin needs to see stays as it came', () => {
  const claims = {
    sub: '42',
    groups: ['dev', 'ops'],
    realm_access: { roles: ['admin'] },
    email_verified: true,
  }
  expect(shortenClaims(claims)).toEqual(claims)
})

test('what only the protocol needs is left out', () => {
  const protocol = { nonce: 'n', at_hash: 'a', c_hash: 'c', s_hash: 's', sid: 'x', jti: 'j', auth_time: 1 }
  expect(shortenClaims({ ...protocol, session_state: 's', sub: '42' })).toEqual({ sub: '42' })
})

test('no token is kept, by whatever name it comes', () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
  expect(
    shortenClaims({ access_token: 'opaque', id: token, nested: { refreshToken: 'r', password: 'p' } }),
  ).toEqual({
    access_token: '(not kept)',
    id: '(a token)',
    nested: { refreshToken: '(not kept)', password: '(not kept)' },
  })
})

test('long texts and lists are cut', () => {
  const short = shortenClaims({
    name: 'x'.repeat(500),
    groups: Array.from({ length: 300 }, (_, n) => `g${n}`),
  })
  expect(short.name).toBe(`${'x'.repeat(80)}…`)
  expect(short.groups).toEqual([...Array.from({ length: 12 }, (_, n) => `g${n}`), '… 288 more'])
})

test('a hundred claims and deep ones are cut', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`c${n}`, n]))
  expect(Object.keys(shortenClaims(many))).toHaveLength(41)
  expect(shortenClaims({ a: { b: { c: { d: { e: 1 } } } } })).toEqual({ a: { b: { c: { d: '…' } } } })
})

test('what no database can hold becomes a mark', () => {
  expect(shortenClaims({ name: 'a\0b\ud800c\nd' })).toEqual({ name: 'a\ufffdb\ufffdc\ufffdd' })
})
