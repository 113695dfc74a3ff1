/**
 * A connection to one engine, worn as one type. Everything above this folder talks to `Database`
 * and cannot tell SQLite from PostgreSQL.
 */
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import type { DatabaseConfig } from '#server/config/model'
import type { Dialect } from '#server/db/dialect'
import type { SpanPartitions } from '#server/db/partitions'
import type { Tables } from '#server/db/schema'

type AnyPg = PgDatabase<PgQueryResultHKT, Record<string, never>>

/** What both engines' query builders have in common. Always `await` a builder; never `.get/.all/.run/.execute`. */
export type Queries = Pick<
  AnyPg,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'with' | '$with' | '$count'
>

export interface Database {
  /** The tables of this engine. */
  readonly t: Tables
  /** Every expression that the engines spell differently. */
  readonly dialect: Dialect
  /** How spans are kept apart by day. */
  readonly spanPartitions: SpanPartitions
  /** For reading. May lag behind an open `write`, never behind a finished one. */
  readonly read: Queries
  /**
   * Runs `work` in one transaction and commits, or rolls back and rethrows what it threw. Inside, await only `tx`:
   * no network, no hashing, no nested `write`. Waits for other writers without blocking the event loop. `work` may
   * run again from its beginning when PostgreSQL rolled it back for a deadlock: it changes nothing but the database.
   */
  write<T>(work: (tx: Queries) => Promise<T>, options?: WriteOptions): Promise<T>
  /**
   * Inside `write`, keeps `tell` until the transaction is committed, and drops it when it is rolled back; outside, runs
   * it at once. For what is said of a change elsewhere, in a log.
   */
  afterCommit(tell: () => void): void
  /**
   * Reads that all see the database as it was at the first of them. Nobody waits for them, but the room that newer
   * versions take is not used again until they are over: seconds, not hours.
   */
  snapshot<T>(work: (read: Queries) => Promise<T>): Promise<T>
  /** Transactions that wait for the one before them; absent where each has a connection of its own. */
  writesWaiting?(): number
  /** How the pool of connections stands; absent where there is none. */
  pool?(): PoolState
  /** Resolves when the database answers; throws otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Connections there are, those of them nobody uses, and queries that wait for one. */
export interface PoolState {
  total: number
  idle: number
  waiting: number
}

export interface WriteOptions {
  /**
   * Commit without waiting for the disk. What is written is seen by everybody at once and outlives the process, but a
   * machine that loses its power may lose the last moments of it. For counts, never for what somebody was told.
   */
  mayBeLost?: boolean
}

export interface OpenOptions {
  /** What PostgreSQL shows as the connection's name, unless the URL says another. */
  applicationName?: string
  /** For the thread that stores spans: it has more memory, and does SQLite's checkpoints before others have to. */
  bulk?: boolean
}

/** Opens a database. Migrations are not run here: `migrate` does that, once, before any process serves. */
export type OpenDatabase = (config: DatabaseConfig, options?: OpenOptions) => Promise<Database>
