/** How many write transactions a SQLite file has seen, counted from outside. */
import { closeSync, openSync, readSync } from 'node:fs'

/** In the wal-index (the `-shm` file): a number that every committed write transaction raises by one. */
const CHANGE_COUNTER_AT = 8

/** A number to be subtracted from a later one, while somebody has the file open. */
export function readChangeCounter(file: string): number {
  const descriptor = openSync(`${file}-shm`, 'r')
  try {
    const bytes = Buffer.alloc(4)
    readSync(descriptor, bytes, 0, 4, CHANGE_COUNTER_AT)
    // In the byte order of the machine, which is this one wherever Node is common.
    return bytes.readUInt32LE()
  } finally {
    closeSync(descriptor)
  }
}
