import { expect, test } from 'vitest'
import { fernetKeyOf, unwrapSecret, wrapSecret } from '#server/secrets/secrets'

const SECRET = 'test-secret-0123456789-abcdefghijkl'
const OLDER = 'older-secret-9876543210-abcdefghijk'
const now = { secret: SECRET, previousSecrets: [] }

test('the key is PBKDF2-HMAC-SHA256 over PHOENIX_SECRET, 600,000 rounds', async () => {
  // Computed with Python's hashlib.pbkdf2_hmac.
  expect((await fernetKeyOf(SECRET)).toString('hex')).toBe(
    'db8f66ef8a0812a11446a9d960371a9a54c0a567e9cbe783ee884f1bb3d2bc42',
  )
})

test('a key is derived once per secret', () => {
  expect(fernetKeyOf(SECRET)).toBe(fernetKeyOf(SECRET))
})

test("reads a token that Python's cryptography made under the same PHOENIX_SECRET", async () => {
  const token =
    'gAAAAABlU_EAEBESExQVFhcYGRobHB0eHxRZBUj63WbTP209VELy_-vORJSnrAIOT6nU6Y5BFymtao7QDVf4De2RB9glEloSog=='
  expect((await unwrapSecret(now, token))?.toString('utf8')).toBe('κλειδί')
})

test('what was wrapped is unwrapped', async () => {
  const token = await wrapSecret(now, 's3cret')
  expect(token).not.toContain('s3cret')
  expect((await unwrapSecret(now, token))?.toString()).toBe('s3cret')
})

test('a previous secret still reads what it wrapped', async () => {
  const token = await wrapSecret({ secret: OLDER, previousSecrets: [] }, 's3cret')
  const rotated = { secret: SECRET, previousSecrets: [OLDER] }
  expect((await unwrapSecret(rotated, token))?.toString()).toBe('s3cret')
})

test('a secret that is neither current nor previous reads nothing', async () => {
  const token = await wrapSecret({ secret: OLDER, previousSecrets: [] }, 's3cret')
  expect(await unwrapSecret(now, token)).toBeNull()
})

test('a new secret is wrapped under the current one, not under a previous one', async () => {
  const token = await wrapSecret({ secret: SECRET, previousSecrets: [OLDER] }, 's3cret')
  expect(await unwrapSecret({ secret: OLDER, previousSecrets: [] }, token)).toBeNull()
})

test('without PHOENIX_SECRET nothing is wrapped', async () => {
  await expect(wrapSecret({ secret: null, previousSecrets: [] }, 's3cret')).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining('PHOENIX_SECRET'),
  })
})

test('an empty secret is refused', async () => {
  await expect(wrapSecret(now, '')).rejects.toMatchObject({ kind: 'invalid' })
})

test('text that is no token reads as nothing', async () => {
  expect(await unwrapSecret(now, 'plain text')).toBeNull()
})
