import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashToken, matchesHash, sameSecret, signToken, verifyTokenText } from '#server/auth/tokens'

const SECRET = 'first-secret-0123456789-abcdefgh'
const OTHER = 'other-secret-0123456789-abcdefgh'

/** A JWT made without our code: any header, any payload, an HMAC of any kind. */
function jwt(header: object, payload: unknown, secret: string, algorithm = 'sha256'): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${createHmac(algorithm, secret).update(signed).digest('base64url')}`
}
const HS256 = { alg: 'HS256', typ: 'JWT' }

test('a token is a JWT signed with HS256 whose payload holds only its jti', () => {
  const [header, payload, signature] = signToken('ApiKey', 12, SECRET).split('.') as [string, string, string]
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    alg: 'HS256',
    typ: 'JWT',
    kid: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
  })
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({ jti: 'ApiKey:12' })
  expect(signature).toBe(createHmac('sha256', SECRET).update(`${header}.${payload}`).digest('base64url'))
})

test('two tokens for one row differ, so that the secret alone does not tell the text of a live one', () => {
  expect(signToken('ApiKey', 12, SECRET)).not.toBe(signToken('ApiKey', 12, SECRET))
})

test('a token of ours is read back', () => {
  expect(verifyTokenText(signToken('AccessToken', 7, SECRET), [SECRET])).toEqual({
    table: 'AccessToken',
    rowId: 7,
    signatureGood: true,
  })
})

test('a token that another JWT library made with our secret is read', () => {
  const text = jwt({ typ: 'JWT', alg: 'HS256' }, { jti: 'ApiKey:3' }, SECRET)
  expect(verifyTokenText(text, [SECRET])).toEqual({ table: 'ApiKey', rowId: 3, signatureGood: true })
})

test('a token of a previous secret is good while that secret is listed', () => {
  const text = signToken('RefreshToken', 1, OTHER)
  expect(verifyTokenText(text, [SECRET, OTHER])?.signatureGood).toBe(true)
  expect(verifyTokenText(text, [SECRET])?.signatureGood).toBe(false)
})

test('a changed payload under the old signature is not good', () => {
  const [header, , signature] = signToken('AccessToken', 1, SECRET).split('.')
  const payload = Buffer.from('{"jti":"AccessToken:2"}').toString('base64url')
  expect(verifyTokenText(`${header}.${payload}.${signature}`, [SECRET])?.signatureGood).toBe(false)
})

test('a signature that is cut short is not good', () => {
  const text = signToken('AccessToken', 1, SECRET)
  expect(verifyTokenText(text.slice(0, -4), [SECRET])?.signatureGood).toBe(false)
})

test.each([
  [
    'alg none without a signature',
    `${jwt({ alg: 'none' }, { jti: 'AccessToken:1' }, SECRET).split('.').slice(0, 2).join('.')}.`,
  ],
  ['alg none with a signature', jwt({ alg: 'none' }, { jti: 'AccessToken:1' }, SECRET)],
  ['HS512', jwt({ alg: 'HS512' }, { jti: 'AccessToken:1' }, SECRET, 'sha512')],
  ['no alg', jwt({ typ: 'JWT' }, { jti: 'AccessToken:1' }, SECRET)],
  ['an unknown table', jwt(HS256, { jti: 'User:1' }, SECRET)],
  ['a row id of zero', jwt(HS256, { jti: 'AccessToken:0' }, SECRET)],
  ['a negative row id', jwt(HS256, { jti: 'AccessToken:-1' }, SECRET)],
  ['a row id with a fraction', jwt(HS256, { jti: 'AccessToken:1.5' }, SECRET)],
  ['a row id of thirty digits', jwt(HS256, { jti: `AccessToken:${'9'.repeat(30)}` }, SECRET)],
  ['a row id past 2^53', jwt(HS256, { jti: 'AccessToken:9999999999999999' }, SECRET)],
  ['something after the row id', jwt(HS256, { jti: 'AccessToken:1:2' }, SECRET)],
  ['a jti that is a number', jwt(HS256, { jti: 1 }, SECRET)],
  ['no jti', jwt(HS256, { sub: 'AccessToken:1' }, SECRET)],
  ['a payload that is null', jwt(HS256, null, SECRET)],
  ['a payload that is a list', jwt(HS256, ['AccessToken:1'], SECRET)],
  ['four parts', `${signToken('AccessToken', 1, SECRET)}.x`],
  ['two parts', 'a.b'],
  ['no text', ''],
  ['two quotes', '""'],
  ['garbage', 'not a token at all'],
  ['NUL', '\0.\0.\0'],
  ['a very long text', `${signToken('AccessToken', 1, SECRET)}${'A'.repeat(2000)}`],
])('%s is no token', (_name, text) => {
  expect(verifyTokenText(text, [SECRET])).toBeNull()
})

test('the hash of a token is its SHA-256 in hex', () => {
  expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a text matches its own hash and no other', () => {
  expect(matchesHash('abc', hashToken('abc'))).toBe(true)
  expect(matchesHash('abd', hashToken('abc'))).toBe(false)
  expect(matchesHash('abc', '')).toBe(false)
})

test('secrets are the same only when they are equal', () => {
  expect(sameSecret(SECRET, SECRET)).toBe(true)
  expect(sameSecret(SECRET, OTHER)).toBe(false)
  expect(sameSecret('', SECRET)).toBe(false)
})
