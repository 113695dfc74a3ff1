import { pbkdf2Sync } from 'node:crypto'
import { verify } from '@node-rs/argon2'
import { expect, test, vi } from 'vitest'
import { hashQueue } from '#server/auth/hash-queue'
import { hashPassword, verifyPassword } from '#server/auth/password'

// The real thing, watched.
vi.mock('@node-rs/argon2', async (load) => {
  const real = await load<typeof import('@node-rs/argon2')>()
  return { ...real, verify: vi.fn(real.verify) }
})

const argon2Row = async (plain: string) => ({ passwordHash: await hashPassword(plain), passwordSalt: null })
const pbkdf2Row = (plain: string) => {
  const passwordSalt = Buffer.alloc(32, 7)
  return { passwordHash: pbkdf2Sync(plain, passwordSalt, 10_000, 32, 'sha256'), passwordSalt }
}

test('a password is stored as argon2id with 19 MiB, two passes and one lane', async () => {
  const stored = (await hashPassword('correct horse')).toString('utf8')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/)
})

test('the same password is never stored the same way twice', async () => {
  expect(await hashPassword('correct horse')).not.toEqual(await hashPassword('correct horse'))
})

test('the right password is good and the stored form is current', async () => {
  const row = await argon2Row('correct horse')
  expect(await verifyPassword('correct horse', row)).toEqual({ good: true, outdated: false })
})

test.each(['correct horsf', 'Correct horse', 'correct horse ', ''])(
  '%j is not "correct horse"',
  async (wrong) => {
    const row = await argon2Row('correct horse')
    expect(await verifyPassword(wrong, row)).toEqual({ good: false, outdated: false })
  },
)

test('a composed and a decomposed letter are the same password', async () => {
  const row = await argon2Row('caf\u00e9 au lait')
  expect((await verifyPassword('cafe\u0301 au lait', row)).good).toBe(true)
})

test('a long password counts to its last byte', async () => {
  const row = await argon2Row(`${'x'.repeat(1023)}a`)
  expect((await verifyPassword(`${'x'.repeat(1023)}a`, row)).good).toBe(true)
  expect((await verifyPassword(`${'x'.repeat(1023)}b`, row)).good).toBe(false)
})

test('a PBKDF2 row takes its password and asks to be renewed', async () => {
  expect(await verifyPassword('phoenix', pbkdf2Row('phoenix'))).toEqual({ good: true, outdated: true })
})

test('a PBKDF2 row refuses another password', async () => {
  expect(await verifyPassword('phoeniy', pbkdf2Row('phoenix'))).toEqual({ good: false, outdated: false })
})

test('the PBKDF2 form is the one written by SQL: 10,000 rounds over the raw UTF-8 bytes', async () => {
  // python3 -c "import hashlib;print(hashlib.pbkdf2_hmac('sha256','pässword'.encode(),b'\x01'*32,10000).hex())"
  const passwordHash = Buffer.from('d4cb7b7ac16eeba5fb20222d83acaf2c709dd20d96368d60ffafb45d58aea827', 'hex')
  const row = { passwordHash, passwordSalt: Buffer.alloc(32, 1) }
  expect(await verifyPassword('pässword', row)).toEqual({ good: true, outdated: true })
})

test('bytes that are no hash at all refuse every password', async () => {
  const row = { passwordHash: Buffer.from('0123456789'), passwordSalt: null }
  expect(await verifyPassword('0123456789', row)).toEqual({ good: false, outdated: false })
})

test('nothing stored refuses every password', async () => {
  expect(await verifyPassword('x', { passwordHash: null, passwordSalt: null })).toEqual({
    good: false,
    outdated: false,
  })
  expect(await verifyPassword('x', null)).toEqual({ good: false, outdated: false })
})

test.each([
  ['nothing', null],
  ['an account without a password', { passwordHash: null, passwordSalt: null }],
  ['bytes that are no hash', { passwordHash: Buffer.from('0123456789'), passwordSalt: null }],
])('checking against %s computes a hash of full price', async (_name, stored) => {
  const row = await argon2Row('correct horse')
  const priceOf = async (check: Parameters<typeof verifyPassword>[1]) => {
    vi.mocked(verify).mockClear()
    await verifyPassword('wrong', check)
    const phc = String(vi.mocked(verify).mock.calls.at(-1)?.[0])
    return phc.split('$').slice(0, 4)
  }
  expect(await priceOf(stored)).toEqual(await priceOf(row))
})

test('a wrong password for a PBKDF2 row is one turn, with one argon2 hash in it', async () => {
  const row = pbkdf2Row('phoenix')
  const turn = vi.spyOn(hashQueue(), 'run')
  vi.mocked(verify).mockClear()
  await verifyPassword('phoeniy', row)
  expect([turn.mock.calls.length, vi.mocked(verify).mock.calls.length]).toEqual([1, 1])
  turn.mockRestore()
})

test('at most two hashes are computed at once', async () => {
  let running = 0
  let most = 0
  const original = vi.mocked(verify).getMockImplementation()
  vi.mocked(verify).mockImplementation(async (...given) => {
    running += 1
    most = Math.max(most, running)
    await original?.(...given)
    running -= 1
    return false
  })
  await Promise.all(Array.from({ length: 8 }, () => verifyPassword('wrong', null)))
  expect(most).toBe(2)
  vi.mocked(verify).mockImplementation(original ?? (async () => false))
})

test('many checks at once all get their own answer', async () => {
  const row = await argon2Row('correct horse')
  const checks = Array.from({ length: 20 }, (_, i) => verifyPassword(i % 2 ? 'correct horse' : 'wrong', row))
  const answers = (await Promise.all(checks)).map(({ good }) => good)
  expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 1))
})

test('a flood of sign-ins is refused, not queued without end', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 230 }, () => verifyPassword('x', null)))
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refused.length).toBe(28)
  expect(refused[0]).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 })
})
