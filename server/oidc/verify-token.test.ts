/** Every check by itself: what Auth.js refuses as well must be refused here without it. */
import { createHash } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Discovery, discover } from '#server/oidc/discovery'
import { TokenFault, verifyToken } from '#server/oidc/verify-token'
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type HostileIssuer,
  handmadeJwt,
  signedWith,
  startHostileProvider,
  type TestKey,
  testKey,
} from '../../test/hostile-provider'

type Json = Record<string, unknown>
const NOW = new Date('2026-11-21T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
let server: Awaited<ReturnType<typeof startHostileProvider>>
let idp: HostileIssuer
let discovery: Discovery
let key: TestKey

beforeAll(async () => {
  server = await startHostileProvider()
  key = await testKey('key-1')
})
afterAll(() => server.close())
beforeEach(async () => {
  idp = server.issuer()
  discovery = await discover(idp.settings(), NOW)
})

const party = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }
const claims = (change: Json = {}): Json => ({
  iss: idp.issuer,
  aud: CLIENT_ID,
  sub: 's',
  iat: SECONDS,
  exp: SECONDS + 300,
  nonce: 'n',
  ...change,
})
const verify = (token: string) =>
  verifyToken(party, discovery, token, { kind: 'id', nonce: 'n', accessToken: 'access' }, NOW)
const half = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')

test.each<[string, Json, Json]>([
  ['another issuer', { iss: 'https://evil.example' }, {}],
  ['an issuer with a slash more', { iss: 'SLASH' }, {}],
  ['no issuer', { iss: undefined }, {}],
  ['another audience', { aud: 'other' }, { aud: [CLIENT_ID] }],
  ['no audience', { aud: undefined }, {}],
  [
    'several audiences without azp',
    { aud: [CLIENT_ID, 'other'] },
    { aud: [CLIENT_ID, 'other'], azp: CLIENT_ID },
  ],
  ['the azp of another', { azp: 'other' }, { azp: CLIENT_ID }],
  ['another nonce', { nonce: 'other' }, {}],
  ['no nonce', { nonce: undefined }, {}],
  ['no subject', { sub: undefined }, {}],
  ['an empty subject', { sub: '' }, {}],
  ['a subject that is a number', { sub: 7 }, { sub: '7' }],
  ['a subject that no database takes', { sub: 'a\u0000' }, { sub: 'a' }],
  ['no time of issue', { iat: undefined }, {}],
  ['a time of issue in words', { iat: '2026' }, {}],
  ['a time of issue ahead', { iat: SECONDS + 121 }, { iat: SECONDS + 119 }],
  ['no end', { exp: undefined }, {}],
  ['an end that is over', { exp: SECONDS - 121 }, { exp: SECONDS - 119 }],
  ['a beginning ahead', { nbf: SECONDS + 121 }, { nbf: SECONDS + 119 }],
  ['another at_hash', { at_hash: half('other') }, { at_hash: half('access') }],
  ['an at_hash that is a number', { at_hash: 7 }, {}],
])('a token with %s is not believed, its twin is', async (_, bad, good) => {
  const spoilt = bad.iss === 'SLASH' ? { iss: `${idp.issuer}/` } : bad
  await expect(verify(await idp.behaviour.sign(claims(spoilt)))).rejects.toThrow(TokenFault)
  expect((await verify(await idp.behaviour.sign(claims(good)))).iss).toBe(idp.issuer)
})

test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s is no signature, announced or not', async (alg) => {
  discovery = { ...discovery, algorithms: [...discovery.algorithms, alg] }
  await expect(verify(handmadeJwt({ alg }, claims(), null))).rejects.toThrow('not signed')
})

test('a public key in any form is no shared secret', async () => {
  discovery = { ...discovery, algorithms: ['RS256', 'HS256'] }
  const pem = await exportSPKI((await importJWK(key.publicJwk, 'RS256')) as never)
  const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64')
  const forms = [
    pem,
    pem.trim(),
    `${pem}\n`,
    der,
    JSON.stringify(key.publicJwk),
    Buffer.from(key.publicJwk.n ?? '', 'base64url'),
  ]
  for (const secret of forms) {
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: 'key-1' }])
      await expect(verify(handmadeJwt(header, claims(), secret))).rejects.toThrow(TokenFault)
  }
  expect((await verify(handmadeJwt({ alg: 'HS256' }, claims(), CLIENT_SECRET))).sub).toBe('s')
})

test('a critical extension that nobody knows is not overlooked', async () => {
  const token = await signedWith(key)(claims())
  const [header = '', ...rest] = token.split('.')
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), crit: ['x'], x: 1 }
  const forged = [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.')
  await expect(verify(forged)).rejects.toThrow(TokenFault)
})

test.each(['', 'a', 'a.b.c', 'a.b.c.d.e', `${'x'.repeat(70_000)}`])('%j is no token', async (text) => {
  await expect(verify(text)).rejects.toThrow(TokenFault)
})

test.each<[string, Json, RegExp]>([
  ['a subject that is a number', { sub: 7 }, /^the sub of the token is a number: .* as a string$/],
  ['an end that is over', { exp: SECONDS - 121 }, /expired \(exp\): .*clock/],
  ['a time of issue ahead', { iat: SECONDS + 121 }, /in the future \(iat\): .*clock/],
  ['a beginning ahead', { nbf: SECONDS + 121 }, /not good yet \(nbf\): .*clock/],
  ['another issuer', { iss: 'https://evil.example' }, /another issuer than the discovery document \(iss\)$/],
  ['no time of issue', { iat: undefined }, /lacks what every token must say \(iat\)$/],
])('%s is refused with a reason that an admin can act on', async (_, change, sentence) => {
  await expect(verify(await idp.behaviour.sign(claims(change)))).rejects.toThrow(sentence)
})
