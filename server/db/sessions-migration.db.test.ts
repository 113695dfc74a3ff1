import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { downgrade, migrate } from '#server/db/migrate'
import { createEmptyDatabase, openTestDatabase } from '../../test/database'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const isSqlite = (config: DatabaseConfig) => config.dialect === 'sqlite'
/** 2026-05-01 12:00 and a minute after, as the engine stores it. */
const time = (config: DatabaseConfig, minutes = 0) => {
  const ms = Date.UTC(2026, 4, 1, 12, minutes)
  return isSqlite(config) ? String(ms) : `'${new Date(ms).toISOString()}'`
}

/** A database as the migration before 0002 left it, with one account signed in from two browsers. */
async function withTwoSignIns(): Promise<DatabaseConfig> {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  await downgrade(config, { to: 2 }, log)
  const at = (minutes: number) => time(config, minutes)
  const run = (sql: string) => runSql(config, sql)
  await run(`insert into users (id, username, role, auth_method, created_at, updated_at)
    values (5, 'ada', 'ADMIN', 'LDAP', ${at(0)}, ${at(0)})`)
  await run(`insert into refresh_tokens (id, user_id, token_hash, created_at, expires_at)
    values (7, 5, 'r7', ${at(1)}, ${at(50)}), (9, 5, 'r9', ${at(2)}, ${at(50)}), (20, 5, 'gone', ${at(3)}, ${at(50)})`)
  await run(`insert into access_tokens (id, user_id, refresh_token_id, token_hash, created_at, expires_at)
    values (3, 5, 7, 'a7', ${at(1)}, ${at(9)}), (4, 5, 9, 'a9', ${at(2)}, ${at(9)}), (30, 5, 20, 'gone', ${at(3)}, ${at(9)})`)
  // The counters are ahead of the rows.
  await run('delete from access_tokens where id = 30')
  await run('delete from refresh_tokens where id = 20')
  if (!isSqlite(config)) {
    await run("select setval(pg_get_serial_sequence('refresh_tokens', 'id'), 20)")
    await run("select setval(pg_get_serial_sequence('access_tokens', 'id'), 30)")
  }
  await run(`insert into api_keys (id, user_id, name, token_hash, last_four, created_at)
    values (1, 5, 'key', 'h', 'four', ${at(0)})`)
  return config
}

const numbers = (rows: Record<string, unknown>[], ...names: string[]) =>
  rows.map((row) => names.map((name) => Number(row[name])))

test('going up gives every sign-in there was a session of its own', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const sessions = await db.read.select().from(db.t.sessions).orderBy(db.t.sessions.id)
  const common = { userId: 5, method: 'LDAP', address: null, userAgent: null }
  const first = new Date('2026-05-01T12:01:00Z')
  const second = new Date('2026-05-01T12:02:00Z')
  expect(sessions).toEqual([
    { id: 7, createdAt: first, lastSeenAt: first, ...common },
    { id: 9, createdAt: second, lastSeenAt: second, ...common },
  ])
})

test('going up ties the tokens to those sessions and keeps everything about them', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const { refreshTokens, accessTokens } = db.t
  const expiresAt = new Date('2026-05-01T12:50:00Z')
  expect(await db.read.select().from(refreshTokens).orderBy(refreshTokens.id)).toMatchObject([
    { id: 7, userId: 5, sessionId: 7, tokenHash: 'r7', expiresAt, consumedAt: null },
    { id: 9, userId: 5, sessionId: 9, tokenHash: 'r9', expiresAt, consumedAt: null },
  ])
  expect(await db.read.select().from(accessTokens).orderBy(accessTokens.id)).toMatchObject([
    { id: 3, userId: 5, sessionId: 7, refreshTokenId: 7, tokenHash: 'a7' },
    { id: 4, userId: 5, sessionId: 9, refreshTokenId: 9, tokenHash: 'a9' },
  ])
})

test('ids of tokens that are gone do not come back, and the next session gets a new one', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  const { sessions, refreshTokens, accessTokens } = db.t
  const now = new Date()
  const ids = await db.write(async (tx) => {
    const [session] = await tx
      .insert(sessions)
      .values({ userId: 5, method: 'LOCAL', createdAt: now, lastSeenAt: now })
      .returning({ id: sessions.id })
    const common = {
      userId: 5,
      sessionId: session?.id as number,
      tokenHash: 'n',
      createdAt: now,
      expiresAt: now,
    }
    const [refresh] = await tx.insert(refreshTokens).values(common).returning({ id: refreshTokens.id })
    const [access] = await tx
      .insert(accessTokens)
      .values({ ...common, refreshTokenId: refresh?.id as number })
      .returning({ id: accessTokens.id })
    return [session?.id, refresh?.id, access?.id]
  })
  expect(ids).toEqual([10, 21, 31])
})

test('a session that is deleted takes its tokens along, an account its sessions', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  const db = await openTestDatabase(config)
  await db.write((tx) => tx.delete(db.t.sessions))
  expect(await runSql(config, 'select id from refresh_tokens')).toEqual([])
  expect(await runSql(config, 'select id from access_tokens')).toEqual([])
})

test('going down keeps the tokens, except one that was used: it would be good again', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  await runSql(config, `update refresh_tokens set consumed_at = ${time(config, 5)} where id = 7`)
  await downgrade(config, { to: 2 }, log)
  const refresh = await runSql(config, 'select * from refresh_tokens')
  expect(numbers(refresh, 'id', 'user_id')).toEqual([[9, 5]])
  expect(refresh[0]).toMatchObject({ token_hash: 'r9' })
  const access = await runSql(config, 'select * from access_tokens')
  expect(numbers(access, 'id', 'refresh_token_id')).toEqual([[4, 9]])
  expect(await runSql(config, 'select name, token_hash, last_four from api_keys')).toEqual([
    { name: 'key', token_hash: 'h', last_four: 'four' },
  ])
})

test('down and up again leads to the same schema and keeps the counters', async () => {
  const config = await withTwoSignIns()
  await migrate(config, log)
  const before = await describeTables(config)
  await downgrade(config, { to: 2 }, log)
  await migrate(config, log)
  expect(await describeTables(config)).toEqual(before)
  await runSql(
    config,
    `insert into refresh_tokens (user_id, session_id, token_hash, created_at, expires_at)
     values (5, 9, 'next', ${time(config)}, ${time(config)})`,
  )
  expect(numbers(await runSql(config, 'select max(id) as id from refresh_tokens'), 'id')).toEqual([[21]])
})
