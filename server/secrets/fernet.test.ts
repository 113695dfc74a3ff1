import { expect, test } from 'vitest'
import { fernetDecrypt, fernetEncrypt, looksLikeFernet } from '#server/secrets/fernet'

// The vectors of the published specification: generate.json, verify.json, invalid.json.
const KEY = Buffer.from('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'base64url')
const IV = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
const HELLO =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='

test('generates the token of the specification', () => {
  const nowMs = Date.parse('1985-10-26T01:20:00-07:00')
  expect(fernetEncrypt(KEY, Buffer.from('hello'), { nowMs, iv: IV })).toBe(HELLO)
})

test('verifies the token of the specification', () => {
  const nowMs = Date.parse('1985-10-26T01:20:01-07:00')
  expect(fernetDecrypt(KEY, HELLO, { nowMs, maxAgeSeconds: 60 })?.toString()).toBe('hello')
})

const INVALID = [
  [
    'incorrect mac',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    '1985-10-26T01:20:01-07:00',
  ],
  ['too short', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==', '1985-10-26T01:20:01-07:00'],
  [
    'invalid base64',
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    '1985-10-26T01:20:01-07:00',
  ],
  [
    'payload size not multiple of block size',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    '1985-10-26T01:20:01-07:00',
  ],
  [
    'payload padding error',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    '1985-10-26T01:20:01-07:00',
  ],
  [
    'far-future TS (unacceptable clock skew)',
    'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
    '1985-10-26T01:20:01-07:00',
  ],
  [
    'expired TTL',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    '1985-10-26T01:21:31-07:00',
  ],
  [
    'incorrect IV (causes padding error)',
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
    '1985-10-26T01:20:01-07:00',
  ],
] as const

test.each(INVALID)('refuses the invalid token of the specification: %s', (_name, token, now) => {
  expect(fernetDecrypt(KEY, token, { nowMs: Date.parse(now), maxAgeSeconds: 60 })).toBeNull()
})

test('the tokens refused for their time alone are good without a limit', () => {
  const tooNew = INVALID[5][1]
  const tooOld = INVALID[6][1]
  expect(fernetDecrypt(KEY, tooNew)?.length).toBe(0)
  expect(fernetDecrypt(KEY, tooOld)?.length).toBe(0)
})

test('refuses a token with any one byte changed', () => {
  const bytes = Buffer.from(HELLO, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    const token = changed.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    expect(fernetDecrypt(KEY, token), `byte ${at}`).toBeNull()
  }
})

test('refuses a second spelling of a good token', () => {
  expect(fernetDecrypt(KEY, HELLO.replace('DA==', 'DB=='))).toBeNull()
  expect(fernetDecrypt(KEY, HELLO.replace('==', ''))).toBeNull()
  expect(fernetDecrypt(KEY, HELLO.replaceAll('-', '+').replaceAll('_', '/'))).toBeNull()
})

test('two tokens over the same text differ and hold the same text', () => {
  const first = fernetEncrypt(KEY, Buffer.from('chiave'))
  const second = fernetEncrypt(KEY, Buffer.from('chiave'))
  expect(first).not.toBe(second)
  expect(fernetDecrypt(KEY, first)?.toString()).toBe('chiave')
  expect(fernetDecrypt(KEY, second)?.toString()).toBe('chiave')
})

test.each([
  ['a token', HELLO, true],
  ['an empty text', '', false],
  ['a word', 'hunter2', false],
  ['base64 of another version', `gQ${HELLO.slice(2)}`, false],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJBcGlLZXk6MSJ9.c2lnbmF0dXJl', false],
])('tells by its form whether it is a token: %s', (_name, text, expected) => {
  expect(looksLikeFernet(text)).toBe(expected)
})
