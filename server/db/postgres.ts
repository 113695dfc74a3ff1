/** PostgreSQL as a `Database`: a pool, and a transaction for every write. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import type { PgTransactionConfig } from 'drizzle-orm/pg-core'
import type { PostgresConfig } from '#server/config/model'
import type { Database, OpenOptions, Queries, WriteOptions } from '#server/db/database'
import { postgresDialect } from '#server/db/dialect.postgres'
import { errorCodes } from '#server/db/error-codes'
import { postgresPartitions } from '#server/db/partitions.postgres'
import '#server/db/postgres-errors'
import { PostgresPool } from '#server/db/postgres-pool'
import { postgresTables } from '#server/db/schema.postgres'
import { WriteGuard } from '#server/db/write-guard'

const MAX_CONNECTIONS = 10
/** How often a write that lost a race is run again. */
const MAX_RERUNS = 5
/** A server that is silent for so long is lost; its network may be. */
const QUERY_TIMEOUT_MS = 60_000
const PING_TIMEOUT_MS = 5_000

/**
 * Opens a pool of connections; none is made yet.
 * @throws AppError invalid when a certificate file cannot be read
 */
export function openPostgres(config: PostgresConfig, options: OpenOptions = {}): Database {
  const pool = new PostgresPool(config, {
    applicationName: options.applicationName ?? 'bennu',
    maxConnections: MAX_CONNECTIONS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  })
  const queries = drizzle(pool)
  const guard = new WriteGuard()

  async function write<T>(work: (tx: Queries) => Promise<T>, { mayBeLost }: WriteOptions = {}): Promise<T> {
    guard.check()
    for (let run = 0; ; run++) {
      try {
        const { result, committed } = await transact(pool, async (tx) => {
          if (mayBeLost) await tx.execute(sql`set local synchronous_commit = off`)
          return guard.run(() => work(tx as Queries))
        })
        committed()
        return result
      } catch (error) {
        if (run >= MAX_RERUNS || !lostRace(error)) throw error
        await sleep(2 ** run * 5 * (1 + Math.random()))
      }
    }
  }

  return {
    t: postgresTables,
    dialect: postgresDialect,
    spanPartitions: postgresPartitions(pool),
    read: queries as unknown as Queries,
    write,
    afterCommit: (tell) => guard.afterCommit(tell),
    snapshot: (work) => transact(pool, (tx) => work(tx as Queries), SNAPSHOT),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    ping: () => pool.ping(PING_TIMEOUT_MS),
    close: () => pool.end(),
  }
}

const SNAPSHOT = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const

type PgTransaction = Parameters<Parameters<ReturnType<typeof drizzle>['transaction']>[0]>[0]

/**
 * A transaction on a connection of its own. The query builder's own way never gives back a connection that dies before
 * BEGIN is answered, and gives back one that is still busy.
 */
async function transact<T>(
  pool: PostgresPool,
  work: (tx: PgTransaction) => Promise<T>,
  config?: PgTransactionConfig,
): Promise<T> {
  const client = await pool.connect()
  let begun = false
  let failure: unknown
  try {
    return await drizzle(client).transaction(async (tx) => {
      begun = true
      return await work(tx).catch((error: unknown) => {
        failure = error
        throw error
      })
    }, config)
  } catch (error) {
    // Not that of a rollback, which says nothing of why.
    throw failure ?? error
  } finally {
    // The driver says 'I' for as long as a BEGIN is not answered.
    client.release(!begun || client.getTransactionStatus() !== 'I')
  }
}

/** A serialisation failure or a deadlock: PostgreSQL has rolled back for certain, and asks to run it again. */
const lostRace = (error: unknown) => errorCodes(error).some((code) => code === '40001' || code === '40P01')
