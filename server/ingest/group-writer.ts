/**
 * Stores groups of spans: again and again while the database is away, in halves when one of them cannot be stored. A
 * fault that nobody knows is looked for with one try for each half, so that the others of the group do not wait for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#server/db/database'
import { AppError } from '#server/errors'
import { isFaultOfData, isFaultOfSurroundings } from '#server/ingest/faults'
import type { IngestMeter } from '#server/ingest/meter'
import type { PendingRequest } from '#server/ingest/pending'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'

const MAX_PAUSE_MS = 2_000
/** After so many failures that are neither the database's absence nor the data's fault, one of the spans is suspected. */
const SUSPICIOUS_FAILURES = 5
/** When so many parts fail and none is stored, no span is to blame: one of two thousand is found after twelve. */
const HOPELESS_FAILURES = 20

/** A span on its way into the database, and the request it came with. */
export interface Entry {
  span: IncomingSpan
  request: PendingRequest
}

interface GroupWriterOptions {
  db: Database
  clock: () => Date
  meter: IngestMeter
  onTrouble: (error: unknown, sentence: string) => void
  /** Stores the spans of requests that have been answered too. */
  keepAnswered: boolean
  /** Told of the request of a span that cannot be stored for a reason nobody knows. */
  onCulprit: (request: PendingRequest) => void
}

export class GroupWriter {
  readonly #options: GroupWriterOptions
  #lastCommit = Number.NEGATIVE_INFINITY
  #isFull = false

  constructor(options: GroupWriterOptions) {
    this.#options = options
  }

  /** When something was stored last, on the monotonic clock, in milliseconds. */
  get lastCommit(): number {
    return this.#lastCommit
  }

  /**
   * Stores the spans in one transaction and counts them to their requests. What cannot be stored at all is rejected.
   * @param lane of the transactions that run at the same time
   * @throws AppError storage_full, unavailable
   */
  async store(entries: Entry[], lane: number): Promise<void> {
    const { db, keepAnswered, onTrouble, meter } = this.#options
    let strange = 0
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const open = keepAnswered ? entries : entries.filter(({ request }) => !request.isAnswered)
      if (open.length === 0) return
      try {
        await this.#storeOnce(open, lane)
        return
      } catch (error) {
        if (db.dialect.isStorageFull(error)) throw this.#noteFull(error)
        const isTransient = db.dialect.isTransient(error)
        if (!isTransient && isFaultOfData(error)) return this.#singleOut(open, lane, error)
        onTrouble(error, 'spans could not be stored; trying again')
        meter.retried()
        if (!isTransient) strange += 1
        if (strange >= SUSPICIOUS_FAILURES && (await this.#isThere())) return this.#hunt(open, lane)
      }
      await sleep(pauseMs)
    }
  }

  async #storeOnce(entries: readonly Entry[], lane: number): Promise<void> {
    const { db, clock, meter } = this.#options
    const since = performance.now()
    const spans = entries.map((entry) => entry.span)
    const stored = await storeSpans(db, spans, clock, { lane })
    for (const { request } of entries) request.accepted += 1
    this.#lastCommit = performance.now()
    this.#isFull = false
    meter.committed({
      requests: new Set(entries.map(({ request }) => request)).size,
      stored,
      duplicates: entries.length - stored,
      milliseconds: this.#lastCommit - since,
    })
  }

  #isThere(): Promise<boolean> {
    return this.#options.db.ping().then(
      () => true,
      () => false,
    )
  }

  /** Finds, by halves, the spans whose data keep the others from being stored. */
  async #singleOut(entries: Entry[], lane: number, error: unknown): Promise<void> {
    const [only] = entries
    if (entries.length === 1 && only) return this.#reject(only, error)
    for (const half of halvesOf(entries)) await this.store(half, lane)
  }

  /**
   * Finds the spans that fail for a reason nobody knows. One that fails again, after others of its group were stored, is
   * rejected. Where nothing of the group can be stored the fault may be ours, and where the database says what it lacks it
   * is: then the senders may come again.
   */
  async #hunt(entries: Entry[], lane: number): Promise<void> {
    const suspects: Entry[] = []
    let stored = false
    let failures = 0
    const search = async (part: Entry[]): Promise<void> => {
      if (!stored && failures >= HOPELESS_FAILURES) return this.#tellToComeAgain(part)
      const { length, error } = await this.#tryOnce(part, lane)
      if (!error) stored ||= length > 0
      else {
        failures += 1
        if (isFaultOfSurroundings(error) && part.length === 1) this.#tellToComeAgain(part)
        else if (part.length === 1) suspects.push(...part)
        else for (const half of halvesOf(part)) await search(half)
      }
    }
    for (const half of halvesOf(entries)) await search(half)
    for (const suspect of suspects) {
      // What was wrong for a moment may be over by now.
      const { error } = await this.#tryOnce([suspect], lane)
      if (error && stored && !isFaultOfSurroundings(error)) this.#reject(suspect, error)
      else if (error) this.#tellToComeAgain([suspect])
    }
  }

  /** Stores what is not answered yet, and says how much that was, or why it fails. Faults that are known are dealt with as ever. */
  async #tryOnce(part: Entry[], lane: number): Promise<{ length: number; error?: unknown }> {
    const { db, keepAnswered } = this.#options
    const open = keepAnswered ? part : part.filter(({ request }) => !request.isAnswered)
    const { length } = open
    if (length === 0) return { length }
    try {
      await this.#storeOnce(open, lane)
      return { length }
    } catch (error) {
      if (db.dialect.isStorageFull(error)) throw this.#noteFull(error)
      if (!db.dialect.isTransient(error) && !isFaultOfData(error)) return { length, error }
      await this.store(open, lane)
      return { length }
    }
  }

  #tellToComeAgain(entries: readonly Entry[]): void {
    for (const { request } of entries) this.#options.onCulprit(request)
  }

  #reject({ request }: Entry, error: unknown): void {
    this.#options.onTrouble(error, 'a span could not be stored and is rejected')
    request.reject('the database refused it')
  }

  /** Says once, not for every request, that there is no room any more. */
  #noteFull(error: unknown): AppError {
    if (!this.#isFull)
      this.#options.onTrouble(error, 'the storage is full; spans are refused until there is room')
    this.#isFull = true
    return new AppError('storage_full', 'The storage of the server is full', { cause: error })
  }
}

function halvesOf(entries: Entry[]): [Entry[], Entry[]] {
  const middle = Math.ceil(entries.length / 2)
  return [entries.slice(0, middle), entries.slice(middle)]
}
