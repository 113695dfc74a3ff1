import { asc, eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { openChainKey } from '#server/audit/chain'
import { erasePerson } from '#server/audit/erase'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { verifyChain } from '#server/audit/verify'
import { createAccount } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let world: TestRuntime
let adaId: number
let bobId: number

const ctx = (): RecordCtx => ({
  ...world,
  actor: { kind: 'commandLine' },
  request: { address: '192.0.2.7', userAgent: 'curl/8' },
})
const record = (event: Partial<Parameters<typeof recordEvent>[2]>) =>
  world.db.write((tx) => recordEvent(tx, ctx(), { action: 'session.login', outcome: 'success', ...event }))

beforeEach(async () => {
  world = await createTestRuntime()
  adaId = (await createAccount(world, { username: 'ada' })).id
  bobId = (await createAccount(world, { username: 'bob' })).id
  const ada = { target: `User:${adaId}`, targetName: 'ada' }
  await record({ ...ada, actorUserId: adaId, actorName: 'ada' })
  await record({ target: `User:${adaId}`, actorName: 'ada@example.com', outcome: 'failure' })
  await record({ action: 'user.disable', actorUserId: adaId, target: `User:${bobId}`, targetName: 'bob' })
  await record({ target: `User:${bobId}`, targetName: 'bob', actorUserId: bobId })
  await remove(adaId)
})

async function remove(id: number): Promise<void> {
  const { users } = world.db.t
  await world.db.write((tx) => tx.delete(users).where(eq(users.id, id)))
}

const verify = () => verifyChain(world.db, (stored) => openChainKey(world.config, stored))

async function textOfLog(): Promise<string> {
  const { auditEvents: t } = world.db.t
  return JSON.stringify(await world.db.read.select().from(t).orderBy(asc(t.id)))
}

test.each([
  ['the e-mail address', () => ({ email: 'Ada@Example.com' })],
  ['the username', () => ({ username: 'ada' })],
  ['the number of the account', () => ({ userId: adaId })],
])(
  '%s of a deleted account leads to all that is known of it, and the chain stays whole',
  async (_what, person) => {
    const { count } = (await verify()) as { count: number }
    expect(await erasePerson(ctx(), person())).toEqual({ entries: 3, userIds: [adaId] })
    expect(await textOfLog()).not.toMatch(/"ada("|@)/)
    expect(await textOfLog()).toContain('bob')
    expect(await verify()).toMatchObject({ ok: true, count: count + 1, erased: 3 })
  },
)

test('what was done stays, without who it was', async () => {
  await erasePerson(ctx(), { userId: adaId })
  const { auditEvents: t } = world.db.t
  const [entry] = await world.db.read.select().from(t).where(eq(t.action, 'user.disable'))
  expect(entry).toMatchObject({
    actorUserId: adaId,
    target: `User:${bobId}`,
    actorName: null,
    targetName: null,
    address: null,
    userAgent: null,
    personalSalt: null,
  })
})

test('it is itself on record, without the name', async () => {
  await erasePerson(ctx(), { email: 'ada@example.com' })
  const { auditEvents: t } = world.db.t
  const [entry] = await world.db.read.select().from(t).where(eq(t.action, 'audit.erase'))
  expect(JSON.parse(entry?.details ?? '')).toEqual({ accounts: [`User:${adaId}`] })
})

test('doing it again blanks nothing more', async () => {
  await erasePerson(ctx(), { username: 'ada' })
  expect((await erasePerson(ctx(), { userId: adaId })).entries).toBe(0)
})

test('somebody who has an account is not forgotten', async () => {
  const before = await textOfLog()
  for (const person of [{ email: 'BOB@example.com' }, { username: 'bob' }, { userId: bobId }])
    await expect(erasePerson(ctx(), person)).rejects.toMatchObject({ kind: 'conflict' })
  await expect(erasePerson(ctx(), {})).rejects.toMatchObject({ kind: 'invalid' })
  expect(await textOfLog()).toBe(before)
})

test('another account that has the name by now keeps what is known of it', async () => {
  const { users } = world.db.t
  await world.db.write((tx) => tx.update(users).set({ username: 'robert' }).where(eq(users.id, bobId)))
  await erasePerson(ctx(), { username: 'bob' })
  const { auditEvents: t } = world.db.t
  const rows = await world.db.read.select().from(t).where(eq(t.actorUserId, bobId))
  expect(rows.map(({ actorName }) => actorName)).toEqual([null])
})
