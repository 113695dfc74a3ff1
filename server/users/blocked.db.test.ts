import { eq, gt } from 'drizzle-orm'
import { pino } from 'pino'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { giveUpChainKey } from '#server/audit/chain'
import type { RecordCtx } from '#server/audit/record'
import { ensureBuiltInRows } from '#server/built-in-rows'
import type { Config } from '#server/config/model'
import { isAppError } from '#server/errors'
import { findBlocked, liftBlock, listBlocked } from '#server/users/blocked'
import { createUser } from '#server/users/create'
import { deleteUser } from '#server/users/delete'
import type { User } from '#server/users/find'
import { updateOwnProfile } from '#server/users/profile'
import { updateUser } from '#server/users/update'
import { createAccount } from '../../test/accounts'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'
import { runSql } from '../../test/sql'

const request = { requestId: 'r', address: null, userAgent: null }
let world: TestRuntime
let ctx: RecordCtx
const enterWorld = (made: TestRuntime) => {
  world = made
  ctx = { ...world, request, actor: { kind: 'commandLine' } }
}
beforeAll(async () => enterWorld(await createTestRuntime()))
beforeEach(async () => {
  const { users, blockedIdentities, auditEvents } = world.db.t
  await world.db.write(async (tx) => {
    await tx.delete(blockedIdentities)
    await tx.delete(auditEvents)
    await tx.delete(users).where(gt(users.id, 2))
  })
})

async function blockedAccount(columns: Partial<User> = {}): Promise<User> {
  const user = await createAccount(world, { username: 'Ada', email: 'ada@example.com', ...columns })
  await deleteUser(ctx, user.id, { block: true })
  return user
}
const newUser = (email: string, username: string) =>
  ({ auth_method: 'LOCAL', email, username, role: 'MEMBER' }) as const
async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    return isAppError(error) ? error.code : `${error}`
  }
}
const eventsOf = async (action: string) => {
  const { auditEvents: t } = world.db.t
  return world.db.read.select().from(t).where(eq(t.action, action))
}
const firstId = async () =>
  (await listBlocked(ctx, { from: null, limit: 9 })).rows[0]?.id ?? expect.fail('nothing is blocked')

describe('after a deletion that blocks', () => {
  test.each([
    ['the address', newUser('ada@example.com', 'Somebody'), 'email_blocked'],
    ['the name', newUser('other@example.com', 'Ada'), 'name_blocked'],
    ['the name in other letters', newUser('other@example.com', 'ADA'), 'name_blocked'],
    ['the name in look-alike letters', newUser('other@example.com', 'Ａｄａ'), 'name_blocked'],
  ])('%s cannot have an account again', async (_what, input, code) => {
    await blockedAccount()
    expect(await codeOf(createUser(ctx, input))).toBe(code)
  })

  test('others can', async () => {
    await blockedAccount()
    expect(await codeOf(createUser(ctx, newUser('bob@example.com', 'Bob')))).toBeNull()
  })

  test('nobody can take the name by renaming', async () => {
    await blockedAccount()
    const bob = await createAccount(world)
    expect(await codeOf(updateUser(ctx, bob.id, { username: 'Ada' }))).toBe('name_blocked')
    const session = { kind: 'session', userId: bob.id, role: 'MEMBER', mustReset: false } as const
    const own = { ...world, request, actor: { ...session, accessTokenId: 1, sessionId: 1 } }
    expect(await codeOf(updateOwnProfile(own, { username: 'ada' }))).toBe('name_blocked')
  })

  test('the database holds neither the address nor the name', async () => {
    await blockedAccount()
    const rows = await runSql(world.db.config, 'select * from blocked_identities')
    expect(rows).toHaveLength(1)
    // Without the digests, whose digits may spell anything.
    const text = JSON.stringify(rows)
      .toLowerCase()
      .replace(/[0-9a-f]{64}/g, '')
    expect(text).not.toContain('ada')
  })

  test('the digests depend on a key of this installation', async () => {
    const digests: unknown[] = []
    for (const _ of [1, 2]) {
      enterWorld(await createTestRuntime())
      await blockedAccount()
      digests.push((await runSql(world.db.config, 'select email_digest from blocked_identities'))[0])
    }
    expect(digests[0]).not.toEqual(digests[1])
  })

  test('an account without an address blocks its name alone', async () => {
    await blockedAccount({ email: null, authMethod: 'LDAP' })
    expect(await findBlocked(world.db.read, ctx, { email: null, username: 'ada' })).toBe('username')
    expect(await findBlocked(world.db.read, ctx, { email: 'ada@example.com', username: null })).toBeNull()
  })

  test('two whose names people cannot tell apart are both deleted', async () => {
    await blockedAccount()
    const twin = await createAccount(world, { username: 'ADA', email: 'twin@example.com' })
    await deleteUser(ctx, twin.id, { block: true })
    expect(await findBlocked(world.db.read, ctx, { email: 'twin@example.com', username: null })).toBe('email')
  })

  test('both are on record', async () => {
    const { id } = await blockedAccount()
    expect(await eventsOf('identity.block')).toMatchObject([{ target: `User:${id}`, outcome: 'success' }])
  })
})

test('a deletion that does not block keeps nobody out', async () => {
  const user = await createAccount(world, { username: 'Ada', email: 'ada@example.com' })
  await deleteUser(ctx, user.id, { block: false })
  expect(await codeOf(createUser(ctx, newUser('ada@example.com', 'Ada')))).toBeNull()
})

describe('lifting', () => {
  test.each<[string, () => Promise<Parameters<typeof liftBlock>[1]>]>([
    ['by its row', async () => ({ id: await firstId() })],
    ['by the address', async () => ({ email: 'ADA@example.com', username: null })],
    ['by the name', async () => ({ email: null, username: 'ada' })],
  ])('%s lets address and name back in, and is on record', async (_how, which) => {
    await blockedAccount()
    await liftBlock(ctx, await which())
    expect(await codeOf(createUser(ctx, newUser('ada@example.com', 'Ada')))).toBeNull()
    expect(await eventsOf('identity.lift')).toMatchObject([{ outcome: 'success' }])
  })

  test('what is not blocked is not found', async () => {
    expect(await codeOf(liftBlock(ctx, { id: 77 }))).toBe('not_found')
    expect(await codeOf(liftBlock(ctx, { email: 'a@example.com', username: null }))).toBe('not_found')
    await blockedAccount()
    expect(await codeOf(liftBlock(ctx, { email: 'a@example.com', username: null }))).toBe('not_found')
  })

  test('stays possible after the admin who blocked is gone', async () => {
    const admin = await createAccount(world, { role: 'ADMIN' })
    const session = { kind: 'session', userId: admin.id, role: 'ADMIN', mustReset: false } as const
    const asAdmin: RecordCtx = { ...world, request, actor: { ...session, accessTokenId: 1, sessionId: 1 } }
    const user = await createAccount(world)
    await deleteUser(asAdmin, user.id, { block: true })
    expect((await listBlocked(ctx, { from: null, limit: 9 })).rows).toMatchObject([
      { createdBy: { username: admin.username } },
    ])
    await deleteUser(ctx, admin.id, { block: false })
    expect((await listBlocked(ctx, { from: null, limit: 9 })).rows).toMatchObject([{ createdBy: null }])
    await liftBlock(ctx, { id: await firstId() })
  })
})

describe('when PHOENIX_SECRET has changed', () => {
  beforeEach(async () => enterWorld(await createTestRuntime()))
  const restart = async (auth: Partial<Config['auth']>) => {
    const config = { ...testConfig({ auth }), database: world.db.config }
    ctx = { ...ctx, config }
    await ensureBuiltInRows({ ...world, config, log: pino({ level: 'silent' }) })
  }
  const OTHER = 'another-secret-0123456789-abcdefghijkl'

  test('the earlier one in BENNU_SECRET_PREVIOUS keeps the list working', async () => {
    await blockedAccount()
    await restart({ secret: OTHER, previousSecrets: [String(world.config.auth.secret)] })
    expect(await codeOf(createUser(ctx, newUser('ada@example.com', 'x')))).toBe('email_blocked')
  })

  test('without it nobody is let in, until every block is lifted and the server started again', async () => {
    await blockedAccount()
    const other = testConfig({ auth: { secret: OTHER } })
    await world.db.write((tx) => giveUpChainKey(tx, other, world.db))
    await restart({ secret: OTHER })
    expect(await codeOf(createUser(ctx, newUser('bob@example.com', 'Bob')))).toBe('blocked_list_closed')
    await liftBlock(ctx, { id: await firstId() })
    await restart({ secret: OTHER })
    expect(await codeOf(createUser(ctx, newUser('bob@example.com', 'Bob')))).toBeNull()
    const carl = await createAccount(world)
    await deleteUser(ctx, carl.id, { block: true })
    expect(await findBlocked(world.db.read, ctx, { email: carl.email, username: null })).toBe('email')
  })

  test('a key that lay in clear is wrapped at the next start and stays the same key', async () => {
    enterWorld(await createTestRuntime({ config: { auth: { enabled: false, secret: null } as never } }))
    await blockedAccount()
    const before = await runSql(world.db.config, 'select key_text from instance_keys')
    await restart({ secret: OTHER })
    const after = await runSql(world.db.config, 'select key_text from instance_keys')
    expect(String(after[0]?.key_text)).not.toContain(String(before[0]?.key_text))
    expect(await codeOf(createUser(ctx, newUser('ada@example.com', 'x')))).toBe('email_blocked')
  })
})

test('the list goes on at the cursor, newest first', async () => {
  for (const name of ['a', 'b', 'c']) await blockedAccount({ username: name, email: `${name}@example.com` })
  const first = await listBlocked(ctx, { from: null, limit: 2 })
  const second = await listBlocked(ctx, { from: first.next, limit: 2 })
  const ids = [...first.rows, ...second.rows].map(({ id }) => id)
  expect(ids).toHaveLength(3)
  expect(ids).toEqual([...ids].sort((a, b) => b - a))
  expect([first.total, second.next]).toEqual([3, null])
})
