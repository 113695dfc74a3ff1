import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'

const options = { homedir: '/home/op', cwd: '/srv', readFile: () => '' }
const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'a-secret-of-at-least-32-characters-1' }
const parse = (env: Record<string, string>) => parseConfig(env, options)
const adminsOf = (value: string) => parse({ PHOENIX_ADMINS: value }).config.auth.admins

function problemsOf(env: Record<string, string>): string[] {
  try {
    parse(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('PHOENIX_ADMINS', () => {
  test.each([
    ['Ada=ada@example.com', [['Ada', 'ada@example.com']]],
    [
      ' Ada Lovelace = Ada@Example.COM ; ;Bob=bob@corp.local;',
      [
        ['Ada Lovelace', 'ada@example.com'],
        ['Bob', 'bob@corp.local'],
      ],
    ],
    ['a=b=c@host.internal', [['a=b', 'c@host.internal']]],
  ])('%s names its people', (value, people) => {
    expect(adminsOf(value)).toEqual(people.map(([username, email]) => ({ username, email })))
  })

  test('is empty when unset', () => expect(parse({}).config.auth.admins).toEqual([]))

  test.each([
    ['Ada', /has no =/],
    ['=ada@example.com', /name that cannot be used/],
    [' = ada@example.com', /name that cannot be used/],
    ['Admin=ada@example.com', /name that cannot be used/],
    ['system=ada@example.com', /name that cannot be used/],
    ['Ada=ada', /no e-mail address/],
    ['Ada=ada@host', /no e-mail address/],
    ['Ada=a b@example.com', /no e-mail address/],
    ['Ada=ada@@example.com', /no e-mail address/],
    ['Ada=admin@localhost', /no e-mail address/],
    ['Ada=', /no e-mail address/],
    ['Ada=ada@example.com;Bob=ADA@example.com', /"ada@example.com" stands there twice/],
    ['Ada=ada@example.com;Ada=bob@example.com', /"Ada" stands there twice/],
  ])('%s stops the start', (value, sentence) => {
    expect(problemsOf({ PHOENIX_ADMINS: value })).toEqual([expect.stringMatching(sentence)])
  })
})

describe('PHOENIX_DISABLE_BASIC_AUTH', () => {
  test('is off by itself', () => expect(parse(AUTH).config.auth.basicAuth).toBe(true))

  test('stops the start while there is no other way to sign in', () => {
    expect(problemsOf({ ...AUTH, PHOENIX_DISABLE_BASIC_AUTH: 'true' })).toEqual([
      expect.stringMatching(/^PHOENIX_DISABLE_BASIC_AUTH: passwords are the only way to sign in/),
    ])
  })

  test('has no effect without authentication, and says so', () => {
    expect(parse({ PHOENIX_DISABLE_BASIC_AUTH: 'true' }).warnings).toEqual([
      expect.stringMatching(/^PHOENIX_DISABLE_BASIC_AUTH: of no effect/),
    ])
  })
})

describe('PHOENIX_MANAGEMENT_URL', () => {
  test.each([
    ['https://console.example.com', 'https://console.example.com/'],
    ['http://10.0.0.1:8080/x?y=1', 'http://10.0.0.1:8080/x?y=1'],
  ])('%s is kept', (value, url) => {
    expect(parse({ PHOENIX_MANAGEMENT_URL: value }).config.server.managementUrl).toBe(url)
  })

  test.each(['javascript:alert(1)', 'console.example.com', 'https:console', 'https://', 'data:text/html,x'])(
    '%s stops the start: it becomes a link',
    (value) => {
      expect(problemsOf({ PHOENIX_MANAGEMENT_URL: value })).toEqual([
        expect.stringMatching(/^PHOENIX_MANAGEMENT_URL: the value is not a URL/),
      ])
    },
  )
})
