/**
 * Counts requests in the database, where all processes and replicas see them. What comes while a count is being written
 * is counted together in the next transaction, so that many requests cost few of them.
 */
import { sql } from 'drizzle-orm'
import type { Rate } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { expiryOf, type Hits, judge } from '#server/limits/window'

/** Requests counted in one transaction. */
const BATCH = 500
/** Requests that wait to be counted. More than that is an attack, or a database that does not answer. */
const MAX_WAITING = 5_000

interface Waiting {
  key: string
  rate: Rate
  nowMs: number
  resolve(waitMs: number): void
  reject(error: unknown): void
}

/** The one writer of counts in a process. */
export class Counter {
  readonly #db: Database
  #waiting: Waiting[] = []
  #isWriting = false

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Counts one request.
   * @returns 0 when it is within the rate, else the milliseconds until one would be
   * @throws AppError unavailable when too many wait; whatever the database throws
   */
  count(key: string, rate: Rate, nowMs: number): Promise<number> {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new AppError('unavailable', 'Too many requests at once: try again in a moment', {
        retryAfterSeconds: 5,
      })
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, rate, nowMs, resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH)
      try {
        const waits = await this.#db.write((tx) => countAll(tx, this.#db, batch), { mayBeLost: true })
        for (const [index, one] of batch.entries()) one.resolve(waits[index] ?? 0)
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
    this.#isWriting = false
  }
}

/** Counts a batch, in the order of its coming; one figure for each, as `count` gives it. */
async function countAll(tx: Queries, db: Database, batch: readonly Waiting[]): Promise<number[]> {
  const { rateLimits } = db.t
  const known = await lockRows(tx, db, batch)
  const changed = new Map<string, { key: string; hits: string; expiresAt: Date }>()
  const waits = batch.map(({ key, rate, nowMs }) => {
    const { hits, waitMs } = judge(known.get(key) ?? [], rate, nowMs)
    known.set(key, hits)
    if (waitMs === 0) changed.set(key, { key, hits: JSON.stringify(hits), expiresAt: expiryOf(rate, nowMs) })
    return waitMs
  })
  if (changed.size > 0) {
    const set = { hits: sql`excluded.hits`, expiresAt: sql`excluded.expires_at` }
    await tx
      .insert(rateLimits)
      .values(inOrder([...changed.values()]))
      .onConflictDoUpdate({ target: rateLimits.key, set })
  }
  return waits
}

/** The hits of every key of the batch, its row made and locked. Always in one order, so that replicas do not deadlock. */
async function lockRows(tx: Queries, db: Database, batch: readonly Waiting[]): Promise<Map<string, Hits>> {
  const { rateLimits } = db.t
  const fresh = new Map(
    batch.map(({ key, rate, nowMs }) => [key, { key, hits: '[]', expiresAt: expiryOf(rate, nowMs) }]),
  )
  const rows = await tx
    .insert(rateLimits)
    .values(inOrder([...fresh.values()]))
    .onConflictDoUpdate({ target: rateLimits.key, set: { key: sql`excluded.key` } })
    .returning({ key: rateLimits.key, hits: rateLimits.hits })
  return new Map(rows.map(({ key, hits }) => [key, JSON.parse(hits) as Hits]))
}

const inOrder = <T extends { key: string }>(rows: T[]) => rows.sort((a, b) => (a.key < b.key ? -1 : 1))
