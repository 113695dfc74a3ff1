import type { DatabaseConfig } from '#server/config/model'
import type { Database, OpenDatabase } from '#server/db/database'

/**
 * Opens the configured database. The driver of the other engine is never loaded.
 *
 * SQLite: the file and its folders are made when missing. PostgreSQL: connections are made when first needed, so a
 * server that is away is noticed by the first query, not here.
 * @throws AppError unavailable (SQLite file), invalid (an unreadable certificate file)
 */
export const openDatabase: OpenDatabase = async (config: DatabaseConfig, options = {}): Promise<Database> => {
  if (config.dialect === 'sqlite') {
    const { openSqlite } = await import('#server/db/sqlite')
    return openSqlite(config, options)
  }
  const { openPostgres } = await import('#server/db/postgres')
  return openPostgres(config, options)
}
