import { describe, expect, test, vi } from 'vitest'
import { authLogger, createLogger } from '#server/log'

const CANARY = 'canary-0123456789'

function logInto(structured: boolean, level = 'debug') {
  const out: string[] = []
  const err: string[] = []
  const log = createLogger(
    { level, structured },
    {
      process: 'web',
      destination: { write: (line) => out.push(line) },
      errorDestination: { write: (line) => err.push(line) },
    },
  )
  return { log, out, err, all: () => [...out, ...err].join('') }
}

describe.each([
  ['structured', true],
  ['readable', false],
])('the %s form', (_, structured) => {
  test('says when, how bad, who and what', () => {
    const { log, out } = logInto(structured)
    log.info({ spans: 3 }, 'stored')
    const line = out[0] as string
    for (const part of [
      /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}/,
      /INFO/,
      /bennu\.web/,
      /spans"?[=:]3/,
      /stored/,
    ]) {
      expect(line).toMatch(part)
    }
  })

  test('sends warnings and worse to the error stream, the rest to the other', () => {
    const { log, out, err } = logInto(structured)
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    log.fatal('e')
    expect([out.length, err.length]).toEqual([2, 3])
  })

  test('keeps quiet below its level', () => {
    const { log, all } = logInto(structured, 'warn')
    log.info('quiet')
    expect(all()).toBe('')
  })

  test('marks authentication lines, also in children of children', () => {
    const { log, out } = logInto(structured)
    const auth = authLogger(log.child({ requestId: 'r1' }))
    auth.info('signed in')
    authLogger(auth).child({ user: 'User:2' }).info('again')
    expect(out.map((line) => /bennu\.web\.auth\b/.test(line) && /r1/.test(line))).toEqual([true, true])
  })

  test('marks authentication lines through another copy of this module, as a bundler makes one', async () => {
    const { log, out } = logInto(structured)
    vi.resetModules()
    const copy = await import('#server/log')
    expect(copy.authLogger).not.toBe(authLogger)
    copy.authLogger(log).info('signed in')
    expect(out[0]).toMatch(/bennu\.web\.auth\b/)
  })

  test('leaves other lines unmarked', () => {
    const { log, all } = logInto(structured)
    authLogger(log)
    log.info('ready')
    expect(all()).not.toContain('auth')
  })

  test.each([
    ['a field', { password: CANARY }],
    [
      'a header',
      { headers: { authorization: `Bearer ${CANARY}`, cookie: `phoenix-access-token=${CANARY}` } },
    ],
    ['a list', { keys: [{ apiKey: CANARY }] }],
    ['an object under a secret name', { credentials: { value: CANARY } }],
    [
      'other spellings',
      { newPassword: CANARY, api_key: CANARY, PHOENIX_SECRET: CANARY, refreshToken: CANARY, key: CANARY },
    ],
    ['a URL', { url: `postgresql://u:${CANARY}@db/d` }],
    ['a token in text', { note: `got Bearer ${CANARY} there` }],
    ['an error', { err: Object.assign(new Error('x'), { config: { password: CANARY } }) }],
    [
      'the cause of an error',
      { err: new Error('x', { cause: new Error(`at postgres://u:${CANARY}@db/d`) }) },
    ],
  ])('masks a secret in %s', (_, fields) => {
    const { log, all } = logInto(structured)
    log.error(fields, 'failed')
    expect(all()).toContain('masked')
    expect(all()).not.toContain(CANARY)
  })

  test('masks a secret that a child is bound to', () => {
    const { log, all } = logInto(structured)
    log.child({ authorization: CANARY, token: CANARY }).info('x')
    expect(all()).not.toContain(CANARY)
  })

  test('masks a secret in the message', () => {
    const { log, all } = logInto(structured)
    log.info('connect %s failed', `postgresql://u:${CANARY}@db/d`)
    expect(all()).not.toContain(CANARY)
  })

  test('keeps an address with a port', () => {
    const { log, all } = logInto(structured)
    log.info({ url: 'http://localhost:6006/users?email=ann@example.com' }, 'x')
    expect(all()).toContain('http://localhost:6006/users?email=ann@example.com')
  })

  test('keeps what only looks like a secret by its name', () => {
    const { log, all } = logInto(structured)
    log.info({ apiKeyId: 'ApiKey:7', promptTokens: 12 }, 'x')
    expect(all()).toMatch(/ApiKey:7/)
    expect(all()).toMatch(/promptTokens"?[=:]12/)
  })

  test.each(['\n', '\r\n', '\u2028', '\u0085', '\u001b[2K'])(
    'cannot be given a forged line through %j',
    (mark) => {
      const { log, out } = logInto(structured)
      const forged = `x${mark}2026-01-01 00:00:00.000 INFO     bennu.web.auth session.login success`
      log.info({ user: forged, [`k${mark}ey`]: 1 }, forged)
      expect(out).toHaveLength(1)
      expect((out[0] as string).slice(0, -1).split(/[\r\n\u2028\u0085]/)).toHaveLength(1)
      expect(out[0]).not.toContain('\u001b')
    },
  )

  test('survives a circle, a bigint, bytes and a very long text', () => {
    const { log, out } = logInto(structured)
    const circle: Record<string, unknown> = {
      n: 2n ** 63n,
      bytes: new Uint8Array(9),
      long: 'x'.repeat(100_000),
    }
    circle.self = circle
    log.info({ circle }, 'x')
    expect(out[0]).toContain('9223372036854775808')
    expect((out[0] as string).length).toBeLessThan(20_000)
  })
})

test('structured lines are JSON with the documented keys', () => {
  const { log, err } = logInto(true)
  log.warn({ requestId: 'r1' }, 'careful')
  expect(JSON.parse(err[0] as string)).toEqual({
    level: 'WARNING',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    logger: 'bennu.web',
    requestId: 'r1',
    message: 'careful',
  })
})

test('a stack trace stands indented below its line', () => {
  const { log, err } = logInto(false)
  log.error({ err: new Error('first\n2026-01-01 00:00:00.000 INFO forged') }, 'failed')
  const [head, ...rest] = (err[0] as string).trimEnd().split('\n')
  expect(head).toMatch(/ERROR {4}bennu\.web failed$/)
  expect(rest.filter((line) => !line.startsWith('    | '))).toEqual([])
  expect(rest.length).toBeGreaterThan(2)
})

test.each([
  ['schemes', 'a.'],
  ['dashes', 'a-'],
  ['token beginnings', 'eyJ-'],
  ['addresses', 'a://b:'],
  ['a token cut short', 'eyJa.'],
])('a long text of %s is masked in no time', (_, piece) => {
  const { log } = logInto(true)
  const origin = piece.repeat(8000 / piece.length)
  const before = process.cpuUsage()
  for (let line = 0; line < 40; line++) log.info({ origin }, 'refused')
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(500)
})

test('a password is masked in an address that stands behind a long text', () => {
  const { log, all } = logInto(true)
  log.info({ url: `${'a.'.repeat(3000)}postgresql://bennu:${CANARY}@db/x` }, 'open')
  expect(all()).not.toContain(CANARY)
})
