import { expect, test } from 'vitest'
import { safeReturnPath } from '#server/auth/model'

test.each(['/', '/projects', '/projects/UHJvamVjdDox?tab=traces#top', '/a%2F%2Fb', '/authors'])(
  '%s is kept',
  (path) => {
    expect(safeReturnPath(path)).toBe(path)
  },
)

test.each([
  null,
  undefined,
  '',
  'projects',
  'https://evil.example.net',
  '//evil.example.net',
  '/\\evil.example.net',
  '/\t/evil.example.net',
  '/.//evil.example.net',
  'javascript:alert(1)',
  '/auth/logout',
  '/x/../auth/logout',
  '/auth//logout?x=1',
  '/ui/projects',
  '/v1',
  `/${'x'.repeat(3000)}`,
])('%j leads home', (text) => {
  expect(safeReturnPath(text)).toBe('/')
})
