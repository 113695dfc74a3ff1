import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CrashDatabase } from './crash-rounds'
import { postgresConfig } from './database'
import type { PostgresServer } from './postgres'
import type { SmallDisk } from './small-disk'

/** The default: a file in the working directory. */
export const sqliteForCrash: CrashDatabase = {
  env: {},
  config: (workingDir) => ({ dialect: 'sqlite', file: `${workingDir}/bennu.db`, inMemory: false }),
}

/** A new database of a running server. */
export async function postgresForCrash(server: PostgresServer): Promise<CrashDatabase> {
  return inServer(server, await server.createDatabase())
}

/** A file on a disk of its own. */
export function sqliteOnDisk({ folder }: SmallDisk): CrashDatabase {
  const file = join(folder, 'bennu.db')
  return {
    env: { PHOENIX_SQL_DATABASE_URL: `sqlite:///${file}` },
    config: () => ({ dialect: 'sqlite', file, inMemory: false }),
  }
}

/** A database whose tables lie on a disk of its own; the server's log of writes stays where it is. */
export async function postgresOnDisk(server: PostgresServer, disk: SmallDisk): Promise<CrashDatabase> {
  const folder = join(disk.folder, 'tables')
  mkdirSync(folder)
  if (server.owner) chownSync(folder, server.owner.uid, server.owner.gid)
  const database = await server.createDatabase()
  await server.query(`create tablespace ${database}_space location '${folder}'`)
  await server.query(`alter database ${database} set tablespace ${database}_space`)
  return inServer(server, database)
}

function inServer(server: PostgresServer, database: string): CrashDatabase {
  return {
    env: { PHOENIX_SQL_DATABASE_URL: server.url(database) },
    config: () => postgresConfig({ port: server.port, database }),
  }
}
