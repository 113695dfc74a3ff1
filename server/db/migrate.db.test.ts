import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { DatabaseConfig } from '#server/config/model'
import { downgrade, migrate, migrationStatus } from '#server/db/migrate'
import { isAppError } from '#server/errors'
import { createEmptyDatabase, openTestDatabase } from '../../test/database'
import { describeTables, runSql } from '../../test/sql'

const log = pino({ level: 'silent' })
const now = new Date(1_700_000_000_000)

async function fill(config: DatabaseConfig): Promise<void> {
  const db = await openTestDatabase(config)
  const { users, sessions, refreshTokens, accessTokens, apiKeys, auditEvents, auditChain } = db.t
  const { apiKeyUsage, blockedIdentities, instanceKeys } = db.t
  const { projects, projectSessions, traces, spans, spanRollups } = db.t
  const times = { createdAt: now, updatedAt: now }
  await db.write(async (tx) => {
    await tx.insert(users).values({
      id: 1,
      username: 'ada',
      role: 'ADMIN',
      authMethod: 'LOCAL',
      passwordHash: Buffer.from([0, 255]),
      ...times,
    })
    await tx.insert(sessions).values({ id: 1, userId: 1, method: 'LOCAL', createdAt: now, lastSeenAt: now })
    await tx
      .insert(refreshTokens)
      .values({ id: 1, userId: 1, sessionId: 1, tokenHash: 'r', createdAt: now, expiresAt: now })
    await tx.insert(accessTokens).values({
      id: 1,
      userId: 1,
      sessionId: 1,
      refreshTokenId: 1,
      tokenHash: 'a',
      createdAt: now,
      expiresAt: now,
    })
    await tx.insert(apiKeys).values({ id: 1, userId: 1, name: 'key', createdBy: 1, createdAt: now })
    await tx.insert(apiKeyUsage).values({ keyId: 1, day: 20_000, count: 3 })
    await tx.insert(blockedIdentities).values({ id: 1, emailDigest: 'd', createdAt: now, createdBy: 1 })
    await tx.insert(instanceKeys).values({ name: 'k', keyText: 't', keyEncrypted: false })
    await tx.insert(db.t.secrets).values({ key: 'K', value: 't', userId: 1, ...times })
    await tx
      .insert(db.t.passwordResetTokens)
      .values({ id: 1, userId: 1, purpose: 'reset', createdAt: now, expiresAt: now })
    await tx
      .insert(db.t.adminNotices)
      .values({ id: 'mail.failed', tone: 'warn', sentence: 's', firstAt: now, lastAt: now })
    await tx.insert(db.t.rateLimits).values({ key: 'k', hits: '[]', expiresAt: now })
    await tx.insert(db.t.lockouts).values({ nameDigest: 'd', failures: 1, expiresAt: now })
    await tx
      .insert(db.t.ssoProviders)
      .values({ id: 1, name: 'p', displayName: 'P', settings: '{}', enabled: true, position: 1, ...times })
    await tx.insert(db.t.ssoRecentSignIns).values({
      id: 1,
      provider: 'p',
      at: now,
      outcome: 'success',
      userId: 1,
      claims: '{}',
      decision: '{}',
    })
    const identity = { issuer: 'https://idp', providerName: 'p' }
    await tx
      .insert(db.t.linkedAccounts)
      .values({ ...identity, provider: 'c', providerAccountId: 's', userId: 1, type: 'oidc', createdAt: now })
    await tx
      .insert(db.t.oidcSessions)
      .values({ ...identity, sessionId: 1, clientId: 'c', subject: 's', sid: 'x', idToken: 't' })
    await tx.insert(db.t.usedLogoutTokens).values({ digest: 'd', expiresAt: now })
    await tx.insert(db.t.directorySync).values({ id: 1, startedAt: now, report: '{}' })
    await tx.insert(auditChain).values({ id: 1, chainKey: 'k', keyEncrypted: false, count: 1, hash: 'h' })
    await tx.insert(auditEvents).values({
      id: 1,
      at: now,
      action: 'x',
      outcome: 'success',
      actorKind: 'open',
      details: '{}',
      personalDigest: 'd',
      hash: 'h',
    })
    await tx.insert(projects).values({ id: 1, name: 'p', ...times })
    await tx.insert(projectSessions).values({ id: 1, sessionId: 's', projectId: 1, startTime: 1, endTime: 2 })
    await tx
      .insert(traces)
      .values({ id: 1, traceId: 't', projectId: 1, projectSessionId: 1, startTime: 1, endTime: 2 })
    await tx.insert(spans).values({
      id: 1,
      traceRowId: 1,
      projectId: 1,
      spanId: 's',
      name: 'n',
      spanKind: 'LLM',
      startTime: 1,
      endTime: 2,
      statusCode: 'OK',
      attributes: '{}',
      events: '[]',
    })
    await tx.insert(db.t.projectBuckets).values({
      projectId: 1,
      bucket: 0,
      shard: 3,
      traceCount: 1,
      spanCount: 1,
      errorCount: 0,
      promptTokens: 0,
      completionTokens: 0,
      latencySketch: Buffer.from([0, 0, 0, 0, 0, 1]),
    })
    await tx.insert(spanRollups).values({
      traceRowId: 1,
      spanRowId: 1,
      cumulativeErrorCount: 0,
      cumulativeLlmTokenCountPrompt: 0,
      cumulativeLlmTokenCountCompletion: 0,
    })
  })
  await db.close()
}

const ACCOUNT_TABLES = ['users', 'refresh_tokens', 'access_tokens', 'api_keys', 'audit_events', 'audit_chain']
/** All there are, in order. */
const MIGRATIONS = [
  '0000_accounts',
  '0001_tracing',
  '0002_sessions',
  '0003_span_growth',
  '0004_span_lookups',
  '0005_secrets',
  '0006_recovery',
  '0007_audit_lookups',
  '0008_limits',
  '0009_claims',
  '0010_sso_providers',
  '0011_directory_sync',
  '0012_oidc_sessions',
  '0013_span_parents',
]
const SESSION_TABLES = ['sessions', 'api_key_usage', 'blocked_identities', 'instance_keys']
const LATER_TABLES = [
  'secrets',
  'password_reset_tokens',
  'admin_notices',
  'rate_limits',
  'lockouts',
  'sso_providers',
  'sso_recent_sign_ins',
  'directory_sync',
  'linked_accounts',
  'oidc_sessions',
  'used_logout_tokens',
]
const TRACING_TABLES = ['projects', 'project_sessions', 'traces', 'spans', 'span_rollups', 'project_buckets']

const tableNames = async (config: DatabaseConfig) => Object.keys(await describeTables(config)).sort()
async function countRows(config: DatabaseConfig, tables: string[]): Promise<number[]> {
  const counts = tables.map((table) => runSql(config, `select count(*) as n from ${table}`))
  return (await Promise.all(counts)).map(([row]) => Number(row?.n))
}
async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await work.then(
    () => null,
    (thrown) => thrown,
  )
  if (!isAppError(error)) throw new Error(`not refused: ${error}`)
  return error
}

test('migrating an empty database makes every table', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  const ours = [...ACCOUNT_TABLES, ...TRACING_TABLES, ...SESSION_TABLES, ...LATER_TABLES]
  expect(await tableNames(config)).toEqual([...ours, 'bennu_migrations'].sort())
})

test('migrating twice changes nothing', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  await fill(config)
  await migrate(config, log)
  expect(
    await countRows(config, [...ACCOUNT_TABLES, ...TRACING_TABLES, ...SESSION_TABLES, ...LATER_TABLES]),
  ).toEqual(Array(27).fill(1))
})

test('five servers that migrate at the same moment end with one schema and no error', async () => {
  const config = await createEmptyDatabase()
  await Promise.all(Array.from({ length: 5 }, () => migrate(config, log)))
  expect(await migrationStatus(config)).toEqual({
    applied: MIGRATIONS,
    pending: [],
    unknown: [],
  })
})

test('the status of an empty database lists everything as pending and makes no table', async () => {
  const config = await createEmptyDatabase()
  expect(await migrationStatus(config)).toEqual({
    applied: [],
    pending: MIGRATIONS,
    unknown: [],
  })
  expect(await tableNames(config)).toEqual([])
})

test('a migration that fails half-way leaves nothing behind', async () => {
  const config = await createEmptyDatabase()
  await migrate(config, log)
  await downgrade(config, { to: 1 }, log)
  await runSql(config, 'create table traces (id integer)')
  const before = await describeTables(config)
  await expect(migrate(config, log)).rejects.toThrow('traces')
  expect(await describeTables(config)).toEqual(before)
  expect((await migrationStatus(config)).applied).toEqual(['0000_accounts'])
})

describe('a downgrade of a filled database', () => {
  test('to the first migration keeps the rows of the tables that remain', async () => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    await fill(config)
    const before = await runSql(config, 'select id, username, password_hash, created_at from users')
    await downgrade(config, { to: 1 }, log)
    expect(await tableNames(config)).toEqual([...ACCOUNT_TABLES, 'bennu_migrations'].sort())
    expect(await countRows(config, ACCOUNT_TABLES)).toEqual([1, 1, 1, 1, 1, 1])
    expect(await runSql(config, 'select id, username, password_hash, created_at from users')).toEqual(before)
  })

  test('and up again keeps those rows and makes the others empty', async () => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    await fill(config)
    await downgrade(config, { to: 1 }, log)
    await migrate(config, log)
    expect(await countRows(config, ACCOUNT_TABLES)).toEqual([1, 1, 1, 1, 1, 1])
    expect(await countRows(config, TRACING_TABLES)).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('to zero leaves nothing but the list of migrations, which is empty', async () => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    await fill(config)
    await downgrade(config, { to: 0 }, log)
    expect(await tableNames(config)).toEqual(['bennu_migrations'])
    expect((await migrationStatus(config)).applied).toEqual([])
  })

  test('to zero and up again leads to the same schema as migrating at once', async () => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    const atOnce = await describeTables(config)
    await fill(config)
    await downgrade(config, { to: 0 }, log)
    await migrate(config, log)
    expect(await describeTables(config)).toEqual(atOnce)
  })

  test.each([-1, MIGRATIONS.length + 1, 1.5, Number.NaN])('to %s is refused', async (to) => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    expect((await refusal(downgrade(config, { to }, log))).message).toContain(
      `from 0 to ${MIGRATIONS.length}`,
    )
  })
})

describe('a database of another program', () => {
  async function refusedAndUntouched(config: DatabaseConfig): Promise<string> {
    const before = await describeTables(config)
    const { code, message } = await refusal(migrate(config, log))
    expect(code).toBe('foreign_database')
    expect((await refusal(downgrade(config, { to: 0 }, log))).code).toBe('foreign_database')
    expect(await describeTables(config)).toEqual(before)
    return message
  }

  test('with an alembic_version table is left alone', async () => {
    const config = await createEmptyDatabase()
    await runSql(config, 'create table alembic_version (version_num text)')
    const message = await refusedAndUntouched(config)
    expect(message).toContain('PHOENIX_SQL_DATABASE_SCHEMA')
    expect(message).toContain(config.dialect === 'sqlite' ? config.file : `/${config.database}`)
  })

  test('with a table of our name is left alone', async () => {
    const config = await createEmptyDatabase()
    await runSql(config, 'create table spans (id integer)')
    await refusedAndUntouched(config)
  })

  test('with tables of other names only is taken', async () => {
    const config = await createEmptyDatabase()
    await runSql(config, 'create table recipes (id integer)')
    await migrate(config, log)
    expect(await tableNames(config)).toContain('recipes')
  })

  test('is named without its password', async () => {
    const config = await createEmptyDatabase()
    await runSql(config, 'create table alembic_version (version_num text)')
    const secretive = config.dialect === 'postgres' ? { ...config, password: 'hunter2' } : config
    const { message } = await refusal(migrate(secretive, log))
    expect(message).not.toContain('hunter2')
  })
})

describe('a database of a newer Bennu', () => {
  test('is refused with the name of the migration', async () => {
    const config = await createEmptyDatabase()
    await migrate(config, log)
    await runSql(
      config,
      "insert into bennu_migrations select '9999_future', applied_at from bennu_migrations limit 1",
    )
    const { code, message } = await refusal(migrate(config, log))
    expect(code).toBe('newer_database')
    expect(message).toContain('9999_future')
    expect((await migrationStatus(config)).unknown).toEqual(['9999_future'])
  })
})
