/**
 * What leaves the server as an address or a cookie, in every way it is published: with and without a path prefix, by its
 * own TLS, behind a proxy that ends TLS, and with and without PHOENIX_ROOT_URL.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAuthority, makeCertificate } from '../../test/certificates'
import { freePort } from '../../test/free-port'
import { type Program, startProgram } from '../../test/program'

const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2' }
const BY_PROXY = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
const HSTS = 'max-age=31536000'

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

interface Asking {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Asks as a client that looks at no certificate and follows no redirect. */
function ask(url: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const signIn = (base: string, headers: Record<string, string>) =>
  ask(`${base}/auth/login`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@localhost', password: 'admin' }),
  })

/** What a cookie says beside its value and its life. */
const attributesOf = ({ headers }: Answer) =>
  (headers['set-cookie'] ?? []).map((cookie) =>
    [/Path=[^;]*/.exec(cookie)?.[0], cookie.includes('; Secure') ? 'Secure' : 'plain'].join(' '),
  )

const folder = mkdtempSync(join(tmpdir(), 'bennu-addresses-'))

/** How a server is published; `plain` and `proxied` are the cookies of requests without and with a proxy's https. */
const WAYS = [
  { name: 'clear text', root: '', url: null, tls: false, plain: 'plain', proxied: 'Secure', hsts: undefined },
  {
    name: 'clear text',
    root: '/a/b',
    url: null,
    tls: false,
    plain: 'plain',
    proxied: 'Secure',
    hsts: undefined,
  },
  {
    name: 'clear text, https in front',
    root: '',
    url: 'https://traces.example.com',
    tls: false,
    plain: 'Secure',
    proxied: 'Secure',
    hsts: HSTS,
  },
  {
    name: 'clear text, https in front',
    root: '/a/b',
    url: 'https://tools.example.com',
    tls: false,
    plain: 'Secure',
    proxied: 'Secure',
    hsts: HSTS,
  },
  { name: 'TLS', root: '', url: null, tls: true, plain: 'Secure', proxied: 'Secure', hsts: undefined },
  {
    name: 'TLS',
    root: '/a/b',
    url: 'https://tools.example.com/a/b',
    tls: true,
    plain: 'Secure',
    proxied: 'Secure',
    hsts: HSTS,
  },
]

const programs = new Map<(typeof WAYS)[number], Program>()

beforeAll(async () => {
  const { certFile, keyFile } = makeCertificate(folder, makeAuthority(folder), {
    name: 'server',
    alternativeNames: ['DNS:localhost'],
  })
  for (const way of WAYS) {
    const env = {
      ...AUTH,
      PHOENIX_HOST_ROOT_PATH: way.root,
      PHOENIX_ROOT_URL: way.url ?? '',
      BENNU_OTLP_HTTP_PORT: String(await freePort()),
      ...(way.tls
        ? { PHOENIX_TLS_ENABLED: 'true', PHOENIX_TLS_CERT_FILE: certFile, PHOENIX_TLS_KEY_FILE: keyFile }
        : {}),
    }
    programs.set(way, await startProgram({ env }))
  }
}, 120_000)

afterAll(async () => {
  await Promise.all([...programs.values()].map((program) => program.stop()))
  rmSync(folder, { recursive: true, force: true })
})

describe.each(WAYS)('$name, PHOENIX_ROOT_URL=$url, prefix "$root"', (way) => {
  const { root } = way
  const base = () => programs.get(way)?.baseUrl ?? ''

  it('sends the signed-out to the login page by a path alone, from a page with the prefix and without', async () => {
    const strange = { host: 'other.example', 'x-forwarded-host': 'third.example' }
    for (const headers of [{}, BY_PROXY, strange] as Record<string, string>[]) {
      for (const prefix of [root, '']) {
        const { status, headers: got } = await ask(`${base()}${prefix}/profile?a=1`, { headers })
        expect([status, got.location]).toEqual([302, `${root}/login?returnUrl=%2Fprofile%3Fa%3D1`])
      }
    }
    for (const path of ['/', root || '/', `${root}/`]) {
      expect((await ask(`${base()}${path}`)).headers.location).toBe(`${root}/login`)
    }
  })

  it('marks the cookies of a sign-in as the way demands, and takes them back the same way', async () => {
    for (const [headers, secure] of [
      [{}, way.plain],
      [BY_PROXY, way.proxied],
    ] as const) {
      const cookie = `Path=${root || '/'} ${secure}`
      const answer = await signIn(`${base()}${root}`, headers)
      expect([answer.status, attributesOf(answer)]).toEqual([204, [cookie, cookie]])
      const out = await ask(`${base()}${root}/auth/logout`, { headers })
      expect(out.headers.location).toMatch(new RegExp(`^${root}/log(in|out)$`))
      expect(new Set(attributesOf(out))).toEqual(new Set([cookie]))
    }
  })

  it('loads everything of a page from below the prefix', async () => {
    const page = await ask(`${base()}/login`)
    const addresses = [...page.body.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map((match) => match[1] as string)
    const files = addresses.filter((address) => address.includes('/_next/'))
    expect(files.length).toBeGreaterThan(3)
    for (const address of addresses) expect(address.startsWith(`${root}/`)).toBe(true)
    const [file = ''] = files
    expect((await ask(`${base()}${file}`)).status).toBe(200)
    expect((await ask(`${base()}${file.slice(root.length)}`)).status).toBe(200)
  })

  it('answers machines with the prefix and without', async () => {
    for (const prefix of [root, '']) {
      const statusOf = async (path: string, asking?: Asking) =>
        (await ask(`${base()}${prefix}${path}`, asking)).status
      expect(await statusOf('/healthz')).toBe(200)
      expect(await statusOf('/readyz')).toBe(200)
      expect(await statusOf('/favicon.ico')).toBe(200)
      expect(await statusOf('/v1/user')).toBe(401)
      expect(await statusOf('/api/v1/user')).toBe(401)
      expect(await statusOf('/v1/traces', { method: 'POST' })).toBe(401)
      const { servers } = JSON.parse((await ask(`${base()}${prefix}/openapi.json`)).body)
      expect(servers).toEqual([{ url: root || '/' }])
    }
  })

  it('takes OTLP on its own port with the prefix and without', async () => {
    const { otlpHttpPort } = programs.get(way) as Program
    for (const prefix of [root, '']) {
      const url = `${way.tls ? 'https' : 'http'}://127.0.0.1:${otlpHttpPort}${prefix}/v1/traces`
      const answer = await ask(url, { method: 'POST' })
      expect([answer.status, answer.headers['strict-transport-security']]).toEqual([401, way.hsts])
    }
  })

  it('promises https to browsers only where PHOENIX_ROOT_URL does', async () => {
    for (const headers of [{}, BY_PROXY]) {
      const answer = await ask(`${base()}${root}/login`, { headers })
      expect(answer.headers['strict-transport-security']).toBe(way.hsts)
    }
  })
})

it('a stranger who says https gets no Secure cookie for it', async () => {
  const env = { ...AUTH, FORWARDED_ALLOW_IPS: '192.0.2.1' }
  const program = await startProgram({ env })
  const answer = await signIn(program.baseUrl, BY_PROXY)
  await program.stop()
  expect(attributesOf(answer)).toEqual(['Path=/ plain', 'Path=/ plain'])
})
