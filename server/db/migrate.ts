/**
 * Migrations, up and down. Each runs in a transaction of its own that begins by taking the lock and reading again what
 * is applied, so any number of servers may start at the same moment. Runs before anything serves, never on open.
 */
import { existsSync } from 'node:fs'
import { getTableName, isTable } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { DatabaseConfig } from '#server/config/model'
import { describeDatabase } from '#server/db/describe'
import { listMigrations, type Migration } from '#server/db/migration-files'
import { PARTITION_DAYS_AHEAD } from '#server/db/partitions'
import { AppError } from '#server/errors'

export const MIGRATIONS_TABLE = 'bennu_migrations'

/** One engine's side of migrating. */
export interface MigrationStore {
  /**
   * Runs `work` alone: in a transaction, under the lock that every migrating process takes. `work` gets the statements
   * of this transaction; what it throws rolls back.
   */
  alone<T>(work: (session: MigrationSession) => Promise<T>): Promise<T>
  /** Once everything is applied: makes what the coming days will need. */
  prepareDays(days: number): Promise<void>
  close(): Promise<void>
}

export interface MigrationSession {
  /** Names of the tables in our schema (PostgreSQL) or file (SQLite). */
  tableNames(): Promise<string[]>
  /** Names of applied migrations, oldest first; empty without the table. */
  applied(): Promise<string[]>
  createMigrationsTable(): Promise<void>
  record(name: string, appliedAt: Date): Promise<void>
  forget(name: string): Promise<void>
  run(statement: string): Promise<void>
}

export interface MigrationStatus {
  applied: string[]
  pending: string[]
  /** Applied by a newer build; this one must not touch the database. */
  unknown: string[]
}

/**
 * Brings the database to this build's schema; makes the file, its folders or the schema when missing.
 * @param partitionDays for how many days after today there is to be a partition, where the engine has them
 * @throws AppError conflict for a database of another program, of a newer Bennu, or of a PostgreSQL before 14
 */
export async function migrate(
  config: DatabaseConfig,
  log: Logger,
  partitionDays = PARTITION_DAYS_AHEAD,
): Promise<void> {
  const known = listMigrations(config.dialect)
  await withStore(config, async (store) => {
    for (;;) {
      const name = await store.alone((session) => applyNext(config, known, session))
      if (name === null) break
      log.info({ migration: name }, `migration ${name} applied`)
    }
    await store.prepareDays(partitionDays)
  })
}

/**
 * Takes migrations back, newest first, until `to` of them remain; 0 leaves an empty database.
 * @throws AppError invalid when `to` is not a count of known migrations, conflict as `migrate`
 */
export async function downgrade(config: DatabaseConfig, target: { to: number }, log: Logger): Promise<void> {
  const known = listMigrations(config.dialect)
  if (!Number.isInteger(target.to) || target.to < 0 || target.to > known.length) {
    throw new AppError('invalid', `The migration to go back to is a number from 0 to ${known.length}`)
  }
  await withStore(config, async (store) => {
    for (;;) {
      const name = await store.alone((session) => takeBackNewest(config, known, target.to, session))
      if (name === null) return
      log.info({ migration: name }, `migration ${name} taken back`)
    }
  })
}

/**
 * What is applied and what is not; changes nothing.
 * @throws AppError conflict for a database of another program
 */
export async function migrationStatus(config: DatabaseConfig): Promise<MigrationStatus> {
  const known = listMigrations(config.dialect).map((migration) => migration.name)
  // Opening a SQLite file would make it.
  if (config.dialect === 'sqlite' && !existsSync(config.file))
    return { applied: [], pending: known, unknown: [] }
  return withStore(config, (store) =>
    store.alone(async (session) => {
      const applied = await readApplied(config, session)
      return {
        applied,
        pending: known.filter((name) => !applied.includes(name)),
        unknown: applied.filter((name) => !known.includes(name)),
      }
    }),
  )
}

async function applyNext(
  config: DatabaseConfig,
  known: Migration[],
  session: MigrationSession,
): Promise<string | null> {
  const applied = await readApplied(config, session)
  assertKnown(config, known, applied)
  const next = known.find((migration) => !applied.includes(migration.name))
  if (!next) return null
  await session.createMigrationsTable()
  for (const statement of next.up) await session.run(statement)
  await session.record(next.name, new Date())
  return next.name
}

async function takeBackNewest(
  config: DatabaseConfig,
  known: Migration[],
  remaining: number,
  session: MigrationSession,
): Promise<string | null> {
  const applied = await readApplied(config, session)
  assertKnown(config, known, applied)
  const newest = known.findLast((migration) => applied.includes(migration.name))
  if (!newest || applied.length <= remaining) return null
  for (const statement of newest.down) await session.run(statement)
  await session.forget(newest.name)
  return newest.name
}

/** The applied migrations of a database that is ours, or empty. Foreign tables are never touched. */
async function readApplied(config: DatabaseConfig, session: MigrationSession): Promise<string[]> {
  const tables = await session.tableNames()
  if (tables.includes(MIGRATIONS_TABLE)) return session.applied()
  const ours = await ourTableNames(config)
  if (!tables.includes('alembic_version') && !tables.some((name) => ours.has(name))) return []
  throw new AppError(
    'conflict',
    `The database ${describeDatabase(config)} belongs to another program, as Phoenix's tables do, and is left alone. ` +
      'Give Bennu a database of its own: another PHOENIX_SQL_DATABASE_URL, or on PostgreSQL a schema of its own with ' +
      'PHOENIX_SQL_DATABASE_SCHEMA.',
    { code: 'foreign_database' },
  )
}

function assertKnown(config: DatabaseConfig, known: Migration[], applied: string[]): void {
  const names = known.map((migration) => migration.name)
  const unknown = applied.filter((name) => !names.includes(name))
  if (unknown.length === 0) return
  throw new AppError(
    'conflict',
    `The database ${describeDatabase(config)} was migrated by a newer Bennu (${unknown.join(', ')}). ` +
      'Start that version, or take the migration back with its `bennu db downgrade`.',
    { code: 'newer_database' },
  )
}

async function ourTableNames(config: DatabaseConfig): Promise<Set<string>> {
  const tables: object =
    config.dialect === 'sqlite'
      ? (await import('#server/db/schema.sqlite')).sqliteTables
      : (await import('#server/db/schema.postgres')).postgresTables
  return new Set(Object.values(tables).filter(isTable).map(getTableName))
}

async function withStore<T>(config: DatabaseConfig, work: (store: MigrationStore) => Promise<T>): Promise<T> {
  const store = await openStore(config)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function openStore(config: DatabaseConfig): Promise<MigrationStore> {
  if (config.dialect === 'sqlite') {
    return (await import('#server/db/migrate.sqlite')).openSqliteMigrations(config)
  }
  return (await import('#server/db/migrate.postgres')).openPostgresMigrations(config)
}
