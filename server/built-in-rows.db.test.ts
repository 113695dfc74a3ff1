import { eq, like } from 'drizzle-orm'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { verifyPassword } from '#server/auth/password'
import { ensureBuiltInRows } from '#server/built-in-rows'
import { downgrade, migrate } from '#server/db/migrate'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../test/database'
import { testConfig } from '../test/runtime'

const log = pino({ level: 'silent' })
const clock = () => new Date(1_700_000_000_000)
const ensure = (db: TestDatabase, config = testConfig()) => ensureBuiltInRows({ db, config, clock, log })

const listUsers = async (db: TestDatabase) => {
  const users = await db.read.select().from(db.t.users).orderBy(db.t.users.id)
  return users.map(({ id, username, email, role, resetPassword }) => [
    id,
    username,
    email,
    role,
    resetPassword,
  ])
}
const listProjects = async (db: TestDatabase) => {
  const projects = await db.read.select().from(db.t.projects).orderBy(db.t.projects.id)
  return projects.map(({ id, name, description }) => [id, name, description])
}
const addUser = (
  db: TestDatabase,
  username: string,
  role: 'ADMIN' | 'MEMBER',
  email = `${username}@example.com`,
) =>
  db.write((tx) =>
    tx
      .insert(db.t.users)
      .values({ username, email, role, authMethod: 'LOCAL', createdAt: clock(), updatedAt: clock() })
      .returning({ id: db.t.users.id }),
  )
const addProject = (db: TestDatabase, name: string) =>
  db.write((tx) =>
    tx
      .insert(db.t.projects)
      .values({ name, createdAt: clock(), updatedAt: clock() })
      .returning({ id: db.t.projects.id }),
  )

const SYSTEM = [1, 'system', 'system@localhost', 'SYSTEM', false]
const ADMIN = [2, 'admin', 'admin@localhost', 'ADMIN', true]
const DEFAULT = [1, 'default', 'Default project']

describe('an empty database', () => {
  test('gets the system account, the admin and the default project under their fixed ids', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    expect(await listUsers(db)).toEqual([SYSTEM, ADMIN])
    expect(await listProjects(db)).toEqual([DEFAULT])
  })

  test('says how to sign in for the first time, once', async () => {
    const db = await createTestDatabase()
    const lines: string[] = []
    const log = pino({}, { write: (line: string) => void lines.push(line) })
    const world = { db, config: testConfig(), clock, log }
    await ensureBuiltInRows(world)
    await ensureBuiltInRows(world)
    expect(lines.filter((line) => line.includes('admin@localhost'))).toHaveLength(1)
  })

  test('gets them with authentication off as well', async () => {
    const db = await createTestDatabase()
    await ensure(db, testConfig({ auth: { enabled: false, secret: null } as never }))
    expect(await listUsers(db)).toEqual([SYSTEM, ADMIN])
    expect(await listProjects(db)).toEqual([DEFAULT])
  })

  test('gets the head of the audit chain, with the two accounts on record', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    const chain = await db.read
      .select({ id: db.t.auditChain.id, count: db.t.auditChain.count })
      .from(db.t.auditChain)
    expect(chain).toEqual([{ id: 1, count: 2 }])
  })

  test('gets an admin whose password is the configured one', async () => {
    const db = await createTestDatabase()
    await ensure(db, testConfig({ auth: { defaultAdminInitialPassword: 'first-Password' } }))
    const [admin] = await db.read.select().from(db.t.users).where(eq(db.t.users.id, 2))
    expect((await verifyPassword('first-Password', admin ?? null)).good).toBe(true)
    expect((await verifyPassword('admin', admin ?? null)).good).toBe(false)
  })

  test('gets a system account that nobody can sign in to', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    const [system] = await db.read.select().from(db.t.users).where(eq(db.t.users.id, 1))
    expect([system?.passwordHash, system?.passwordSalt]).toEqual([null, null])
  })

  test('gives the next user and the next project the next ids', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    expect(await addUser(db, 'ada', 'MEMBER')).toEqual([{ id: 3 }])
    expect(await addProject(db, 'next')).toEqual([{ id: 2 }])
  })
})

describe('at a later start', () => {
  test('nothing changes', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    const before = await db.read.select().from(db.t.users)
    await ensure(db, testConfig({ auth: { defaultAdminInitialPassword: 'another' } }))
    expect(await db.read.select().from(db.t.users)).toEqual(before)
    expect(await listProjects(db)).toEqual([DEFAULT])
  })

  test('the default admin does not come back while there is another admin', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await addUser(db, 'ada', 'ADMIN')
    await db.write((tx) => tx.delete(db.t.users).where(eq(db.t.users.username, 'admin')))
    await ensure(db)
    expect((await listUsers(db)).map(([id, name]) => [id, name])).toEqual([
      [1, 'system'],
      [3, 'ada'],
    ])
  })

  test('an admin who was removed by hand is replaced under an id that was never used', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await addUser(db, 'ada', 'MEMBER')
    await db.write((tx) => tx.delete(db.t.users).where(eq(db.t.users.username, 'admin')))
    await ensure(db)
    expect(await listUsers(db)).toContainEqual([4, 'admin', 'admin@localhost', 'ADMIN', true])
  })

  test('a member who is named admin is not touched', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await db.write((tx) => tx.update(db.t.users).set({ role: 'MEMBER' }).where(eq(db.t.users.id, 2)))
    await ensure(db)
    expect((await listUsers(db)).map(([id, , , role]) => [id, role])).toEqual([
      [1, 'SYSTEM'],
      [2, 'MEMBER'],
    ])
  })

  test('projects that lack the default one get it beside them', async () => {
    const db = await createTestDatabase()
    await addProject(db, 'mine')
    await ensure(db)
    expect(await listProjects(db)).toEqual([
      [1, 'mine', null],
      [2, 'default', 'Default project'],
    ])
  })
})

describe('the audit log that a start finds', () => {
  const withoutSecret = () => testConfig({ auth: { enabled: false, secret: null } as never })
  const record = async (db: TestDatabase) => {
    const { auditEvents: t } = db.t
    const rows = await db.read.select().from(t).where(like(t.action, 'auditChain.%')).orderBy(t.id)
    return rows.map(({ action, details }) => [action, JSON.parse(details)])
  }
  const startAndHear = async (db: TestDatabase) => {
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    await ensureBuiltInRows({ db, config: testConfig(), clock, log })
    return lines.join('')
  }

  test('empty with accounts beside it was removed, which it says and records', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await db.write(async (tx) => {
      await tx.delete(db.t.auditEvents)
      await tx.delete(db.t.auditChain)
    })
    expect(await startAndHear(db)).toContain('somebody removed it')
    expect(await record(db)).toEqual([['auditChain.startOver', { accounts: 2, entries: 0 }]])
    expect(await startAndHear(db)).toBe('')
  })

  test('empty under the same key was removed too', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await db.write(async (tx) => {
      await tx.delete(db.t.auditEvents)
      await tx.update(db.t.auditChain).set({ count: 0, hash: '0'.repeat(64) })
    })
    expect(await startAndHear(db)).toContain('somebody removed it')
    expect(await record(db)).toEqual([['auditChain.startOver', { accounts: 2, entries: 0 }]])
  })

  test('without its head goes on behind the entries that are there', async () => {
    const db = await createTestDatabase()
    await ensure(db)
    await db.write((tx) => tx.delete(db.t.auditChain))
    expect(await startAndHear(db)).toContain('somebody removed it')
    expect(await record(db)).toEqual([['auditChain.startOver', { accounts: 2, entries: 2 }]])
  })

  test('under a key in clear is said and recorded as unproven, once', async () => {
    const db = await createTestDatabase()
    await ensure(db, withoutSecret())
    expect(await startAndHear(db)).toContain('prove nothing')
    expect(await startAndHear(db)).toBe('')
    expect(await record(db)).toEqual([['auditChain.wrapKey', { unproven: 2 }]])
  })

  test('of a first start is nothing to speak of', async () => {
    const db = await createTestDatabase()
    expect(await startAndHear(db)).toBe('')
    expect(await record(db)).toEqual([])
  })
})

describe('several servers that start at the same moment', () => {
  test('on an empty database make each row once', async () => {
    const db = await createTestDatabase()
    const others = await Promise.all([1, 2, 3].map(() => openTestDatabase(db.config)))
    await Promise.all([db, ...others].map((each) => ensure(each)))
    expect(await listUsers(db)).toEqual([SYSTEM, ADMIN])
    expect(await listProjects(db)).toEqual([DEFAULT])
    expect(await addUser(db, 'ada', 'MEMBER')).toEqual([{ id: 3 }])
  })
})

test('after the tracing tables were taken back and made again the default project is Project:1 again', async () => {
  const db = await createTestDatabase()
  await ensure(db)
  await db.close()
  await downgrade(db.config, { to: 1 }, log)
  await migrate(db.config, log)
  const again = await openTestDatabase(db.config)
  await ensure(again)
  expect(await listProjects(again)).toEqual([DEFAULT])
  expect(await listUsers(again)).toEqual([SYSTEM, ADMIN])
})
