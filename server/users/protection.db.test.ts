import { eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RecordCtx } from '#server/audit/record'
import { isAppError } from '#server/errors'
import { deleteUser } from '#server/users/delete'
import { findUser, type User } from '#server/users/find'
import { updateUser } from '#server/users/update'
import { createAccount } from '../../test/accounts'
import { openTestDatabase } from '../../test/database'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const DEFAULT_ADMIN_ID = 2
const request = { requestId: 'r', address: '192.0.2.7', userAgent: 'test' }

let world: TestRuntime
beforeAll(async () => {
  world = await createTestRuntime()
})
// Nobody of an earlier test, nor the default admin, counts as an admin who can sign in.
beforeEach(async () => {
  const { users } = world.db.t
  await world.db.write((tx) =>
    tx.update(users).set({ disabledAt: new Date() }).where(eq(users.role, 'ADMIN')),
  )
})

async function change(id: number, columns: Partial<User>) {
  const { users } = world.db.t
  await world.db.write((tx) => tx.update(users).set(columns).where(eq(users.id, id)))
}
const admin = (columns: Partial<User> = {}) => createAccount(world, { role: 'ADMIN', ...columns })
const readUser = (id: number) => findUser(world.db.read, world.db, id)

/** What somebody asks for from a process of their own. */
async function asProcess(user: User): Promise<RecordCtx> {
  const db = await openTestDatabase(world.db.config)
  return ctxOf(user, db)
}
const ctxOf = ({ id, role }: User, db = world.db): RecordCtx => ({
  ...world,
  db,
  request,
  actor: {
    kind: 'session',
    userId: id,
    role: role as 'ADMIN',
    mustReset: false,
    accessTokenId: 1,
    sessionId: 1,
  },
})
const byCommand = (): RecordCtx => ({ ...world, request, actor: { kind: 'commandLine' } })

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    return isAppError(error) ? error.code : `${error}`
  }
}

const REMOVALS: [string, (ctx: RecordCtx, id: number) => Promise<unknown>][] = [
  ['deleted', (ctx, id) => deleteUser(ctx, id, { block: false })],
  ['demoted', (ctx, id) => updateUser(ctx, id, { role: 'MEMBER' })],
  ['disabled', (ctx, id) => updateUser(ctx, id, { disabled: true })],
]

describe.each(REMOVALS)('the last admin who can sign in cannot be %s', (_how, remove) => {
  test('while there is nobody else', async () => {
    const last = await admin()
    expect(await codeOf(remove(byCommand(), last.id))).toBe('last_admin')
    expect(await readUser(last.id)).toEqual(last)
  })

  test.each<[string, Partial<User>]>([
    ['is disabled', { disabledAt: new Date() }],
    ['has no password yet', { passwordHash: null }],
    ['signs in by a way that is not open', { authMethod: 'OAUTH2' }],
    ['is only a member', { role: 'MEMBER' }],
  ])('while the other one %s', async (_why, columns) => {
    const last = await admin()
    await admin(columns)
    expect(await codeOf(remove(byCommand(), last.id))).toBe('last_admin')
  })

  test('but is once there is another', async () => {
    const first = await admin()
    await admin()
    expect(await codeOf(remove(byCommand(), first.id))).toBeNull()
  })

  test('and an admin who cannot sign in anyway is', async () => {
    await admin()
    const dormant = await admin({ passwordHash: null })
    expect(await codeOf(remove(byCommand(), dormant.id))).toBeNull()
  })

  test('of two who do it to each other at the same moment one wins', async () => {
    for (let round = 0; round < 5; round++) {
      const [ada, bob] = [await admin(), await admin()]
      const [first, second] = [await asProcess(ada), await asProcess(bob)]
      const codes = await Promise.all([codeOf(remove(first, bob.id)), codeOf(remove(second, ada.id))])
      // The loser is gone, disabled or no admin any more by the time it is their turn.
      expect(codes.filter((code) => code === null)).toHaveLength(1)
      const left = [await readUser(ada.id), await readUser(bob.id)]
      const able = left.filter((user) => user?.role === 'ADMIN' && user.disabledAt === null)
      expect(able).toHaveLength(1)
      await change(able[0]?.id as number, { disabledAt: new Date() })
    }
  })

  test('and of three who do it in a circle one at least is left', async () => {
    const three = [await admin(), await admin(), await admin()]
    const work = three.map(async (user, index) =>
      codeOf(remove(await asProcess(user), (three[(index + 1) % 3] as User).id)),
    )
    await Promise.all(work)
    const left = await Promise.all(three.map(({ id }) => readUser(id)))
    const able = left.filter((user) => user?.role === 'ADMIN' && user.disabledAt === null)
    expect(able.length).toBeGreaterThanOrEqual(1)
  })
})

test('a refusal for the last admin is on record', async () => {
  const last = await admin()
  await codeOf(deleteUser(byCommand(), last.id, { block: false }))
  const { auditEvents: t } = world.db.t
  const events = await world.db.read
    .select()
    .from(t)
    .where(eq(t.target, `User:${last.id}`))
  expect(events).toMatchObject([{ action: 'user.delete', outcome: 'failure', reason: 'last-admin' }])
})

test('whoever lost the role while asking is refused, and nothing happens', async () => {
  const [ada, bob] = [await admin(), await admin()]
  await change(ada.id, { role: 'MEMBER' })
  expect(await codeOf(updateUser(ctxOf(ada), bob.id, { username: 'renamed' }))).toBe('forbidden')
  expect(await readUser(bob.id)).toEqual(bob)
})

test('the default admin may be disabled once there is another, and comes back', async () => {
  await admin()
  expect(await codeOf(updateUser(byCommand(), DEFAULT_ADMIN_ID, { disabled: false }))).toBeNull()
  expect(await codeOf(updateUser(byCommand(), DEFAULT_ADMIN_ID, { disabled: true }))).toBeNull()
  expect(await codeOf(deleteUser(byCommand(), DEFAULT_ADMIN_ID, { block: false }))).toBe('built_in')
})
