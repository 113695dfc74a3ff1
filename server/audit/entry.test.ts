import { expect, test } from 'vitest'
import { type ChainedColumns, cleanText, entryHash, GENESIS_HASH, personalDigest } from '#server/audit/entry'

const KEY = Buffer.alloc(32, 7)

const entry: ChainedColumns = {
  id: 4,
  at: new Date('2031-05-06T07:08:09.123Z'),
  action: 'apiKey.create',
  outcome: 'success',
  reason: null,
  actorKind: 'session',
  actorUserId: 2,
  credential: 'AccessToken:12',
  target: 'ApiKey:9',
  details: '{"scope":"full","role":"MEMBER"}',
  personalDigest: 'ab'.repeat(32),
}

const CHANGES: [keyof ChainedColumns, Partial<ChainedColumns>][] = [
  ['id', { id: 5 }],
  ['at', { at: new Date('2031-05-06T07:08:09.124Z') }],
  ['action', { action: 'apiKey.delete' }],
  ['outcome', { outcome: 'failure' }],
  ['reason', { reason: 'expired' }],
  ['actorKind', { actorKind: 'userKey' }],
  ['actorUserId', { actorUserId: 3 }],
  ['credential', { credential: null }],
  ['target', { target: 'ApiKey:8' }],
  ['details', { details: '{"scope":"full","role":"ADMIN"}' }],
  ['personalDigest', { personalDigest: 'ac'.repeat(32) }],
]

test.each(CHANGES)('the hash covers %s', (_column, change) => {
  expect(entryHash(KEY, GENESIS_HASH, { ...entry, ...change })).not.toBe(entryHash(KEY, GENESIS_HASH, entry))
})

test('the hash covers the hash before it and the key', () => {
  const hash = entryHash(KEY, GENESIS_HASH, entry)
  expect(entryHash(KEY, 'f'.repeat(64), entry)).not.toBe(hash)
  expect(entryHash(Buffer.alloc(32, 8), GENESIS_HASH, entry)).not.toBe(hash)
})

test('moving a value from one column to its neighbour changes the hash', () => {
  const one = entryHash(KEY, GENESIS_HASH, { ...entry, credential: 'ApiKey:1', target: null })
  const other = entryHash(KEY, GENESIS_HASH, { ...entry, credential: null, target: 'ApiKey:1' })
  expect(one).not.toBe(other)
})

test('details are covered by content, whatever their spelling', () => {
  const respelled = { ...entry, details: '{"role": "MEMBER", "scope": "full"}' }
  expect(entryHash(KEY, GENESIS_HASH, respelled)).toBe(entryHash(KEY, GENESIS_HASH, entry))
})

test('the personal digest covers each of its columns and the salt', () => {
  const personal = { actorName: 'ada', targetName: null, address: '10.0.0.1', userAgent: 'curl' }
  const digest = personalDigest(KEY, 'salt', personal)
  const others = [
    personalDigest(KEY, 'pepper', personal),
    personalDigest(KEY, 'salt', { ...personal, actorName: 'adb' }),
    personalDigest(KEY, 'salt', { ...personal, targetName: '' }),
    personalDigest(KEY, 'salt', { ...personal, address: '10.0.0.2' }),
    personalDigest(KEY, 'salt', { ...personal, userAgent: null }),
  ]
  expect(others).not.toContain(digest)
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
})

test.each([
  ['a line end', 'ada\r\n{"level":30,"forged":true}', 'ada\ufffd\ufffd{"level":30,"forged":true}'],
  ['a NUL', 'a\u0000b', 'a\ufffdb'],
  ['an escape sequence', '\u001b[2Jada', '\ufffd[2Jada'],
  ['a Unicode line separator', 'a\u2028b', 'a\ufffdb'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
])('cleaned text has no %s', (_name, text, expected) => {
  expect(cleanText(text)).toBe(expected)
})

test('cleaned text keeps ordinary characters, emoji included', () => {
  expect(cleanText('Åsa 🦊 "x"')).toBe('Åsa 🦊 "x"')
})

test('cleaned text is at most 500 characters, and a pair cut in half is replaced', () => {
  expect(cleanText('x'.repeat(600))).toHaveLength(500)
  expect(cleanText(`${'x'.repeat(499)}🦊`)).toBe(`${'x'.repeat(499)}\ufffd`)
})

test('no text stays no text', () => {
  expect(cleanText(null)).toBeNull()
  expect(cleanText(undefined)).toBeNull()
})
