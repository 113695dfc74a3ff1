/** How every connection to a SQLite file is opened, by the server and by migrations alike. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { errorCodes } from '#server/db/error-codes'
import { AppError } from '#server/errors'

export type SqliteConnection = Sqlite.Database

const PAGE_BYTES = 16 * 1024
const CACHE_KIB = 16 * 1024
const BULK_CACHE_KIB = 64 * 1024
const MMAP_BYTES = 256 * 1024 * 1024
/** The write-ahead log is cut to this when it is empty again. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024
// A checkpoint stalls the thread whose commit sets it off, so a thread of its own makes them (checkpointer.ts). These are
// for when it does not run, or cannot follow; the bulk writer, which answers nobody's page, comes first.
const CHECKPOINT_PAGES = 24_576
const BULK_CHECKPOINT_PAGES = 16_384
/** Longest wait for other writers before the lock counts as stuck. */
const LOCK_PATIENCE_MS = 30_000
/** Waiting inside the driver freezes the process, so a reader is given a moment only: for WAL recovery. */
const READER_BUSY_MS = 200

export const isBusy = (error: unknown) => errorCodes(error).some((code) => code.startsWith('SQLITE_BUSY'))

/**
 * Repeats `attempt` while another connection holds the lock, without blocking the event loop.
 * @throws the driver's SQLITE_BUSY error after half a minute
 */
export async function retryWhileBusy<T>(attempt: () => T, patienceMs = LOCK_PATIENCE_MS): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    // Short and even, for fairness: a waiter must hit the pause that a busy writer makes (see sqlite.ts).
    await sleep(1 + Math.random() * 2)
  }
}

/** Opens the file for writing, in WAL mode with large pages; makes the file and its folders when missing. */
export async function openWriter(file: string, bulk = false): Promise<SqliteConnection> {
  const connection = create(file, () => {
    makeFolder(dirname(file))
    return new Sqlite(file, { timeout: 0 })
  })
  try {
    await retryWhileBusy(() => {
      // Only heeded before the first table exists.
      connection.pragma(`page_size = ${PAGE_BYTES}`)
      connection.pragma('journal_mode = WAL')
    })
    connection.pragma('synchronous = FULL')
    connection.pragma('foreign_keys = ON')
    connection.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`)
    connection.pragma(`wal_autocheckpoint = ${bulk ? BULK_CHECKPOINT_PAGES : CHECKPOINT_PAGES}`)
    tune(connection, bulk)
  } catch (error) {
    connection.close()
    throw isBusy(error) ? error : cannotOpen(file, error)
  }
  return connection
}

/**
 * Makes a folder and those above it. Step by step, because Node's recursive form tries for ever below a folder that
 * takes no new ones and says so with ENOENT, as /proc does.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(folder)) throw error
  }
}

/** Opens an existing file for reading only. The writer must have been opened before. */
export function openReader(file: string): SqliteConnection {
  const connection = create(file, () => new Sqlite(file, { readonly: true, timeout: READER_BUSY_MS }))
  connection.pragma(`mmap_size = ${MMAP_BYTES}`)
  tune(connection, false)
  return connection
}

function tune(connection: SqliteConnection, bulk: boolean): void {
  connection.pragma(`cache_size = -${bulk ? BULK_CACHE_KIB : CACHE_KIB}`)
  connection.pragma('temp_store = MEMORY')
  connection.function('casefold', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  )
}

function create(file: string, open: () => SqliteConnection): SqliteConnection {
  try {
    return open()
  } catch (error) {
    throw cannotOpen(file, error)
  }
}

function cannotOpen(file: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('unavailable', `The SQLite database ${file} cannot be opened: ${reason}`, { cause })
}
