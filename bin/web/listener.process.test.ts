/** What every answer of the web port has in common, asked of the running program. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, startProgram } from '../../test/program'

let program: Program
beforeAll(async () => {
  program = await startProgram({ env: { FORWARDED_ALLOW_IPS: '127.0.0.1' } })
  // Before the warm-up asks for one: at the first page Next would take upgrades from the listener.
  await get('/no-such-page')
})
afterAll(async () => {
  await program.stop()
})

const get = (path: string, init?: RequestInit) =>
  fetch(`${program.baseUrl}${path}`, { redirect: 'manual', ...init })

/** Sends bytes as they are and gives back everything that came until the server closed. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(program.port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('close', () => resolve(answer))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
    )
  })
}

/** A GET whose path is sent as it is written. */
function getExactly(path: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port: program.port, path }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

describe('machine paths', () => {
  it('/healthz says OK', async () => {
    const answer = await get('/healthz')
    expect([answer.status, await answer.text()]).toEqual([200, 'OK'])
  })

  it('/readyz says {}', async () => {
    const answer = await get('/readyz')
    expect([answer.status, await answer.json()]).toEqual([200, {}])
  })

  it('/arize_phoenix_version is a plain number', async () => {
    expect(await (await get('/arize_phoenix_version')).text()).toBe('20.3.0')
  })

  it('/favicon.ico is a picture, for pages that could not name one', async () => {
    const answer = await get('/favicon.ico')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/x-icon'])
    expect(new Uint8Array(await answer.arrayBuffer()).slice(0, 4)).toEqual(Uint8Array.of(0, 0, 1, 0))
  })
})

describe('methods', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s on a machine path is refused with what would do',
    async (method) => {
      for (const path of ['/healthz', '/readyz', '/arize_phoenix_version']) {
        const answer = await get(path, { method })
        expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
      }
    },
  )

  it.each(['/', '/projects', '/v1/projects', '/v1/traces', '/nothing', '/openapi.json'])(
    'TRACE %s is a 405, not an error of ours',
    async (path) => {
      const bytes = `TRACE ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`
      expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 405 [\s\S]*x-error-code: method_not_allowed/)
    },
  )
})

describe('every answer', () => {
  it('carries the announced version, a request id and protection from sniffing', async () => {
    const page = await get('/projects')
    const file = /\/_next\/static\/[^"]+\.css/.exec(await page.text())?.[0] ?? '/no-css-found'
    const paths = [
      '/projects',
      file,
      '/healthz',
      '/v1/projects',
      '/v1/nothing',
      '/no-such-page',
      '/_next/static/none.js',
    ]
    for (const path of paths) {
      const { headers } = await get(path)
      expect([path, headers.get('x-phoenix-server-version')]).toEqual([path, '20.3.0'])
      expect([path, headers.get('x-request-id')]).toEqual([path, expect.stringMatching(/^[0-9a-f-]{36}$/)])
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, headers.get('x-frame-options')]).toEqual([path, 'DENY'])
      expect([path, headers.get('x-powered-by')]).toEqual([path, null])
    }
    expect((await get(file)).status).toBe(200)
  })

  it('has a request id of our own making', async () => {
    const { headers } = await get('/healthz', { headers: { 'x-request-id': 'chosen-by-client' } })
    expect(headers.get('x-request-id')).not.toBe('chosen-by-client')
  })

  it('to an unreadable request is a 400 with the version, and the server goes on', async () => {
    expect(await raw('\x16\x03\x01\x02\x00garbage\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*x-phoenix-server-version: 20\.3\.0/,
    )
    expect((await get('/healthz')).status).toBe(200)
  })

  it('to headers without end is a 431', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(40_000)}`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
  })

  it('to an unknown expectation is a 417', async () => {
    expect(await raw('GET / HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 417 /,
    )
  })

  it('to contradictory lengths is a 400', async () => {
    const both =
      'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await raw(both)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('to a request for an upgrade is that to any other, also once pages were made', async () => {
    const asking = 'host: x\r\nconnection: upgrade, close\r\nupgrade: websocket'
    expect(await raw(`GET /healthz HTTP/1.1\r\n${asking}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 .*\r\nx-request-id: /is,
    )
    expect(await raw(`GET /no-such-page HTTP/1.1\r\n${asking}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 /)
  })
})

describe('pages', () => {
  it('run only scripts that carry the nonce of this answer', async () => {
    const answer = await get('/no-such-page')
    const policy = answer.headers.get('content-security-policy') ?? ''
    const nonce = /'nonce-([0-9a-f]{32})'/.exec(policy)?.[1]
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? 'unsafe-'
    expect(scripts).not.toContain('unsafe-')
    expect(policy).toContain("frame-ancestors 'none'")
    const tags = (await answer.text()).match(/<script\b[^>]*>/g) ?? []
    expect(tags.length).toBeGreaterThan(0)
    for (const tag of tags) expect(tag).toContain(`nonce="${nonce}"`)
  })

  it('get a new nonce each time', async () => {
    const policies = await Promise.all([get('/login'), get('/login')])
    const [one, two] = policies.map((answer) => answer.headers.get('content-security-policy'))
    expect(one).not.toBe(two)
  })
})

describe('paths', () => {
  it.each([
    '//evil.example',
    '//evil.example/%2e%2e',
    '/\\evil.example',
    '/%5Cevil.example/',
    '///evil.example/..',
  ])('%s never leads to another host', async (path) => {
    const { headers } = await getExactly(path)
    expect(String(headers.location ?? '/')).toMatch(/^\/(?![/\\])/)
  })

  it('/api/v1 is another name of /v1', async () => {
    const [alias, real] = await Promise.all([get('/api/v1/projects'), get('/v1/projects')])
    expect([alias.status, await alias.json()]).toEqual([200, await real.json()])
  })

  it.each(['/%E0%A4%A', '/v1/projects/%FF', '/v1/projects/%00', '/v1/projects/a%2Fb'])(
    '%s is no server error',
    async (path) => {
      expect((await getExactly(path)).status).toBeLessThan(500)
    },
  )
})
