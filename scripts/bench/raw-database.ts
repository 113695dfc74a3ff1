/** A database with nothing between us and the driver: what the floor and the writer of single spans insert into. */
import type { DatabaseConfig } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { openDatabase } from '#server/db/open'
import { openWriter } from '#server/db/sqlite-connection'
import { openRequest } from '#server/ingest/decode'
import type { IncomingSpan } from '#server/ingest/store'

export interface RawDatabase {
  db: Database
  /** Runs inserts in one transaction. `tx` is for `insertMany` alone. */
  transact(work: (tx: Queries) => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** Opened as the server's ingest worker opens its own: page size, cache, synchronous=FULL. */
export async function openRaw(config: DatabaseConfig): Promise<RawDatabase> {
  const db = await openDatabase(config, { applicationName: 'bennu floor', bulk: true })
  if (config.dialect === 'postgres') return { db, transact: (work) => db.write(work), close: db.close }
  const connection = await openWriter(config.file, true)
  // By the thread that inserts: there is no other one.
  connection.pragma('wal_autocheckpoint = 1000')
  const tx = { $client: connection } as unknown as Queries
  const transact = async (work: (tx: Queries) => Promise<void>) => {
    connection.exec('begin immediate')
    await work(tx)
    connection.exec('commit')
  }
  const close = async () => {
    connection.close()
    await db.close()
  }
  return { db, transact, close }
}

/**
 * Inflates and decodes a request.
 * @throws Error when a span is none that can be stored
 */
export function decodeAll(
  { dialect }: Pick<Database, 'dialect'>,
  body: Uint8Array,
  encoding: 'protobuf' | 'json',
  gzip: boolean,
): IncomingSpan[] {
  const request = { body, encoding, coding: gzip ? 'gzip' : 'identity', projectName: null } as const
  const receivedAt = Date.now() * 1000
  const { spans } = openRequest(request, { maxInflatedBytes: 2 ** 28, receivedAt, json: dialect.jsonBytes })
  const rows: IncomingSpan[] = []
  for (let step = spans.next(); !step.done; step = spans.next()) {
    if ('reason' in step.value) throw new Error(`A span cannot be stored: ${step.value.reason}`)
    rows.push(step.value)
  }
  return rows
}
