import { desc, eq } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import {
  createApiKey,
  deleteApiKey,
  listAllUserApiKeys,
  listOwnApiKeys,
  listSystemApiKeys,
  type NewApiKey,
} from '#server/api-keys/api-keys'
import { apiKeyJson, ownedApiKeyJson } from '#server/api-keys/wire'
import { authenticate } from '#server/auth/authenticate'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Ctx } from '#server/context'
import type { Actor, Role } from '#server/permissions'
import { createUser, SYSTEM_USER_ID } from '../../test/principals'
import { createTestRuntime, TEST_SECRET, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let adminId: number
let memberId: number
let now = new Date('2031-05-06T07:08:09.123Z')

beforeAll(async () => {
  runtime = await createTestRuntime({ clock: () => now })
  adminId = await createUser(runtime, 'ADMIN')
  memberId = await createUser(runtime, 'MEMBER')
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
const asAdmin = () => ctxOf(session(adminId, 'ADMIN'))
const asMember = () => ctxOf(session(memberId, 'MEMBER'))
const input = (rest: Partial<NewApiKey> = {}): NewApiKey => ({ name: 'exporter', scope: 'full', ...rest })
const knock = (text: string, world: TestRuntime = runtime) =>
  authenticate(world, { authorization: `Bearer ${text}`, accessCookie: null })

test('a new system key is a MEMBER with full scope, made by the admin', async () => {
  const { apiKey, text } = await createApiKey(asAdmin(), input(), 'system')
  const id = Buffer.from(`SystemApiKey:${apiKey.id}`).toString('base64')
  expect(apiKeyJson(apiKey)).toEqual({
    id,
    name: 'exporter',
    created_at: '2031-05-06T07:08:09.123000+00:00',
    last_four: text.slice(-4),
    scope: 'full',
    role: 'MEMBER',
    created_by: { id: Buffer.from(`User:${adminId}`).toString('base64'), username: 'admin person' },
  })
})

test('a key with everything set shows everything', async () => {
  const wish = input({
    description: 'of the batch jobs',
    expires_at: '2031-06-01T00:00:00+02:00',
    scope: 'ingest',
    role: 'VIEWER',
  })
  const { apiKey } = await createApiKey(asAdmin(), wish, 'system')
  expect(apiKeyJson(apiKey)).toMatchObject({
    description: 'of the batch jobs',
    expires_at: '2031-05-31T22:00:00+00:00',
    scope: 'ingest',
    role: 'VIEWER',
  })
})

test('an expiry without an offset is UTC', async () => {
  const { apiKey } = await createApiKey(asMember(), input({ expires_at: '2031-06-01T00:00:00' }), 'user')
  expect(apiKey.expiresAt?.toISOString()).toBe('2031-06-01T00:00:00.000Z')
})

test('an expiry of this very moment is not in the future', async () => {
  const wish = input({ expires_at: '2031-05-06T07:08:09.123Z' })
  await expect(createApiKey(asMember(), wish, 'user')).rejects.toMatchObject({ kind: 'invalid' })
})

test("a user key has its owner's role, as it is now", async () => {
  const userId = await createUser(runtime, 'VIEWER', 'promoted')
  const { apiKey } = await createApiKey(ctxOf(session(userId, 'VIEWER')), input(), 'user')
  expect(apiKey.role).toBe('VIEWER')
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.update(users).set({ role: 'MEMBER' }).where(eq(users.id, userId)))
  const [listed] = await listOwnApiKeys(ctxOf(session(userId, 'MEMBER')))
  expect(listed?.role).toBe('MEMBER')
})

test('the row keeps a hash and the last four characters, not the text', async () => {
  const { apiKey, text } = await createApiKey(asMember(), input(), 'user')
  const { apiKeys } = runtime.db.t
  const [row] = await runtime.db.read.select().from(apiKeys).where(eq(apiKeys.id, apiKey.id))
  expect(row).toMatchObject({ tokenHash: hashToken(text), lastFour: text.slice(-4), userId: memberId })
  expect(JSON.stringify(row)).not.toContain(text)
})

test('two texts for one row differ, so a row id used again forges nothing', () => {
  expect(signToken('ApiKey', 12, TEST_SECRET)).not.toBe(signToken('ApiKey', 12, TEST_SECRET))
})

test('a text made with the secret alone, for a live row, opens nothing', async () => {
  const { apiKey } = await createApiKey(asMember(), input(), 'user')
  expect((await knock(signToken('ApiKey', apiKey.id, TEST_SECRET))).problem).toBe('invalid')
})

test('the text of a new key authenticates as its kind, role and scope', async () => {
  const user = await createApiKey(asMember(), input({ scope: 'read' }), 'user')
  const system = await createApiKey(asAdmin(), input({ role: 'ADMIN' }), 'system')
  expect((await knock(user.text)).actor).toEqual({
    kind: 'userKey',
    userId: memberId,
    role: 'MEMBER',
    keyId: user.apiKey.id,
    scope: 'read',
  })
  expect((await knock(system.text)).actor).toEqual({
    kind: 'systemKey',
    userId: SYSTEM_USER_ID,
    role: 'ADMIN',
    keyId: system.apiKey.id,
    scope: 'full',
  })
})

test('a deleted key is nobody at its next use', async () => {
  const { apiKey, text } = await createApiKey(asAdmin(), input(), 'system')
  expect((await knock(text)).actor.kind).toBe('systemKey')
  await deleteApiKey(asAdmin(), apiKey.id, 'system')
  expect(await knock(text)).toMatchObject({ actor: { kind: 'anonymous' }, problem: 'invalid' })
})

test('an expired key is nobody from the moment of its expiry', async () => {
  const start = now
  const { text } = await createApiKey(asMember(), input({ expires_at: '2031-05-06T08:00:00Z' }), 'user')
  now = new Date('2031-05-06T07:59:59.999Z')
  expect((await knock(text)).problem).toBeNull()
  now = new Date('2031-05-06T08:00:00.000Z')
  expect((await knock(text)).problem).toBe('expired')
  now = start
})

test('the lists show each kind apart, newest first', async () => {
  const own = await createTestRuntime()
  const userId = await createUser(own, 'MEMBER')
  const ctx: Ctx = {
    ...own,
    actor: session(userId, 'MEMBER'),
    request: { requestId: 'r', address: null, userAgent: null },
  }
  const ids = { user: [] as number[], system: [] as number[] }
  for (const kind of ['user', 'system', 'user', 'system'] as const)
    ids[kind].unshift((await createApiKey(ctx, input(), kind)).apiKey.id)
  const idsOf = (keys: { id: number }[]) => keys.map((key) => key.id)
  expect(idsOf(await listOwnApiKeys(ctx))).toEqual(ids.user)
  expect(idsOf(await listSystemApiKeys(ctx))).toEqual(ids.system)
  const all = await listAllUserApiKeys(ctx, { from: null, limit: 100 })
  expect(idsOf(all.apiKeys)).toEqual(ids.user)
})

test("nobody lists another person's keys as his own", async () => {
  const { apiKey } = await createApiKey(asMember(), input(), 'user')
  const mine = await listOwnApiKeys(asAdmin())
  expect(mine.map((key) => key.id)).not.toContain(apiKey.id)
})

test('a page of all keys begins with the row that the last one pointed to', async () => {
  const own = await createTestRuntime()
  const userId = await createUser(own, 'ADMIN')
  const ctx: Ctx = {
    ...own,
    actor: session(userId, 'ADMIN'),
    request: { requestId: 'r', address: null, userAgent: null },
  }
  const newestFirst: number[] = []
  for (let made = 0; made < 5; made++)
    newestFirst.unshift((await createApiKey(ctx, input(), 'user')).apiKey.id)
  const first = await listAllUserApiKeys(ctx, { from: null, limit: 2 })
  const second = await listAllUserApiKeys(ctx, { from: first.next, limit: 2 })
  const third = await listAllUserApiKeys(ctx, { from: second.next, limit: 2 })
  expect([first, second, third].map((page) => page.apiKeys.map((key) => key.id))).toEqual([
    newestFirst.slice(0, 2),
    newestFirst.slice(2, 4),
    newestFirst.slice(4),
  ])
  expect([first.next, second.next, third.next]).toEqual([newestFirst[2], newestFirst[4], null])
})

test('the list of all keys names the owners', async () => {
  await createApiKey(asMember(), input(), 'user')
  const { apiKeys } = await listAllUserApiKeys(asAdmin(), { from: null, limit: 1 })
  expect(apiKeys.map(ownedApiKeyJson)[0]?.user).toEqual({
    id: Buffer.from(`User:${memberId}`).toString('base64'),
    username: 'member person',
    email: 'member@example.com',
  })
})

test('a system key outlives its maker, who is then left out', async () => {
  const makerId = await createUser(runtime, 'ADMIN', 'leaver')
  const { apiKey, text } = await createApiKey(ctxOf(session(makerId, 'ADMIN')), input(), 'system')
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.delete(users).where(eq(users.id, makerId)))
  expect((await knock(text)).actor.kind).toBe('systemKey')
  const left = (await listSystemApiKeys(asAdmin())).find((key) => key.id === apiKey.id)
  expect(left && 'created_by' in apiKeyJson(left)).toBe(false)
})

test("a person's keys die with the account", async () => {
  const userId = await createUser(runtime, 'MEMBER', 'gone')
  const { text } = await createApiKey(ctxOf(session(userId, 'MEMBER')), input(), 'user')
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.delete(users).where(eq(users.id, userId)))
  expect((await knock(text)).actor.kind).toBe('anonymous')
})

test('making and deleting a key is on record, without its text', async () => {
  const { apiKey, text } = await createApiKey(asAdmin(), input({ name: 'nightly' }), 'system')
  await deleteApiKey(asAdmin(), apiKey.id, 'system')
  const { auditEvents } = runtime.db.t
  const [deleted, created] = await runtime.db.read
    .select()
    .from(auditEvents)
    .orderBy(desc(auditEvents.id))
    .limit(2)
  const common = {
    outcome: 'success',
    actorKind: 'session',
    actorUserId: adminId,
    actorName: 'admin person',
    credential: 'AccessToken:77',
    target: `ApiKey:${apiKey.id}`,
    targetName: 'nightly',
    address: '192.0.2.7',
  }
  expect(created).toMatchObject({ ...common, action: 'apiKey.create' })
  expect(deleted).toMatchObject({ ...common, action: 'apiKey.delete' })
  expect(JSON.parse(created?.details ?? '')).toEqual({
    kind: 'system',
    scope: 'full',
    role: 'MEMBER',
    expiresAt: null,
    owner: 'User:1',
  })
  expect(JSON.stringify(created)).not.toContain(text)
})

test('a refused deletion leaves no record of one', async () => {
  const { apiKey } = await createApiKey(asAdmin(), input(), 'user')
  const { auditEvents } = runtime.db.t
  const before = await runtime.db.read.$count(auditEvents)
  await expect(deleteApiKey(asMember(), apiKey.id, 'user')).rejects.toMatchObject({ kind: 'not_found' })
  expect(await runtime.db.read.$count(auditEvents)).toBe(before)
})

test('of two deletions at once one succeeds and one finds nothing', async () => {
  const { apiKey } = await createApiKey(asAdmin(), input(), 'system')
  const both = await Promise.allSettled([
    deleteApiKey(asAdmin(), apiKey.id, 'system'),
    deleteApiKey(asAdmin(), apiKey.id, 'system'),
  ])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})
