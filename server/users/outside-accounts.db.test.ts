import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Ctx } from '#server/context'
import { listNotices } from '#server/notices/notices'
import { deleteUser } from '#server/users/delete'
import { findUser, findUserByEmail, type User } from '#server/users/find'
import { type Found, signInOutside, type Vouched } from '#server/users/outside-accounts'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let ctx: Ctx
beforeEach(async () => {
  runtime = await createTestRuntime({ config: { auth: { basicAuth: true } } })
  const request = { requestId: 'r', address: '192.0.2.7', userAgent: 'Browser/1' }
  ctx = { ...runtime, request, actor: { kind: 'anonymous' } }
})

const vouched = (rest: Partial<Vouched> = {}): Vouched => ({
  method: 'OAUTH2',
  email: 'ada@example.com',
  role: null,
  roleOfNewcomer: 'MEMBER',
  names: ['Ada Lovelace'],
  suffix: () => '-12345',
  ties: { oauth2ClientId: 'client', oauth2UserId: 'subject' },
  ...rest,
})
const account = (columns: Parameters<typeof createAccount>[1] = {}) =>
  createAccount(runtime, { authMethod: 'OAUTH2', ...columns })
const signIn = (rest: Partial<Vouched> = {}, found: Found | User = 'create') =>
  signInOutside(ctx, vouched(rest), async () =>
    typeof found === 'object' && 'username' in found ? { user: found } : found,
  )
const stored = async (id: number) => (await findUser(runtime.db.read, runtime.db, id)) as User
const sessionsOf = async (userId: number) => {
  const { sessions } = runtime.db.t
  return (await runtime.db.read.select().from(sessions).where(eq(sessions.userId, userId))).map(
    ({ id }) => id,
  )
}
const entries = async () => {
  const { auditEvents } = runtime.db.t
  const rows = await runtime.db.read.select().from(auditEvents).orderBy(asc(auditEvents.id))
  // The first start has put its two accounts on record.
  return rows
    .slice(2)
    .map(({ action, outcome, reason, target }) =>
      [action, outcome === 'success' ? 'success' : reason, target].join(' '),
    )
}
const someone = async (outcome: Awaited<ReturnType<typeof signIn>>) => {
  if ('refused' in outcome) throw new Error(outcome.refused)
  return outcome
}

describe('a newcomer', () => {
  test('gets an account, a session and an entry for each', async () => {
    const { user, session, isNew } = await someone(await signIn({ pictureUrl: 'https://p.example/a.png' }))
    expect(isNew).toBe(true)
    expect(await stored(user.id)).toMatchObject({
      username: 'Ada Lovelace',
      email: 'ada@example.com',
      role: 'MEMBER',
      authMethod: 'OAUTH2',
      oauth2ClientId: 'client',
      oauth2UserId: 'subject',
      profilePictureUrl: 'https://p.example/a.png',
      passwordHash: null,
      resetPassword: false,
    })
    expect(await sessionsOf(user.id)).toEqual([session.sessionId])
    expect(await entries()).toEqual([
      `user.create success User:${user.id}`,
      `session.login success User:${user.id}`,
    ])
  })

  test.each([
    [['  Ada\u0000\n  L. '], 'Ada L.'],
    [[null, '', ' \u202e ', 'Grace'], 'Grace'],
    [[undefined], 'ada'],
    [['Admin'], 'Admin-12345'],
    [['x'.repeat(500)], 'x'.repeat(200)],
  ])('named %j is called %j', async (names, expected) => {
    expect((await someone(await signIn({ names }))).user.username).toBe(expected)
  })

  test('whose name is taken gets the suffix', async () => {
    await account({ username: 'Ada Lovelace' })
    expect((await someone(await signIn())).user.username).toBe('Ada Lovelace-12345')
  })

  test('whose address another account has is refused, and nothing is made', async () => {
    await account({ email: 'ada@example.com' })
    expect(await signIn()).toEqual({ refused: 'email-in-use', userId: null })
    expect(await entries()).toEqual(['session.login email-in-use '])
  })

  test.each([
    ['address', { email: 'gone@example.com' }],
    ['name', { names: ['gone'] }],
  ])('whose %s was blocked is refused', async (_, rest) => {
    const gone = await account({ username: 'gone', email: 'gone@example.com' })
    await deleteUser(ctx, gone.id, { block: true })
    expect(await signIn(rest)).toEqual({ refused: 'blocked', userId: null })
    expect(await findUserByEmail(runtime.db.read, runtime.db, 'ada@example.com')).toBeNull()
  })

  test('who signs in twice at the same moment has one account', async () => {
    const find = async (): Promise<Found> => {
      const user = await findUserByEmail(runtime.db.read, runtime.db, 'ada@example.com')
      return user ? { user } : 'create'
    }
    const both = await Promise.all([1, 2].map(() => signInOutside(ctx, vouched(), find)))
    const ids = both.map((one) => ('user' in one ? one.user.id : one.refused))
    expect(new Set(ids).size).toBe(1)
  })
})

describe('an account that is there', () => {
  test('keeps name, role and address where nothing is said, and gets a session', async () => {
    const user = await account({ username: 'ada', role: 'VIEWER' })
    await someone(await signIn({ email: null, ties: {} }, user))
    expect(await stored(user.id)).toEqual(user)
    expect(await entries()).toEqual([`session.login success User:${user.id}`])
  })

  test('gets the role that was decided, and its older sessions end', async () => {
    const user = await account({ role: 'MEMBER' })
    const older = await createSession(runtime, user, { method: 'OAUTH2' })
    const { session } = await someone(await signIn({ role: 'VIEWER', email: null, ties: {} }, user))
    expect((await stored(user.id)).role).toBe('VIEWER')
    expect(await sessionsOf(user.id)).toEqual([session.sessionId])
    expect(session.sessionId).not.toBe(older.sessionId)
    expect(await entries()).toEqual([
      `user.changeRole success User:${user.id}`,
      `session.login success User:${user.id}`,
    ])
  })

  test('keeps its older sessions when the role stays', async () => {
    const user = await account({ role: 'MEMBER' })
    const older = await createSession(runtime, user, { method: 'OAUTH2' })
    await someone(await signIn({ role: 'MEMBER', email: null, ties: {} }, user))
    expect(await sessionsOf(user.id)).toContain(older.sessionId)
  })

  test('takes over a new address and new ties, on record', async () => {
    const user = await account({ email: 'old@example.com' })
    await someone(await signIn({}, user))
    expect(await stored(user.id)).toMatchObject({ email: 'ada@example.com', oauth2UserId: 'subject' })
    expect(await entries()).toEqual([
      `user.changeEmail success User:${user.id}`,
      `identity.link success User:${user.id}`,
      `session.login success User:${user.id}`,
    ])
  })

  test.each([
    ['disabled', { disabledAt: new Date() }],
    ['other-method', { authMethod: 'LOCAL' as const }],
  ])('is refused as %s, and stays as it was', async (refused, columns) => {
    const user = await account(columns)
    expect(await signIn({ role: 'ADMIN' }, user)).toEqual({ refused, userId: user.id })
    expect(await stored(user.id)).toEqual(user)
    expect(await sessionsOf(user.id)).toEqual([])
    expect(await entries()).toEqual([`session.login ${refused} User:${user.id}`])
  })

  test('is refused, all of it, when its new address is taken', async () => {
    await account({ email: 'ada@example.com' })
    const user = await account({ email: 'old@example.com', role: 'MEMBER' })
    expect(await signIn({ role: 'VIEWER' }, user)).toEqual({ refused: 'email-in-use', userId: user.id })
    expect(await stored(user.id)).toEqual(user)
  })
})

test('what the caller refuses is on record, with the account it was about', async () => {
  const user = await account()
  expect(await signIn({}, { refused: 'other-identity', userId: user.id })).toEqual({
    refused: 'other-identity',
    userId: user.id,
  })
  expect(await entries()).toEqual([`session.login other-identity User:${user.id}`])
})

test('what the caller adds belongs to the transaction: it fails, nothing is made', async () => {
  const fail = async () => Promise.reject(new Error('no'))
  await expect(signInOutside(ctx, vouched(), async () => 'create', fail)).rejects.toThrow('no')
  expect(await findUserByEmail(runtime.db.read, runtime.db, 'ada@example.com')).toBeNull()
  expect(await entries()).toEqual([])
})

test('a session in the browser does not change who signs in', async () => {
  const other = await createAccount(runtime, { role: 'VIEWER' })
  const { accessTokenId, sessionId } = await createSession(runtime, other)
  const user = await account({ role: 'MEMBER' })
  const actor = {
    kind: 'session' as const,
    userId: other.id,
    role: 'VIEWER' as const,
    mustReset: false,
    accessTokenId,
    sessionId,
  }
  const outcome = await signInOutside({ ...ctx, actor }, vouched({ role: 'VIEWER' }), async () => ({ user }))
  expect('user' in outcome && outcome.user.id).toBe(user.id)
})

test('the last admin who can sign in keeps the role: said above the pages, on record, until it is mended', async () => {
  const { users } = runtime.db.t
  const disabledAt = runtime.clock()
  await runtime.db.write((tx) => tx.update(users).set({ disabledAt }).where(eq(users.role, 'ADMIN')))
  const admin = await account({ role: 'ADMIN', oauth2ClientId: 'client', oauth2UserId: 'subject' })
  const providers = [{ clientId: 'client', allowSignUp: true } as never]
  ctx = { ...ctx, config: { ...ctx.config, oauth2: { providers } } }
  const { keptRole } = await someone(await signIn({ role: 'VIEWER', email: null, ties: {} }, admin))
  expect(keptRole).toBe(true)
  expect((await stored(admin.id)).role).toBe('ADMIN')
  expect((await listNotices(runtime)).map(({ id }) => id)).toEqual(['role.kept'])
  expect(await entries()).toEqual([
    `user.changeRole last-admin User:${admin.id}`,
    `session.login success User:${admin.id}`,
  ])
  await someone(await signIn({ role: 'ADMIN', email: null, ties: {} }, admin))
  expect(await listNotices(runtime)).toEqual([])
})

test('an admin besides whom another can sign in is demoted', async () => {
  const admin = await account({ role: 'ADMIN' })
  await someone(await signIn({ role: 'VIEWER', email: null, ties: {} }, admin))
  expect((await stored(admin.id)).role).toBe('VIEWER')
})
