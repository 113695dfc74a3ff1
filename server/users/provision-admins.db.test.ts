import { eq } from 'drizzle-orm'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { ensureBuiltInRows } from '#server/built-in-rows'
import { deleteUser } from '#server/users/delete'
import { managementUrlFor } from '#server/users/management-link'
import { createAccount } from '../../test/accounts'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { createTestRuntime, testConfig } from '../../test/runtime'

const ADA = { username: 'Ada', email: 'ada@example.com' }
const BOB = { username: 'Bob', email: 'bob@corp.internal' }
const clock = () => new Date(1_700_000_000_000)

interface Start {
  admins?: { username: string; email: string }[]
  auth?: object
}

/** A start of the server; gives back what it logged. */
async function start(db: TestDatabase, { admins = [ADA, BOB], auth = {} }: Start = {}): Promise<string[]> {
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  await ensureBuiltInRows({ db, config: testConfig({ auth: { admins, ...auth } as never }), clock, log })
  return lines
}
const listUsers = async (db: TestDatabase) => {
  const users = await db.read.select().from(db.t.users).orderBy(db.t.users.id)
  return users.map(({ id, username, email, role }) => [id, username, email, role])
}
const BUILT_IN = [
  [1, 'system', 'system@localhost', 'SYSTEM'],
  [2, 'admin', 'admin@localhost', 'ADMIN'],
]
const BOTH = [...BUILT_IN, [3, 'Ada', 'ada@example.com', 'ADMIN'], [4, 'Bob', 'bob@corp.internal', 'ADMIN']]

describe('PHOENIX_ADMINS', () => {
  test('makes its accounts after the default admin', async () => {
    const db = await createTestDatabase()
    await start(db)
    expect(await listUsers(db)).toEqual(BOTH)
  })

  test('makes them without a password, to be chosen at the first sign-in', async () => {
    const db = await createTestDatabase()
    await start(db)
    const [ada] = await db.read.select().from(db.t.users).where(eq(db.t.users.id, 3))
    expect(ada).toMatchObject({ authMethod: 'LOCAL', passwordHash: null, resetPassword: true })
  })

  test('makes them with authentication off as well', async () => {
    const db = await createTestDatabase()
    await start(db, { auth: { enabled: false, secret: null } })
    expect(await listUsers(db)).toEqual(BOTH)
  })

  test('prepares them for an identity provider while passwords are switched off', async () => {
    const db = await createTestDatabase()
    await start(db, { auth: { basicAuth: false } })
    const [ada] = await db.read.select().from(db.t.users).where(eq(db.t.users.id, 3))
    expect(ada).toMatchObject({ authMethod: 'OAUTH2', resetPassword: false })
  })

  test('is on record as done by the server', async () => {
    const db = await createTestDatabase()
    await start(db)
    const events = await db.read.select().from(db.t.auditEvents)
    expect(events).toMatchObject([
      { action: 'user.create', actorKind: 'server', target: 'User:1', targetName: 'system' },
      { action: 'user.create', actorKind: 'server', target: 'User:2', targetName: 'admin' },
      { action: 'user.create', actorKind: 'server', target: 'User:3', targetName: 'Ada' },
      { action: 'user.create', actorKind: 'server', target: 'User:4', targetName: 'Bob' },
    ])
  })

  test('names nobody in the log', async () => {
    const lines = await start(await createTestDatabase())
    expect(lines.join('')).not.toMatch(/ada@example|"Ada"|corp\.internal/)
  })

  test('leaves everybody alone at the next start, whatever became of them', async () => {
    const db = await createTestDatabase()
    await start(db)
    await db.write((tx) => tx.update(db.t.users).set({ role: 'MEMBER' }).where(eq(db.t.users.id, 3)))
    const before = await db.read.select().from(db.t.users)
    expect(await start(db)).toEqual([])
    expect(await db.read.select().from(db.t.users)).toEqual(before)
  })

  test.each([
    ['name', { username: 'Ada', email: 'else@example.com' }],
    ['address, even in capitals,', { username: 'Else', email: 'ADA@example.com' }],
  ])('leaves out an entry whose %s somebody has, and makes the others', async (_what, columns) => {
    const world = await createTestRuntime()
    await createAccount(world, columns)
    await start(world.db)
    const names = (await listUsers(world.db)).map(([, username]) => username)
    expect(names).toEqual(['system', 'admin', columns.username, 'Bob'])
  })

  test('leaves out who is blocked, and says which entry', async () => {
    const world = await createTestRuntime()
    const ada = await createAccount(world, ADA)
    const request = { address: null, userAgent: null }
    await deleteUser({ ...world, request, actor: { kind: 'commandLine' } }, ada.id, { block: true })
    const lines = await start(world.db)
    expect(lines.filter((line) => line.includes('entry 1 of PHOENIX_ADMINS gets no account'))).toHaveLength(1)
    expect(lines.join('')).not.toContain('ada@example')
    expect((await listUsers(world.db)).map(([, username]) => username)).toEqual(['system', 'admin', 'Bob'])
  })

  test('makes each account once when several servers start at the same moment', async () => {
    const db = await createTestDatabase()
    const others = await Promise.all([1, 2].map(() => openTestDatabase(db.config)))
    await Promise.all([db, ...others].map((each) => start(each)))
    expect(await listUsers(db)).toEqual(BOTH)
  })
})

test.each([
  [{ email: 'admin@localhost' }, true],
  [{ email: 'ada@example.com' }, true],
  [{ email: 'ADA@example.com' }, true],
  [{ email: 'carl@example.com' }, false],
  [{ email: null }, false],
  [null, false],
])('the management link is shown to %j: %s', (user, isShown) => {
  const managementUrl = 'https://console.example.com/'
  const config = testConfig({ auth: { admins: [ADA] } as never, server: { managementUrl } })
  expect(managementUrlFor(config, user)).toBe(isShown ? managementUrl : null)
})
