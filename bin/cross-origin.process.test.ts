/** Pages of other origins, asked of the running program: what they may read, and what is refused. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Program, startProgram } from '../test/program'

const FRIEND = 'https://tools.example.com'
const EVIL = 'https://evil.example.net'

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** With headers that `fetch` keeps for browsers. */
function ask(program: Program, path: string, method: string, headers: Record<string, string>, body?: string) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: program.port, path, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('with allowed origins', () => {
  let program: Program
  beforeAll(async () => {
    program = await startProgram({
      env: { PHOENIX_ALLOWED_ORIGINS: ` ${FRIEND} , http://localhost:3000` },
      args: ['--only', 'web'],
    })
  })
  afterAll(() => program?.stop())

  const preflight = (origin: string) =>
    ask(program, '/v1/projects', 'OPTIONS', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-mine',
    })

  test('a preflight of one is answered for its browser, cookies included', async () => {
    const { status, headers } = await preflight(FRIEND)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': FRIEND,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,x-mine',
      'access-control-max-age': '600',
      vary: expect.stringContaining('Origin'),
    })
    expect(headers['access-control-allow-methods']).toContain('DELETE')
  })

  test.each([EVIL, 'http://localhost:3001', `${FRIEND}.evil.example`, 'null'])(
    'a preflight of %s is a 400 without any permission',
    async (origin) => {
      const { status, headers } = await preflight(origin)
      expect([status, headers['access-control-allow-origin']]).toEqual([400, undefined])
    },
  )

  test.each(['/v1/projects', '/v1/nothing', '/healthz', '/login'])(
    '%s may be read by one, and by no other',
    async (path) => {
      const friend = await ask(program, path, 'GET', { origin: FRIEND })
      expect(friend.headers).toMatchObject({
        'access-control-allow-origin': FRIEND,
        'access-control-allow-credentials': 'true',
        vary: expect.stringMatching(/Origin/),
      })
      const evil = await ask(program, path, 'GET', { origin: EVIL })
      expect(evil.headers['access-control-allow-origin']).toBeUndefined()
      expect(evil.headers.vary).toMatch(/Origin/)
    },
  )

  test('one may change things, another origin may not', async () => {
    const create = (origin: string, name: string) =>
      ask(
        program,
        '/v1/projects',
        'POST',
        { origin, 'content-type': 'application/json' },
        JSON.stringify({ name }),
      )
    expect((await create(FRIEND, 'by a friend')).status).toBeLessThan(300)
    expect((await create(EVIL, 'by another')).status).toBe(403)
    const spans = await ask(
      program,
      '/v1/traces',
      'POST',
      { origin: EVIL, 'content-type': 'application/json' },
      '{}',
    )
    expect(spans.status).toBe(403)
  })
})

describe('with every origin allowed', () => {
  let program: Program
  beforeAll(async () => {
    program = await startProgram({ env: { PHOENIX_ALLOWED_ORIGINS: '*' }, args: ['--only', 'web'] })
  })
  afterAll(() => program?.stop())

  test('no cookie comes with it', async () => {
    const { headers } = await ask(program, '/v1/projects', 'GET', { origin: EVIL })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })
})

describe('with a list of trusted origins', () => {
  let program: Program
  beforeAll(async () => {
    program = await startProgram({
      env: {
        PHOENIX_CSRF_TRUSTED_ORIGINS: 'https://friend.example.org',
        PHOENIX_ROOT_URL: 'https://traces.example.com',
      },
      args: ['--only', 'web'],
    })
  })
  afterAll(() => program?.stop())

  test.each(['/', '/healthz', '/v1/projects', '/login', '/nothing'])(
    '%s is a 401 for whoever names another host, reading included',
    async (path) => {
      const answer = await ask(program, path, 'GET', { origin: EVIL })
      expect([answer.status, answer.text]).toEqual([
        401,
        'Refused: the origin header names a host that is not trusted here',
      ])
      expect(answer.headers['www-authenticate']).toBeUndefined()
      expect(answer.headers['content-type']).toMatch(/^text\/plain/)
      const referred = await ask(program, path, 'GET', { referer: `${EVIL}/page` })
      expect(referred.text).toMatch(/the referer header/)
    },
  )

  test.each([
    ['a listed host', { origin: 'http://friend.example.org:8080' }],
    ['our own host', { origin: 'http://127.0.0.1:1' }],
    ['the host of PHOENIX_ROOT_URL', { referer: 'https://traces.example.com/projects' }],
    ['none', {}],
  ])('who names %s is served', async (_name, headers) => {
    expect((await ask(program, '/healthz', 'GET', headers)).status).toBe(200)
  })

  test('an address of another site gets the header that keeps browsers to https', async () => {
    const { headers } = await ask(program, '/healthz', 'GET', {})
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
  })
})

test('every answer says what a browser may do with it', async () => {
  const program = await startProgram({ args: ['--only', 'web'] })
  try {
    for (const path of [
      '/projects',
      '/login',
      '/v1/projects',
      '/healthz',
      '/nothing',
      '/_next/static/none.js',
    ]) {
      const { headers } = await ask(program, path, 'GET', {})
      expect([path, headers]).toEqual([
        path,
        expect.objectContaining({
          'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'permissions-policy': expect.stringContaining('camera=()'),
          'referrer-policy': 'same-origin',
          'x-content-type-options': 'nosniff',
        }),
      ])
      expect([path, headers['strict-transport-security']]).toEqual([path, undefined])
      expect([path, headers['access-control-allow-origin']]).toEqual([path, undefined])
    }
  } finally {
    await program.stop()
  }
})
