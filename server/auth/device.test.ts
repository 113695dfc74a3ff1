import { expect, test } from 'vitest'
import { deviceOf, keepableUserAgent } from '#server/auth/device'

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox on Linux'],
  [`${MAC}/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15`, 'Safari on macOS'],
  [`${WINDOWS} Chrome/141.0.0.0 Safari/537.36`, 'Chrome on Windows'],
  [`${WINDOWS} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`, 'Microsoft Edge on Windows'],
  ['curl/8.5.0', 'curl'],
  ['python-httpx/0.27.0', 'python-httpx'],
  ['node', 'node'],
])('%s is %s', (userAgent, words) => {
  expect(deviceOf(userAgent)).toBe(words)
})

test.each([null, '', '<script>alert(1)</script>', '    ', '()'])('%j is an unknown device', (userAgent) => {
  expect(deviceOf(userAgent)).toBe('Unknown device')
})

test('a user agent is kept up to 500 characters, whole ones only', () => {
  expect(keepableUserAgent(`${'a'.repeat(499)}🦜`)).toBe(`${'a'.repeat(499)}\uFFFD`)
  expect(keepableUserAgent('')).toBeNull()
})
