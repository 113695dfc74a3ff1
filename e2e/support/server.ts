/** A running Bennu for the browser to visit, and a second connection to its database to fill it with. */
import { join } from 'node:path'
import { pino } from 'pino'
import { parseConfig } from '#server/config'
import type { DatabaseConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import type { Database } from '#server/db/database'
import { openDatabase } from '#server/db/open'
import { freePort } from '../../test/free-port'
import { startPostgres } from '../../test/postgres'
import { startProgram } from '../../test/program'

export interface World extends Pick<Ctx, 'config' | 'clock' | 'log'> {
  db: Database & { readonly config: DatabaseConfig }
}

export interface BennuServer {
  readonly baseUrl: string
  readonly grpcPort: number
  /** The same database, for fixtures. */
  readonly world: World
  stop(): Promise<void>
}

export interface BennuServerOptions {
  engine: 'sqlite' | 'postgres'
  env?: Record<string, string>
}

/** Variables of a server with accounts. */
export const AUTH = {
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_SECRET: 'e2e-secret-0123456789-abcdefghijkl',
  // Signing in is what these tests do; how often one may try is tested elsewhere.
  PHOENIX_DISABLE_RATE_LIMIT: 'true',
}

/** Starts the built program on an empty database of the engine. */
export async function startServer({ engine, env = AUTH }: BennuServerOptions): Promise<BennuServer> {
  // The page prints the gRPC port that was configured, so it is a real one.
  const grpcPort = await freePort()
  const postgres = engine === 'postgres' ? await startPostgres() : null
  const database = postgres ? { PHOENIX_SQL_DATABASE_URL: postgres.url(await postgres.createDatabase()) } : {}
  const program = await startProgram({ env: { ...env, ...database, PHOENIX_GRPC_PORT: String(grpcPort) } })
  const sqlite = { PHOENIX_SQL_DATABASE_URL: `sqlite:///${join(program.workingDir, 'bennu.db')}` }
  const world = await openWorld(postgres ? { ...env, ...database } : { ...env, ...sqlite })
  return {
    baseUrl: program.baseUrl,
    grpcPort,
    world,
    stop: async () => {
      await world.db.close()
      await program.stop()
      await postgres?.stop()
    },
  }
}

/** A connection of our own to the database that an environment names. */
export async function openWorld(env: Record<string, string | undefined>): Promise<World> {
  const { config } = parseConfig(env)
  const db = await openDatabase(config.database, { applicationName: 'bennu e2e' })
  return {
    db: { ...db, config: config.database },
    config,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  }
}
