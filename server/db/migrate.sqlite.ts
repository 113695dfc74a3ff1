import type { SqliteConfig } from '#server/config/model'
import { MIGRATIONS_TABLE, type MigrationSession, type MigrationStore } from '#server/db/migrate'
import { openWriter, retryWhileBusy, type SqliteConnection } from '#server/db/sqlite-connection'

/** Opens the file for migrating; it is made when missing. The lock is SQLite's write lock. */
export async function openSqliteMigrations(config: SqliteConfig): Promise<MigrationStore> {
  const connection = await openWriter(config.file)
  // A table that is rebuilt is dropped first, which would cascade. Cannot be switched inside a transaction.
  connection.pragma('foreign_keys = OFF')
  let changed = false
  const session = sessionOf(connection, () => {
    changed = true
  })
  return {
    alone: async (work) => {
      await retryWhileBusy(() => connection.exec('begin immediate'))
      changed = false
      try {
        const result = await work(session)
        // Reads every row, so not at a start that has nothing to migrate.
        if (changed) assertForeignKeys(connection)
        connection.exec('commit')
        return result
      } catch (error) {
        if (connection.inTransaction) connection.exec('rollback')
        throw error
      }
    },
    prepareDays: async () => {},
    close: async () => {
      connection.close()
    },
  }
}

function assertForeignKeys(connection: SqliteConnection): void {
  const [broken] = connection.pragma('foreign_key_check') as { table: string; parent: string }[]
  if (broken)
    throw new Error(`The migration left rows of ${broken.table} that point at nothing in ${broken.parent}`)
}

function sessionOf(connection: SqliteConnection, noteChange: () => void): MigrationSession {
  const names = (sql: string) => connection.prepare(sql).pluck().all() as string[]
  return {
    tableNames: async () => names("select name from sqlite_master where type in ('table', 'view')"),
    applied: async () => names(`select name from ${MIGRATIONS_TABLE} order by name`),
    createMigrationsTable: async () => {
      connection.exec(
        `create table if not exists ${MIGRATIONS_TABLE} (name text primary key not null, applied_at integer not null)`,
      )
    },
    record: async (name, appliedAt) => {
      connection.prepare(`insert into ${MIGRATIONS_TABLE} values (?, ?)`).run(name, appliedAt.getTime())
    },
    forget: async (name) => {
      connection.prepare(`delete from ${MIGRATIONS_TABLE} where name = ?`).run(name)
    },
    run: async (statement) => {
      noteChange()
      connection.exec(statement)
    },
  }
}
