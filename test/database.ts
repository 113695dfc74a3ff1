/** Fresh, migrated databases for tests, of the engine that the environment's TEST_DATABASE names. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import type { DatabaseConfig, PostgresConfig } from '#server/config/model'
import type { Database } from '#server/db/database'
import { openDatabase } from '#server/db/open'

export interface TestDatabase extends Database {
  /** What another connection, thread or process needs to open the same database. */
  readonly config: DatabaseConfig
}

/** The engine under test. */
export const engine: 'sqlite' | 'postgres' = process.env.TEST_DATABASE === 'postgres' ? 'postgres' : 'sqlite'

const cleanups: (() => Promise<void>)[] = []

/** A fresh and migrated database without rows. Closed and removed when its test file is done. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return openTestDatabase(await createDatabase(true))
}

/** Where a fresh database is that nobody has migrated; on SQLite the file does not exist yet. */
export async function createEmptyDatabase(): Promise<DatabaseConfig> {
  return createDatabase(false)
}

/** Another connection to a test database; closed when the test file is done. */
export async function openTestDatabase(config: DatabaseConfig): Promise<TestDatabase> {
  const db = await openDatabase(config, { applicationName: 'bennu test' })
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await db.close()
  }
  cleanups.push(close)
  return { ...db, config, close }
}

/** Closes and removes what this test file has opened. Called by test/setup-database.ts. */
export async function removeTestDatabases(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
}

async function createDatabase(migrated: boolean): Promise<DatabaseConfig> {
  return engine === 'postgres' ? createPostgres(migrated) : createSqlite(migrated)
}

async function createSqlite(migrated: boolean): Promise<DatabaseConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-db-'))
  cleanups.push(async () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'test.db')
  if (migrated) copyFileSync(inject('sqliteTemplate'), file)
  return { dialect: 'sqlite', file, inMemory: false }
}

async function createPostgres(migrated: boolean): Promise<DatabaseConfig> {
  const { port, template } = inject('postgres')
  const database = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`
  await administer(port, `create database ${database} template ${migrated ? template : 'template0'}`)
  cleanups.push(() => administer(port, `drop database if exists ${database} with (force)`))
  return postgresConfig({ port, database })
}

async function administer(port: number, sql: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The configuration of a database on a PostgreSQL that the tests have started. */
export function postgresConfig(
  at: { port: number; database: string },
  rest: Partial<PostgresConfig> = {},
): PostgresConfig {
  return {
    dialect: 'postgres',
    hosts: [{ host: '127.0.0.1', port: at.port }],
    user: 'postgres',
    password: null,
    database: at.database,
    schema: null,
    tls: { mode: 'disable', rootCertFile: null, certFile: null, keyFile: null, keyPassword: null },
    applicationName: null,
    connectTimeoutSeconds: 5,
    options: null,
    targetSessionAttrs: null,
    ...rest,
  }
}
