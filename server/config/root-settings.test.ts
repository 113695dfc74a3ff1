import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'

const parse = (env: Record<string, string>) => parseConfig(env, { homedir: '/home/op', cwd: '/srv' })

function problemOf(value: string): string {
  try {
    parse({ PHOENIX_HOST_ROOT_PATH: value })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return 'none'
}

describe('PHOENIX_HOST_ROOT_PATH', () => {
  test.each(['/bennu', '/a/b', '/traces', '/tools/llm-traces_2.0~x', '/v1x', '/Auth'])(
    '%s is a prefix',
    (value) => {
      expect(parse({ PHOENIX_HOST_ROOT_PATH: value }).config.server.rootPath).toBe(value)
    },
  )

  test('is none when empty', () => {
    const { config, warnings } = parse({ PHOENIX_HOST_ROOT_PATH: '' })
    expect([config.server.rootPath, config.cookies.path, warnings]).toEqual(['', '/', []])
  })

  test.each([
    ['/', 'is no prefix'],
    ['bennu', 'does not begin with a slash'],
    ['https://h/bennu', 'does not begin with a slash'],
    ['/bennu/', 'ends with a slash'],
    ['//evil.example', 'is no path of letters'],
    ['/a//b', 'is no path of letters'],
    ['/a/../b', 'is no path of letters'],
    ['/./a', 'is no path of letters'],
    ['/a b', 'is no path of letters'],
    ['/a?b', 'is no path of letters'],
    ['/%62ennu', 'is no path of letters'],
    ['/<script>', 'is no path of letters'],
    ['/bénnu', 'is no path of letters'],
    [`/${'a'.repeat(200)}`, 'is no path of letters'],
    ['/.well-known', 'begins like a path of the server itself'],
    ['/mcp/x', 'begins like a path of the server itself'],
    ['/auth', 'begins like a path of the server itself'],
    ['/v1/bennu', 'begins like a path of the server itself'],
    ['/_next', 'begins like a path of the server itself'],
  ])('%s stops the start: it %s', (value, says) => {
    expect(problemOf(value)).toMatch(/^PHOENIX_HOST_ROOT_PATH: /)
    expect(problemOf(value)).toContain(says)
  })
})

describe('PHOENIX_ROOT_URL', () => {
  const rootUrl = (url: string, path: string) => {
    const { config, warnings } = parse({ PHOENIX_ROOT_URL: url, PHOENIX_HOST_ROOT_PATH: path })
    return [config.server.rootUrl, warnings.length]
  }

  test.each([
    ['https://h.example', '', 'https://h.example'],
    ['https://h.example/', '', 'https://h.example'],
    ['https://h.example', '/a/b', 'https://h.example/a/b'],
    ['https://h.example/a/b', '/a/b', 'https://h.example/a/b'],
    ['https://h.example/a/b/', '/a/b', 'https://h.example/a/b'],
    // The name of the host is no path.
    ['https://bennu', '/bennu', 'https://bennu/bennu'],
  ])('%s with the prefix "%s" is %s', (url, path, expected) => {
    expect(rootUrl(url, path)).toEqual([expected, 0])
  })

  test.each([
    ['https://h.example/x', '/bennu', 'https://h.example/x/bennu'],
    ['https://h.example/x', '', 'https://h.example/x'],
    ['https://h.example/xbennu', '/bennu', 'https://h.example/xbennu/bennu'],
  ])('%s with the prefix "%s" warns', (url, path, expected) => {
    expect(rootUrl(url, path)).toEqual([expected, 1])
  })
})

describe('PHOENIX_COOKIES_PATH', () => {
  const cookies = (env: Record<string, string>) => {
    const { config, warnings } = parse({ PHOENIX_HOST_ROOT_PATH: '/a/b', ...env })
    return [config.cookies.path, warnings.length]
  }

  test('is the prefix unless it is set, and the root of the host when it is set to nothing', () => {
    expect(cookies({})).toEqual(['/a/b', 0])
    expect(cookies({ PHOENIX_COOKIES_PATH: '' })).toEqual(['/', 0])
  })

  test.each([
    ['/', 0],
    ['/a', 0],
    ['/a/', 0],
    ['/a/b', 0],
    ['/a/b/', 0],
    ['/a/bc', 1],
    ['/b', 1],
    ['/a/b/c', 1],
  ])('%s below /a/b brings %i warnings', (path, count) => {
    expect(cookies({ PHOENIX_COOKIES_PATH: path })).toEqual([path, count])
  })
})
