import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import type { Environment } from '#server/config/reader'

const parse = (env: Environment) => parseConfig(env, { homedir: '/home/op', cwd: '/home/op' })
function problemsOf(env: Environment): string[] {
  try {
    parse(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('PHOENIX_CSRF_TRUSTED_ORIGINS', () => {
  test.each<[string, string[] | null]>([
    ['', null],
    ['https://a.example.com', ['a.example.com']],
    ['a.example.com, https://B.example.com:8443/ ,', ['a.example.com', 'b.example.com']],
    ['localhost,http://localhost:3000', ['localhost']],
    ['http://[::1]:6006,192.0.2.7', ['[::1]', '192.0.2.7']],
  ])('%j lists the hosts %j', (text, hosts) => {
    expect(parse({ PHOENIX_CSRF_TRUSTED_ORIGINS: text }).config.edge.trustedHosts).toEqual(hosts)
  })

  test.each([
    '*',
    'https://',
    'a b',
    'https://*.example.com',
    'https://me@a.example',
    '/a',
    'https://a.example/x',
  ])('%s is refused', (text) => {
    expect(problemsOf({ PHOENIX_CSRF_TRUSTED_ORIGINS: text })).toEqual([
      expect.stringMatching(/^PHOENIX_CSRF_TRUSTED_ORIGINS: .* names no host\. Write origins such as /),
    ])
  })
})

describe('PHOENIX_ALLOWED_ORIGINS', () => {
  const auth = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'a-fine-secret-of-1-test-and-32-characters' }

  test.each<[string, string[]]>([
    ['', []],
    [' https://a.example.com , http://localhost:3000/ ', ['https://a.example.com', 'http://localhost:3000']],
    ['HTTPS://A.example.com:443', ['https://a.example.com']],
    ['chrome-extension://abcdef', ['chrome-extension://abcdef']],
    ['*', ['*']],
  ])('%j lists the origins %j', (text, origins) => {
    const { config, warnings } = parse({ ...auth, PHOENIX_ALLOWED_ORIGINS: text })
    expect([config.edge.allowedOrigins, warnings]).toEqual([origins, []])
  })

  test.each([
    'a.example.com',
    'null',
    'https://a.example/path',
    'https://*.example.com',
    'https://a.example,*',
  ])('%s is refused', (text) => {
    expect(problemsOf({ PHOENIX_ALLOWED_ORIGINS: text })).toEqual([
      expect.stringMatching(/^PHOENIX_ALLOWED_ORIGINS: .*Write /),
    ])
  })

  test('every origin while nobody signs in is warned about', () => {
    expect(parse({ PHOENIX_ALLOWED_ORIGINS: '*' }).warnings).toEqual([
      expect.stringMatching(/^PHOENIX_ALLOWED_ORIGINS: \* while authentication is off lets every web page /),
    ])
  })
})
