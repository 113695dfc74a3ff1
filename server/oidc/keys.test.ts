import { generateSecret, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Discovery } from '#server/oidc/discovery'
import { discover } from '#server/oidc/discovery'
import { TokenFault, verifyToken } from '#server/oidc/verify-token'
import {
  CLIENT_ID,
  type HostileIssuer,
  signedWith,
  startHostileProvider,
  testKey,
} from '../../test/hostile-provider'

const NOW = new Date('2026-11-21T12:00:00Z')
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const party = { clientId: CLIENT_ID, clientSecret: null }
let server: Awaited<ReturnType<typeof startHostileProvider>>
let idp: HostileIssuer
let discovery: Discovery

beforeAll(async () => {
  server = await startHostileProvider()
})
afterAll(() => server.close())
beforeEach(async () => {
  idp = server.issuer()
  discovery = await discover(idp.settings(), NOW)
})

const claims = () => {
  const iat = NOW.getTime() / 1000
  return { iss: idp.issuer, aud: CLIENT_ID, sub: 's', iat, exp: iat + 36_000, nonce: 'n' }
}
const verify = (token: string, now = NOW, who: { clientId: string; clientSecret: string | null } = party) =>
  verifyToken(who, discovery, token, { kind: 'id', nonce: 'n', accessToken: null }, now)
const good = async () => idp.behaviour.sign(claims())
const unknown = async (kid: string) => signedWith({ ...(await testKey('key-2')), kid })(claims())

test('a thousand tokens with keys that nobody knows make us ask once more, and again half a minute later', async () => {
  await verify(await good())
  expect(idp.counts.keys).toBe(1)
  const tokens = await Promise.all(Array.from({ length: 1000 }, (_, n) => unknown(`nobody-${n}`)))
  const outcomes = await Promise.allSettled(tokens.map((token) => verify(token)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([])
  expect(idp.counts.keys).toBe(2)
  await expect(verify(await unknown('nobody'), later(29))).rejects.toThrow(TokenFault)
  expect(idp.counts.keys).toBe(2)
  await expect(verify(await unknown('nobody'), later(31))).rejects.toThrow(TokenFault)
  expect(idp.counts.keys).toBe(3)
})

test('good tokens are believed in the middle of it', async () => {
  await verify(await good())
  await expect(verify(await unknown('nobody'))).rejects.toThrow(TokenFault)
  expect((await verify(await good())).sub).toBe('s')
})

test('a key that was taken back is not good for longer than ten minutes', async () => {
  const token = await good()
  await verify(token)
  idp.behaviour.keys = [(await testKey('key-2')).publicJwk]
  expect((await verify(token, later(599))).sub).toBe('s')
  await expect(verify(token, later(601))).rejects.toThrow(TokenFault)
})

test('keys that are known are good on while the provider is away, however long', async () => {
  const token = await good()
  await verify(token)
  idp.behaviour.keysAreDown = true
  expect((await verify(token, later(7200))).sub).toBe('s')
})

test('a provider whose keys cannot be had is not asked again at once', async () => {
  idp.behaviour.keysAreDown = true
  for (let n = 0; n < 20; n++) await expect(verify(await good())).rejects.toThrow()
  expect(idp.counts.keys).toBeLessThanOrEqual(2)
  idp.behaviour.keysAreDown = false
  expect((await verify(await good(), later(31))).sub).toBe('s')
})

test('HS256 with a key that the provider publishes as oct', async () => {
  const secret = (await generateSecret('HS256', { extractable: true })) as never
  const { exportJWK } = await import('jose')
  const jwk = { ...(await exportJWK(secret)), kid: 'shared' }
  idp.behaviour.keys = [jwk]
  discovery = { ...discovery, algorithms: ['HS256'] }
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'shared' }).sign(secret)
  expect((await verify(token)).sub).toBe('s')
  expect((await verify(token, NOW, { ...party, clientSecret: 'another' })).sub).toBe('s')
})

test('a key of another kind is not taken for an algorithm', async () => {
  discovery = { ...discovery, algorithms: ['RS256', 'ES256'] }
  const { kid, privateKey, publicJwk } = await testKey('ec-1', 'ES256')
  const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
  await expect(verify(token)).rejects.toThrow(TokenFault)
  idp.behaviour.keys = [publicJwk]
  expect((await verify(token, later(31))).sub).toBe('s')
})

test('several sign-ins that come with a new key at the same moment all get it, for one request', async () => {
  await verify(await good())
  const next = await testKey('key-2')
  idp.behaviour.keys = [next.publicJwk]
  idp.behaviour.sign = signedWith(next)
  const tokens = await Promise.all(Array.from({ length: 5 }, good))
  expect((await Promise.all(tokens.map((token) => verify(token)))).map(({ sub }) => sub)).toEqual(
    Array(5).fill('s'),
  )
  expect(idp.counts.keys).toBe(2)
})

test.each([
  ['under the same name', 'same'],
  ['without names', undefined],
])('a key that was replaced %s is asked for when the signature does not fit', async (_, kid) => {
  const [one, two] = [await testKey('key-1'), await testKey('key-2')]
  const named = (key: typeof one) => JSON.parse(JSON.stringify({ ...key.publicJwk, kid: kid ?? undefined }))
  idp.behaviour.keys = [named(one)]
  await verify(await signedWith(one, { kid })(claims()))
  idp.behaviour.keys = [named(two)]
  expect((await verify(await signedWith(two, { kid })(claims()))).sub).toBe('s')
  await expect(verify(await signedWith(one, { kid })(claims()))).rejects.toThrow(TokenFault)
})

test('bad signatures make us ask no more often than unknown keys do', async () => {
  await verify(await good())
  const forged = signedWith({ ...(await testKey('key-2')), kid: 'key-1' })
  for (let n = 0; n < 50; n++) await expect(verify(await forged(claims()))).rejects.toThrow(TokenFault)
  expect(idp.counts.keys).toBe(2)
})

test('keys that cannot be had are said to be that, at the next token too', async () => {
  idp.behaviour.keysAreDown = true
  for (let n = 0; n < 2; n++)
    await expect(verify(await good())).rejects.toThrow(
      'the keys of the provider cannot be had: it answered with status 503',
    )
})
