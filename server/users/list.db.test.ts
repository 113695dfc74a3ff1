import { beforeAll, describe, expect, test } from 'vitest'
import type { RecordCtx } from '#server/audit/record'
import { authenticate } from '#server/auth/authenticate'
import { settleUses } from '#server/auth/last-use'
import { encodeGlobalId } from '#server/global-id'
import { findUserByEmail } from '#server/users/find'
import { getUserDetail, listUserSummaries, listUsers } from '#server/users/list'
import { createAccount, createSession } from '../../test/accounts'
import { type createTestDatabase, engine, openTestDatabase } from '../../test/database'
import { createKey, SYSTEM_USER_ID } from '../../test/principals'
import { explain, recordQueries } from '../../test/recorded-queries'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { runSql } from '../../test/sql'

const request = { requestId: 'r', address: null, userAgent: null }
const DEFAULT_ADMIN_ID = 2
let world: TestRuntime
let ctx: RecordCtx
beforeAll(async () => {
  world = await createTestRuntime()
  ctx = { ...world, request, actor: { kind: 'adminSecret', userId: SYSTEM_USER_ID, role: 'ADMIN' } }
})

const search = (text: string, rest: Partial<RecordCtx> = {}) =>
  listUserSummaries({ ...ctx, ...rest }, { search: text, from: null, limit: 50 })
const only = async (text: string, rest: Partial<RecordCtx> = {}) => {
  const { users } = await search(text, rest)
  expect(users).toHaveLength(1)
  return users[0] ?? expect.fail('not found')
}
const sessionOf = (userId: number) =>
  ({ kind: 'session', userId, role: 'ADMIN', mustReset: false, accessTokenId: 1, sessionId: 1 }) as const

describe('a line of the list', () => {
  test('has what an admin asks about an account', async () => {
    const user = await createAccount(world, { username: 'Line', email: 'line@example.com', role: 'VIEWER' })
    await createSession(world, user)
    await createKey(world, { userId: user.id, scope: 'full', role: null })
    await createKey(world, { userId: user.id, scope: 'read', role: null })
    expect(await only('line@')).toEqual({
      id: encodeGlobalId('User', user.id),
      username: 'Line',
      email: 'line@example.com',
      role: 'VIEWER',
      authMethod: 'LOCAL',
      createdAt: user.createdAt.toISOString(),
      lastSeenAt: null,
      keyCount: 2,
      sessionCount: 1,
      disabledAt: null,
      disabledReason: null,
      mustReset: false,
      isSelf: false,
      isDefaultAdmin: false,
      may: { changeRole: true, resetPassword: true, disable: true, delete: true },
      whyNot: {},
    })
  })

  test('tells when the person was last seen, by a session or by a key', async () => {
    const bySession = await createAccount(world, { username: 'Seen by session' })
    const { accessToken } = await createSession(world, bySession)
    const byKey = await createAccount(world, { username: 'Seen by key' })
    const key = await createKey(world, { userId: byKey.id, scope: 'full', role: null })
    await authenticate(world, { authorization: null, accessCookie: accessToken })
    await authenticate(world, { authorization: key.headers.authorization ?? null, accessCookie: null })
    await settleUses(world.db)
    for (const name of ['seen by session', 'seen by key']) {
      const { lastSeenAt } = await only(name)
      expect(Math.abs(Date.parse(lastSeenAt ?? '') - Date.now())).toBeLessThan(60_000)
    }
  })

  test('does not count sessions that are over', async () => {
    const user = await createAccount(world, { username: 'Long gone' })
    const past = { ...world, clock: () => new Date('2020-01-01') }
    await createSession(past, user)
    expect((await only('long gone')).sessionCount).toBe(0)
  })

  test("says which account is one's own, and that it is protected", async () => {
    const me = await createAccount(world, { username: 'Myself', role: 'ADMIN' })
    expect(await only('myself', { actor: sessionOf(me.id) })).toMatchObject({
      isSelf: true,
      may: { changeRole: false, resetPassword: false, disable: false, delete: false },
      why: expect.stringContaining('ask another admin'),
    })
  })

  test('protects the default admin from losing its role and being deleted', async () => {
    await createAccount(world, { role: 'ADMIN' })
    expect(await only('admin@localhost')).toMatchObject({
      isDefaultAdmin: true,
      may: { changeRole: false, resetPassword: true, disable: true, delete: false },
      why: expect.stringContaining('default admin'),
    })
  })

  test('protects the last admin who can sign in', async () => {
    const alone = await createTestRuntime()
    const { users } = await listUserSummaries({ ...ctx, ...alone }, { search: '', from: null, limit: 5 })
    expect(users).toMatchObject([{ may: { changeRole: false, disable: false, delete: false } }])
  })

  test('offers no password where there is none', async () => {
    await createAccount(world, { username: 'Elsewhere', authMethod: 'OAUTH2' })
    expect((await only('elsewhere')).may).toMatchObject({ resetPassword: false, delete: true })
  })
})

test('the system account is on no page', async () => {
  expect((await search('system@localhost')).users).toEqual([])
  await expect(getUserDetail(ctx, SYSTEM_USER_ID)).rejects.toMatchObject({ kind: 'not_found' })
})

test.each([
  ['part of a name, in any case', 'ÖRSTE', 1],
  ['part of an address', 'oerstedt@exam', 1],
  ['blanks around it', '  oerstedt@ ', 1],
  ['a percent sign, which is no wildcard', '%', 1],
  ['what nobody has', 'nobody-at-all', 0],
])('the search finds %s', async (_what, text, found) => {
  const columns = { username: 'Frau Örstedt 100%', email: 'oerstedt@example.com' }
  if (!(await findUserByEmail(world.db.read, world.db, columns.email))) await createAccount(world, columns)
  const { users, total } = await search(text)
  expect([users.length, total]).toEqual([found, found])
})

test('the detail tells what deleting the account stops and orphans', async () => {
  const user = await createAccount(world, { role: 'ADMIN' })
  await createSession(world, user)
  await createKey(world, { userId: user.id, scope: 'full', role: null })
  const system = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
  await runSql(world.db.config, `update api_keys set created_by = ${user.id} where id = ${system.keyId}`)
  expect((await getUserDetail(ctx, user.id)).deletion).toEqual({ keys: 1, sessions: 1, systemKeysMade: 1 })
})

describe('with 10,000 accounts', () => {
  const COUNT = 10_000
  let many: RecordCtx
  let config: Awaited<ReturnType<typeof createTestDatabase>>['config']
  beforeAll(async () => {
    const crowd = await createTestRuntime()
    config = crowd.db.config
    many = { ...ctx, ...crowd }
    const series =
      engine === 'postgres'
        ? `from generate_series(1, ${COUNT}) n`
        : `from (with recursive c(n) as (select 1 union all select n + 1 from c where n < ${COUNT}) select n from c)`
    const now = engine === 'postgres' ? 'now()' : '1700000000000'
    await runSql(
      config,
      `insert into users (username, email, role, auth_method, reset_password, created_at, updated_at)
       select 'person ' || n, 'p' || n || '@example.com', 'MEMBER', 'LOCAL', ${engine === 'postgres' ? 'false' : '0'}, ${now}, ${now} ${series}`,
    )
    if (engine === 'postgres') await runSql(config, 'analyze users')
  })

  test('the first page, the next and a search hold what they should', async () => {
    const first = await listUserSummaries(many, { search: '', from: null, limit: 50 })
    expect([first.users.length, first.total, first.users[0]?.username]).toEqual([
      50,
      COUNT + 1,
      `person ${COUNT}`,
    ])
    const from = Number(
      Buffer.from(first.nextCursor ?? '', 'base64')
        .toString()
        .split(':')[1],
    )
    const second = await listUserSummaries(many, { search: '', from, limit: 50 })
    expect(second.users[0]?.username).toBe(`person ${COUNT - 50}`)
    const found = await listUserSummaries(many, { search: 'P1234@', from: null, limit: 50 })
    expect(found.users.map(({ username }) => username)).toEqual(['person 1234'])
  })

  test('a page and a sign-in read rows by an index, and sort nothing', async () => {
    const db = await openTestDatabase(config)
    const recorder = await recordQueries(db)
    const here = { ...many, db }
    await db.read.select({ id: db.t.users.id }).from(db.t.users).limit(1)
    recorder.take()
    await listUsers(here, { from: 5000, limit: 50 })
    await findUserByEmail(db.read, db, 'p77@example.com')
    const queries = recorder.take().filter(({ sql }) => /from "users"/.test(sql))
    expect(queries).toHaveLength(2)
    for (const query of queries) {
      const plan = (await explain(db, query)).join('\n')
      expect(plan).toMatch(/Index|USING (INDEX|INTEGER PRIMARY KEY)/)
      expect(plan).not.toMatch(/Seq Scan|SCAN users(?! USING)/)
    }
    expect((await explain(db, queries[0] as never)).join('\n')).not.toMatch(/Sort|TEMP B-TREE/)
  })

  test('a search that fits on a page reads the accounts once', async () => {
    const db = await openTestDatabase(config)
    const recorder = await recordQueries(db)
    await db.read.select({ id: db.t.users.id }).from(db.t.users).limit(1)
    recorder.take()
    await listUserSummaries({ ...many, db }, { search: 'p1234@', from: null, limit: 50 })
    expect(recorder.take().filter(({ sql }) => /casefold|lower\(/.test(sql))).toHaveLength(1)
  })

  test('even a search that nothing matches takes no more than a moment', async () => {
    const started = performance.now()
    await listUserSummaries(many, { search: 'nobody-at-all', from: null, limit: 50 })
    // A guard against hanging: it takes some 50 ms.
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

test('the default admin is the account 2', async () => {
  expect((await getUserDetail(ctx, DEFAULT_ADMIN_ID)).isDefaultAdmin).toBe(true)
})
