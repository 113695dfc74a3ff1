import { expect, it } from 'vitest'
import { isDecodable, isSignInPath, normalizePath } from '#server/listener/request-path'

it.each([
  ['/', '/'],
  ['/projects?a=//b', '/projects?a=//b'],
  ['//evil.example/x', '/evil.example/x'],
  ['///', '/'],
  ['/\\evil.example', '/evil.example'],
  ['http://other.example/v1/projects?limit=1', '/v1/projects?limit=1'],
  ['http://other.example', '/'],
  ['http://other.example//x', '/x'],
  ['*', '/'],
  ['', '/'],
  ['/x/../auth/login', '/auth/login'],
  ['/x/%2E%2e/auth/./login?a=/../b', '/auth/login?a=/../b'],
  ['/x/..//evil.example', '/evil.example'],
  ['/x\\..\\auth', '/auth'],
  ['/../../etc', '/etc'],
  ['/a.b/..c/.d', '/a.b/..c/.d'],
  ['/x/../api/v1/projects', '/v1/projects'],
])('reads %s as %s', (url, path) => {
  expect(normalizePath(url, '')).toBe(path)
})

it.each([
  ['/api/v1/projects', '/v1/projects'],
  ['/api/v1', '/v1'],
  ['/api/v1?x=1', '/v1?x=1'],
  ['//api/v1/traces', '/v1/traces'],
  ['/api/v10/projects', '/api/v10/projects'],
  ['/api/v1.5', '/api/v1.5'],
  ['/api/other', '/api/other'],
  ['/x/api/v1/projects', '/x/api/v1/projects'],
])('serves %s as %s', (url, path) => {
  expect(normalizePath(url, '')).toBe(path)
})

it.each([
  ['/a/b', '/'],
  ['/a/b/', '/'],
  ['/a/b?x=1', '/?x=1'],
  ['/a/b/login?returnUrl=/a/b', '/login?returnUrl=/a/b'],
  ['/login', '/login'],
  ['/a', '/a'],
  ['/a/bc', '/a/bc'],
  ['/a/b/a/b/x', '/a/b/x'],
  ['//a/b//evil.example', '/evil.example'],
  ['/a/b/api/v1/projects', '/v1/projects'],
  ['/x/../a/b/auth/login', '/auth/login'],
  ['http://other.example/a/b/v1/traces', '/v1/traces'],
])('below the prefix /a/b, reads %s as %s', (url, path) => {
  expect(normalizePath(url, '/a/b')).toBe(path)
})

it.each(['/%FF', '/%E0%A4%A', '/%', '/a%2', '/%zz'])('cannot decode %s', (path) => {
  expect(isDecodable(path)).toBe(false)
})

it.each(['/', '/%C3%BC', '/a%2Fb', '/x?broken=%FF'])('can decode %s', (path) => {
  expect(isDecodable(path)).toBe(true)
})

it.each([
  ['/auth', true],
  ['/auth/login', true],
  ['/auth/', true],
  ['/authors', false],
  ['/v1/auth', false],
])('%s belongs to signing in: %s', (path, belongs) => {
  expect(isSignInPath(path)).toBe(belongs)
})
