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

describe('a limit', () => {
  test.each([
    ['5/60s', 5, 60_000],
    ['60/min', 60, 60_000],
    ['60/m', 60, 60_000],
    ['10/s', 10, 1_000],
    ['3/h', 3, 3_600_000],
    ['3/3600S', 3, 3_600_000],
    ['"20/5min"', 20, 300_000],
    [' 7 / 2h ', 7, 7_200_000],
  ])('%s is read', (text, count, windowMs) => {
    expect(parse({ BENNU_RATE_LIMIT_LOGIN: text }).config.limits.login).toEqual({ count, windowMs })
  })

  test.each(['5', '0/60s', '5/0s', '5/day', '-5/60s', '5/60', 'off', '5/60s/2', '1e3/s', '5/9999999h'])(
    '%s is refused with a sample',
    (text) => {
      expect(problemsOf({ BENNU_RATE_LIMIT_LOGIN: text })).toEqual([
        `BENNU_RATE_LIMIT_LOGIN: ${JSON.stringify(text)} is not a limit. ` +
          'Write a number of requests and a time, such as 5/60s, 60/min or 3/h.',
      ])
    },
  )
})

describe('limits of paths', () => {
  test('are a list of path=limit', () => {
    const { config } = parse({ BENNU_RATE_LIMIT_API: '/v1/projects=20/s, /v1/traces=1000/min,' })
    expect(config.limits.api).toEqual([
      { prefix: '/v1/projects', count: 20, windowMs: 1_000 },
      { prefix: '/v1/traces', count: 1000, windowMs: 60_000 },
    ])
  })

  test.each(['/v1', 'v1=5/s', '/v1=5', '=5/s', '/v1?x=5/s', '/v1=5/s,/v1=6/s'])('%s is refused', (text) => {
    expect(problemsOf({ BENNU_RATE_LIMIT_API: text })).toEqual([
      expect.stringMatching(
        /^BENNU_RATE_LIMIT_API: ".*" (is not a limit for a path|stands there twice)\. Write /,
      ),
    ])
  })
})

test('the switch turns limits off, and says that others are of no effect', () => {
  const { config, warnings } = parse({ PHOENIX_DISABLE_RATE_LIMIT: 'true', BENNU_RATE_LIMIT_LOGIN: '9/s' })
  expect(config.limits.enabled).toBe(false)
  expect(warnings).toEqual([
    'BENNU_RATE_LIMIT_LOGIN: of no effect, because PHOENIX_DISABLE_RATE_LIMIT is set. Remove one of them.',
  ])
})

describe('the lock of accounts', () => {
  test.each<[Environment, number | null]>([
    [{}, 5],
    [{ PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS: '3' }, 3],
    [{ PHOENIX_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION: 'true' }, null],
    // The switch of the limits is another one.
    [{ PHOENIX_DISABLE_RATE_LIMIT: 'true' }, 5],
  ])('%j locks after %s failures', (env, attempts) => {
    expect(parse(env).config.auth.lockoutAfter).toBe(attempts)
  })

  test.each(['0', '-1', 'many'])('%s attempts are refused', (text) => {
    expect(problemsOf({ PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS: text })).toEqual([
      expect.stringMatching(
        /^PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS: .* from 1 to 10000\. Write such/,
      ),
    ])
  })
})
