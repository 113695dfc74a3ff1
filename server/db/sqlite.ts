/** A SQLite file as a `Database`: one connection that reads, one that writes, one write at a time. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { SqliteConfig } from '#server/config/model'
import type { Database, OpenOptions, Queries, WriteOptions } from '#server/db/database'
import { sqliteDialect } from '#server/db/dialect.sqlite'
import { noPartitions } from '#server/db/partitions'
import { sqliteTables } from '#server/db/schema.sqlite'
import { openReader, openWriter, retryWhileBusy, type SqliteConnection } from '#server/db/sqlite-connection'
import { WriteGuard } from '#server/db/write-guard'

/** After so much writing without a pause, other processes get a chance at the lock … */
const HOLD_MS = 100
/** … for so long; longer than the wait between two of their attempts. */
const PAUSE_MS = 4

/**
 * Opens the file, making it and its folders when missing. Several processes and threads may write the same file:
 * each waits for the lock without blocking its event loop.
 * @throws AppError unavailable when the file cannot be opened
 */
export async function openSqlite(config: SqliteConfig, options: OpenOptions = {}): Promise<Database> {
  const writer = await openWriter(config.file, options.bulk)
  const reader = openReader(config.file)
  const queue = new WriteQueue(writer)
  return {
    t: sqliteTables,
    dialect: sqliteDialect,
    spanPartitions: noPartitions,
    read: asQueries(reader),
    write: (work, options) => queue.write(work, options),
    afterCommit: (tell) => queue.afterCommit(tell),
    snapshot: (work) => readSnapshot(config.file, work),
    writesWaiting: () => queue.waiting,
    ping: async () => {
      reader.prepare('select 1 from sqlite_master limit 1').get()
    },
    close: async () => {
      await queue.close()
      reader.close()
      writer.close()
    },
  }
}

// The cast that lets SQLite's builders wear PostgreSQL's types: `Queries` names only what both have.
const asQueries = (connection: SqliteConnection) => drizzle(connection) as unknown as Queries

/** On a connection of its own: what others read meanwhile is not to be old. */
async function readSnapshot<T>(file: string, work: (read: Queries) => Promise<T>): Promise<T> {
  const connection = openReader(file)
  try {
    connection.exec('begin')
    return await work(asQueries(connection))
  } finally {
    connection.close()
  }
}

/** Transactions one after the other on one connection, the lock taken by hand. */
class WriteQueue {
  readonly #connection: SqliteConnection
  readonly #tx: Queries
  readonly #guard = new WriteGuard()
  #last: Promise<unknown> = Promise.resolve()
  /** When the present run of transactions began, and when the last of them ended. */
  #runStart = 0
  #lastEnd = 0
  #closed = false
  /** The one at work included. */
  #taken = 0

  constructor(connection: SqliteConnection) {
    this.#connection = connection
    this.#tx = asQueries(connection)
  }

  async write<T>(work: (tx: Queries) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    this.#guard.check()
    if (this.#closed) throw new Error('The database is closed')
    this.#taken += 1
    const turn = this.#last
      .then(() => this.#transact(work, options))
      .finally(() => {
        this.#taken -= 1
      })
    this.#last = turn.catch(() => {})
    return turn
  }

  get waiting(): number {
    return Math.max(0, this.#taken - 1)
  }

  afterCommit(tell: () => void): void {
    this.#guard.afterCommit(tell)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  async #transact<T>(work: (tx: Queries) => Promise<T>, { mayBeLost }: WriteOptions): Promise<T> {
    await this.#pauseForOthers()
    // In WAL mode NORMAL leaves out the sync at commit; the next full one takes these pages along.
    if (mayBeLost) this.#connection.pragma('synchronous = NORMAL')
    try {
      return await this.#commit(work)
    } finally {
      if (mayBeLost) this.#connection.pragma('synchronous = FULL')
    }
  }

  async #commit<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    await retryWhileBusy(() => this.#connection.exec('begin immediate'))
    try {
      const { result, committed } = await this.#guard.run(() => work(this.#tx))
      this.#connection.exec('commit')
      committed()
      return result
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#connection.inTransaction) this.#connection.exec('rollback')
      throw error
    } finally {
      this.#lastEnd = performance.now()
    }
  }

  /** SQLite hands the lock to whoever asks at the right moment: a queue that never rests would starve the others. */
  async #pauseForOthers(): Promise<void> {
    if (performance.now() - this.#lastEnd > PAUSE_MS) {
      this.#runStart = performance.now()
    } else if (performance.now() - this.#runStart > HOLD_MS) {
      await sleep(PAUSE_MS)
      this.#runStart = performance.now()
    } else {
      // A transaction here is done without the event loop: whatever came meanwhile has its turn between two of them.
      await nextTurn()
    }
  }
}
