import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAssertion } from '#server/oidc/assertion'
import { fetchDiscovery, usesPkce } from '#server/oidc/discovery'
import { fetchFromProvider, fetchObject } from '#server/oidc/fetch'
import { isSafeAddress } from '#server/oidc/rules'

let answer: RequestListener = () => {}
const server = createServer((request, response) => answer(request, response))
let origin = ''
let folder = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = mkdtempSync(join(tmpdir(), 'bennu-assertion-'))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['https://sso.example/x', true],
  ['http://sso.example/x', false],
  ['http://localhost:8080/x', true],
  ['http://127.0.0.1/x', true],
  ['http://[::1]:8080/x', true],
  ['http://localhost.evil.example/x', false],
  ['https:sso.example', false],
  ['https:////realms//x', false],
  ['https://user:pw@sso.example/x', false],
  ['file:///etc/passwd', false],
  ['ftp://localhost/x', false],
])('%s may be asked: %s', (address, expected) => {
  expect(isSafeAddress(address)).toBe(expected)
})

test.each<[string, RequestListener, string]>([
  ['is no JSON', (_, r) => r.end('<html>'), 'its answer is not JSON'],
  ['is a list', (_, r) => r.end('[]'), 'its answer is not a JSON object'],
  ['is an error', (_, r) => r.writeHead(502).end('{}'), 'it answered with status 502'],
  [
    'is too long',
    (_, r) => r.end(`{"a":"${'x'.repeat(1024 * 1024)}"}`),
    'its answer is larger than a mebibyte',
  ],
  [
    'breaks off',
    (_, r) => r.writeHead(200, { 'content-length': '100' }).write('{', () => r.destroy()),
    'no connection could be made \\(UND_ERR_SOCKET\\)',
  ],
  [
    'leads to another port',
    (_, r) => r.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end(),
    'it redirects to another place',
  ],
  [
    'leads round and round',
    (_, r) => r.writeHead(302, { location: '/again' }).end(),
    'it redirects too often',
  ],
])('an answer that %s is told in a sentence without the address', async (_, listener, sentence) => {
  answer = listener
  await expect(fetchObject(`${origin}/x`)).rejects.toThrow(new RegExp(`^${sentence}$`))
})

test('a POST is not sent on to where it redirects', async () => {
  let asked = 0
  answer = (_, response) => {
    asked += 1
    response.writeHead(307, { location: '/token' }).end()
  }
  const body = new URLSearchParams({ client_secret: 's' })
  await expect(fetchFromProvider(`${origin}/x`, { method: 'POST', body })).rejects.toThrow('another place')
  expect(asked).toBe(1)
})

test('a redirect on the same host is followed', async () => {
  answer = (request, response) =>
    request.url === '/x' ? response.writeHead(301, { location: '/y' }).end() : response.end('{"at":"y"}')
  expect(await fetchObject(`${origin}/x`)).toEqual({ at: 'y' })
})

test('an answer that does not come is given up after five seconds', async () => {
  answer = () => {}
  const begin = performance.now()
  await expect(fetchObject(`${origin}/x`)).rejects.toThrow('it did not answer within 5 seconds')
  expect(performance.now() - begin).toBeGreaterThan(4_000)
}, 20_000)

test('an assertion is read anew each time', async () => {
  const path = join(folder, 'token')
  const read = () => readAssertion({ assertionFile: { path, confidential: false } })
  writeFileSync(path, 'one\n')
  expect(await read()).toBe('one')
  writeFileSync(path, 'two')
  expect(await read()).toBe('two')
})

test.each([
  ['missing', null, 'cannot be read'],
  ['empty', ' \n', 'is empty'],
  ['too large', 'x'.repeat(64 * 1024 + 1), 'is larger than 64 KiB'],
])(
  'an assertion file that is %s is an error with its path, unless that is confidential',
  async (name, text, why) => {
    const path = join(folder, name)
    if (text !== null) writeFileSync(path, text)
    await expect(readAssertion({ assertionFile: { path, confidential: false } })).rejects.toThrow(
      `the file ${JSON.stringify(path)} with the client assertion ${why}`,
    )
    await expect(readAssertion({ assertionFile: { path, confidential: true } })).rejects.toThrow(
      `the file with the client assertion ${why}`,
    )
  },
)

test('a folder is no assertion', async () => {
  await expect(readAssertion({ assertionFile: { path: folder, confidential: false } })).rejects.toThrow(
    'is no file',
  )
})

const documentOf = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
})

test.each([
  ['token_endpoint', 'http://idp.example/token', /clear text: token_endpoint$/],
  ['jwks_uri', 'http://idp.example/jwks', /clear text: jwks_uri$/],
  ['token_endpoint', undefined, /token_endpoint$/],
])('a document with %s %s is refused', async (field, value, sentence) => {
  answer = (_, response) => response.end(JSON.stringify({ ...documentOf(origin), [field]: value }))
  const url = `${origin}/.well-known/openid-configuration`
  await expect(fetchDiscovery(url)).rejects.toThrow(sentence)
  answer = (_, response) => response.end(JSON.stringify({ ...documentOf(origin), [field]: `${origin}/x` }))
  expect((await fetchDiscovery(url)).issuer).toBe(origin)
})

test('a provider elsewhere may not lead us to this machine', async () => {
  const there = 'https://idp.example'
  const real = globalThis.fetch
  const answers = (document: object) => {
    globalThis.fetch = async () => Response.json(document)
  }
  const ask = () => fetchDiscovery(`${there}/.well-known/openid-configuration`)
  try {
    for (const at of ['http://127.0.0.1:9090', 'https://localhost', 'http://[::1]:80']) {
      answers({ ...documentOf(there), jwks_uri: `${at}/x` })
      await expect(ask()).rejects.toThrow('leads to this very machine')
    }
    answers(documentOf(there))
    expect((await ask()).issuer).toBe(there)
  } finally {
    globalThis.fetch = real
  }
})

/** What a document at one address, as another host would give it out, is taken for. */
async function issuerOf(address: string, document: object): Promise<string> {
  const real = globalThis.fetch
  globalThis.fetch = async () => Response.json(document)
  try {
    return (await fetchDiscovery(`${address}/.well-known/openid-configuration`)).issuer
  } finally {
    globalThis.fetch = real
  }
}

test('a pattern is no issuer: somebody of any tenant could come with it', async () => {
  const entra = 'https://login.example/common/v2.0'
  const pattern = { ...documentOf(entra), issuer: 'https://login.example/{tenantid}/v2.0' }
  await expect(issuerOf(entra, pattern)).rejects.toThrow(
    /names a pattern .*use the address of your own tenant$/,
  )
  const own = 'https://login.example/6f5e/v2.0'
  expect(await issuerOf(own, documentOf(own))).toBe(own)
})

test('a provider that is asked by its inner name is told to be asked by the name that its tokens bear', async () => {
  const outer = 'https://sso.example/realms/corp'
  const inner = 'https://keycloak.internal:8443/realms/corp'
  await expect(issuerOf(inner, documentOf(outer))).rejects.toThrow(
    `names another issuer, ${outer}: use the address below that issuer`,
  )
  expect(await issuerOf(outer, documentOf(outer))).toBe(outer)
})

test('a provider may have its inner name for what the server alone asks', async () => {
  const outer = 'https://sso.example/realms/corp'
  const inner = 'https://keycloak.internal:8443/realms/corp'
  const document = { ...documentOf(outer), token_endpoint: `${inner}/token`, jwks_uri: `${inner}/jwks` }
  expect(await issuerOf(outer, document)).toBe(outer)
})

test.each([
  ['ENOTFOUND', 'no connection could be made (ENOTFOUND: its name is not known here)'],
  ['ECONNREFUSED', 'no connection could be made (ECONNREFUSED)'],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'no connection could be made (SELF_SIGNED_CERT_IN_CHAIN: its certificate is not trusted; NODE_EXTRA_CA_CERTS names further authorities)',
  ],
])('a connection that fails by %s is told so', async (code, sentence) => {
  const real = globalThis.fetch
  globalThis.fetch = async () => {
    throw new TypeError('fetch failed', { cause: { code } })
  }
  try {
    await expect(fetchObject('https://idp.example/secret-path')).rejects.toThrow(sentence)
  } finally {
    globalThis.fetch = real
  }
})

test.each([
  [{ pkce: null, tokenAuth: 'none' as const }, true],
  [{ pkce: false, tokenAuth: 'none' as const }, false],
  [{ pkce: null, tokenAuth: 'client_secret_basic' as const }, false],
])('with %j and a provider that announces nothing, PKCE is used: %s', (settings, expected) => {
  const discovery = {
    issuer: 'https://idp.example',
    document: documentOf('https://idp.example'),
    algorithms: ['RS256'],
  }
  expect(usesPkce(settings, discovery)).toBe(expected)
})
