import type { CrashOptions } from './crash-rounds'
import { postgresConfig } from './database'
import type { PostgresServer } from './postgres'

type CrashDatabase = CrashOptions['database']

/** The default: a file in the working directory. */
export const sqliteForCrash: CrashDatabase = {
  env: {},
  config: (workingDir) => ({ dialect: 'sqlite', file: `${workingDir}/bennu.db`, inMemory: false }),
}

/** A new database of a running server. */
export async function postgresForCrash(server: PostgresServer): Promise<CrashDatabase> {
  const database = await server.createDatabase()
  return {
    env: { PHOENIX_SQL_DATABASE_URL: server.url(database) },
    config: () => postgresConfig({ port: server.port, database }),
  }
}
