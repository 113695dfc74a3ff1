import { and, desc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createApiKey, deleteApiKey } from '#server/api-keys/api-keys'
import type { ApiKeyKind } from '#server/api-keys/model'
import { endPreviousValue, rotateApiKey } from '#server/api-keys/rotate'
import { authenticate } from '#server/auth/authenticate'
import type { Ctx } from '#server/context'
import type { Actor, Role } from '#server/permissions'
import { createUser } from '../../test/principals'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'

const NOW = new Date('2031-05-06T12:00:00.000Z')
const seconds = (count: number) => new Date(NOW.getTime() + count * 1000)
const DAY = 86_400

let runtime: TestRuntime
let now = NOW
let adminId: number
let memberId: number

beforeAll(async () => {
  runtime = await createTestRuntime({ clock: () => now })
  adminId = await createUser(runtime, 'ADMIN')
  memberId = await createUser(runtime, 'MEMBER')
})
beforeEach(() => {
  now = NOW
})

const session = (userId: number, role: Role): Actor => ({
  kind: 'session',
  userId,
  role,
  mustReset: false,
  accessTokenId: 77,
  sessionId: 7,
})
const ctxOf = (actor: Actor): Ctx => ({
  ...runtime,
  actor,
  request: { requestId: 'r', address: '192.0.2.7', userAgent: 'test' },
})
const admin = () => ctxOf(session(adminId, 'ADMIN'))
const member = () => ctxOf(session(memberId, 'MEMBER'))

async function newKey(ctx = admin(), kind: ApiKeyKind = 'system', expiresAt?: string) {
  const input = { name: 'exporter', scope: 'ingest' as const, expires_at: expiresAt }
  const { apiKey, text } = await createApiKey(ctx, input, kind)
  return { id: apiKey.id, text }
}
const rotate = (id: number, grace_seconds: number, expires_at?: string | null) =>
  rotateApiKey(admin(), id, 'system', { grace_seconds, expires_at })
const knock = async (text: string) =>
  (await authenticate(runtime, { authorization: `Bearer ${text}`, accessCookie: null })).problem
const reasonOf = async (text: string) =>
  (await authenticate(runtime, { authorization: `Bearer ${text}`, accessCookie: null })).refusal?.reason

async function lastEvent(action: string, keyId: number) {
  const { auditEvents: t } = runtime.db.t
  const [event] = await runtime.db.read
    .select()
    .from(t)
    .where(and(eq(t.action, action), eq(t.target, `ApiKey:${keyId}`)))
    .orderBy(desc(t.id))
    .limit(1)
  return event
}

test('a rotated key has a new value and keeps its id, name, scope and role', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, 0)
  expect(rotated.text).not.toBe(text)
  expect(rotated.apiKey).toMatchObject({
    id,
    name: 'exporter',
    scope: 'ingest',
    role: 'MEMBER',
    lastFour: rotated.text.slice(-4),
    rotatedAt: NOW,
  })
  const { actor } = await authenticate(runtime, {
    authorization: `Bearer ${rotated.text}`,
    accessCookie: null,
  })
  expect(actor).toMatchObject({ kind: 'systemKey', keyId: id, scope: 'ingest' })
})

test('within the grace both values work, and after it only the new one', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, DAY)
  now = new Date(seconds(DAY).getTime() - 1)
  expect([await knock(text), await knock(rotated.text)]).toEqual([null, null])
  now = seconds(DAY)
  expect([await knock(text), await knock(rotated.text)]).toEqual(['invalid', null])
  expect(await reasonOf(text)).toBe('rotated')
})

test('with no grace the old value is dead at once', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, 0)
  expect([await knock(text), await knock(rotated.text)]).toEqual(['invalid', null])
})

test('a key deleted while the grace runs is dead in both values', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, DAY)
  await deleteApiKey(admin(), id, 'system')
  expect([await reasonOf(text), await reasonOf(rotated.text)]).toEqual(['revoked', 'revoked'])
})

test('a key disabled with its owner while the grace runs is refused in both values', async () => {
  const ownerId = await createUser(runtime, 'MEMBER', 'leaver')
  const owner = ctxOf(session(ownerId, 'MEMBER'))
  const { id, text } = await newKey(owner, 'user')
  const rotated = await rotateApiKey(owner, id, 'user', { grace_seconds: DAY })
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.update(users).set({ disabledAt: NOW }).where(eq(users.id, ownerId)))
  expect([await reasonOf(text), await reasonOf(rotated.text)]).toEqual(['disabled', 'disabled'])
})

test('rotating again during a grace ends the older value at once and begins a grace for the newer', async () => {
  const { id, text } = await newKey()
  const second = await rotate(id, 10 * DAY)
  const third = await rotate(id, DAY)
  expect(await Promise.all([text, second.text, third.text].map(knock))).toEqual(['invalid', null, null])
  now = seconds(DAY)
  expect(await Promise.all([text, second.text, third.text].map(knock))).toEqual(['invalid', 'invalid', null])
})

test('of two rotations at once both give values, of which the last is the key and the other its past', async () => {
  const { id, text } = await newKey()
  const both = await Promise.all([rotate(id, DAY), rotate(id, DAY)])
  expect(await Promise.all(both.map((one) => knock(one.text)))).toEqual([null, null])
  expect(await knock(text)).toBe('invalid')
})

test('ending the grace kills the old value and leaves the new one', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, DAY)
  await endPreviousValue(admin(), id, 'system')
  expect([await knock(text), await knock(rotated.text)]).toEqual(['invalid', null])
  expect(await lastEvent('apiKey.endPrevious', id)).toMatchObject({
    outcome: 'success',
    actorUserId: adminId,
  })
})

test('without a running grace there is nothing to end', async () => {
  const { id } = await newKey()
  await expect(endPreviousValue(admin(), id, 'system')).rejects.toMatchObject({ kind: 'not_found' })
  await rotate(id, 10)
  now = seconds(10)
  await expect(endPreviousValue(admin(), id, 'system')).rejects.toMatchObject({ kind: 'not_found' })
})

test('the old value never works longer than the key would have', async () => {
  const { id, text } = await newKey(admin(), 'system', '2031-05-06T13:00:00Z')
  const rotated = await rotate(id, DAY, null)
  expect(rotated.apiKey).toMatchObject({ expiresAt: null, previousValidUntil: seconds(3600) })
  now = seconds(3600)
  expect([await knock(text), await knock(rotated.text)]).toEqual(['invalid', null])
})

test('a rotation leaves the expiry, unless it says another', async () => {
  const { id } = await newKey(admin(), 'system', '2031-05-06T13:00:00Z')
  expect((await rotate(id, 0)).apiKey.expiresAt).toEqual(seconds(3600))
  expect((await rotate(id, 0, '2031-06-01T00:00:00Z')).apiKey.expiresAt).toEqual(
    new Date('2031-06-01T00:00:00Z'),
  )
})

test('an expired key is rotated only with a new expiry', async () => {
  const { id, text } = await newKey(admin(), 'system', '2031-05-06T13:00:00Z')
  now = seconds(3600)
  await expect(rotate(id, DAY)).rejects.toMatchObject({ kind: 'conflict' })
  const rotated = await rotate(id, DAY, null)
  expect([await knock(text), await knock(rotated.text)]).toEqual(['invalid', null])
})

test('a new expiry in the past is refused and nothing changes', async () => {
  const { id, text } = await newKey()
  await expect(rotate(id, 0, '2031-05-06T12:00:00Z')).rejects.toMatchObject({ kind: 'invalid' })
  expect(await knock(text)).toBeNull()
})

test('an imported key that was never used has no old value to keep', async () => {
  const { id } = await newKey()
  const { apiKeys } = runtime.db.t
  await runtime.db.write((tx) => tx.update(apiKeys).set({ tokenHash: null }).where(eq(apiKeys.id, id)))
  await expect(rotate(id, DAY)).rejects.toMatchObject({ kind: 'conflict' })
  expect(await knock((await rotate(id, 0)).text)).toBeNull()
})

test("nobody rotates another person's key, not even an admin", async () => {
  const { id, text } = await newKey(member(), 'user')
  await expect(rotateApiKey(admin(), id, 'user', { grace_seconds: 0 })).rejects.toMatchObject({
    kind: 'not_found',
  })
  expect(await knock(text)).toBeNull()
})

test('a key named as the other kind is not found', async () => {
  const own = await newKey(admin(), 'user')
  await expect(rotate(own.id, 0)).rejects.toMatchObject({ kind: 'not_found' })
})

test('a rotation is on record, without any value', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, DAY)
  const event = await lastEvent('apiKey.rotate', id)
  expect(event).toMatchObject({ outcome: 'success', actorUserId: adminId, targetName: 'exporter' })
  expect(JSON.parse(event?.details ?? '')).toEqual({
    kind: 'system',
    scope: 'ingest',
    role: 'MEMBER',
    expiresAt: null,
    owner: 'User:1',
    previousValidUntil: '2031-05-07T12:00:00.000Z',
  })
  for (const value of [text, rotated.text]) expect(JSON.stringify(event)).not.toContain(value)
})

test('the row keeps hashes of both values and neither of them', async () => {
  const { id, text } = await newKey()
  const rotated = await rotate(id, DAY)
  const { apiKeys } = runtime.db.t
  const [row] = await runtime.db.read.select().from(apiKeys).where(eq(apiKeys.id, id))
  for (const value of [text, rotated.text]) expect(JSON.stringify(row)).not.toContain(value)
  expect(row).toMatchObject({ previousLastFour: text.slice(-4), lastFour: rotated.text.slice(-4) })
})

test('a key knows nothing of rotation while authentication is off', async () => {
  const { id } = await newKey()
  const config = testConfig({ auth: { enabled: false, secret: null } as never })
  await expect(
    rotateApiKey({ ...admin(), config }, id, 'system', { grace_seconds: 0 }),
  ).rejects.toMatchObject({ kind: 'forbidden' })
})
