/**
 * The worker thread's work: takes requests in the order they came, decodes, stores everything that waits in one
 * transaction, and answers after COMMIT. Knows nothing of threads.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#server/db/database'
import { AppError, toAppError } from '#server/errors'
import { RETRY_AFTER_SECONDS } from '#server/ingest/admission'
import type { IngestRequest, IngestResult } from '#server/ingest/client'
import { type Decoded, openRequest } from '#server/ingest/decode'
import { isFaultOfData } from '#server/ingest/faults'
import { IngestMeter } from '#server/ingest/meter'
import { PendingRequest } from '#server/ingest/pending'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'

/** How much goes into one transaction: enough to share the cost of COMMIT, little enough not to keep others waiting. */
const MAX_GROUP_SPANS = 2048
const MAX_GROUP_CHARACTERS = 16 * 1024 * 1024
/** A request that waited so long, while nothing was committed, is told to come again. */
const PATIENCE_MS = 30_000
const MAX_PAUSE_MS = 2_000

export interface PipelineOptions {
  db: Database
  maxInflatedBytes: number
  maxQueuedSpans: number
  clock: () => Date
  /** Told how many spans a request holds, once it is decoded. */
  onDecoded: (id: number, spans: number) => void
  onDone: (id: number, result: IngestResult) => void
  onFailed: (id: number, error: AppError) => void
  onTrouble: (error: unknown, sentence: string) => void
  /** Counts what is done; shared with the thread that serves. */
  meter?: IngestMeter
  /** For the test that proves the crash test: answers before COMMIT. */
  answerBeforeCommit?: boolean
  patienceMs?: number
}

/** A span on its way into the database, and the request it came with. */
interface Entry {
  span: IncomingSpan
  request: PendingRequest
}

export class IngestPipeline {
  readonly #options: PipelineOptions
  readonly #meter: IngestMeter
  readonly #waiting: PendingRequest[] = []
  #inGroup: PendingRequest[] = []
  #running: Promise<void> | null = null
  #lastCommit = Number.NEGATIVE_INFINITY
  #isFull = false
  readonly #watch: NodeJS.Timeout

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#meter = options.meter ?? new IngestMeter()
    this.#watch = setInterval(() => this.#expire(), 1_000)
    this.#watch.unref()
  }

  /** Takes a request; its answer comes through `onDone` or `onFailed`. */
  add(id: number, request: IngestRequest, receivedAt: Date): void {
    this.#waiting.push(new PendingRequest(id, request, receivedAt))
    this.#running ??= this.#run()
  }

  /** Resolves when every request taken has been answered. */
  async drain(): Promise<void> {
    await this.#running
    clearInterval(this.#watch)
  }

  async #run(): Promise<void> {
    // A moment for the requests that arrived together to become one group.
    await sleep(0)
    while (this.#waiting.length > 0) {
      const decodingSince = performance.now()
      const entries = this.#gather()
      this.#meter.decoded(performance.now() - decodingSince)
      await this.#commit(entries)
      for (const request of this.#inGroup) this.#settle(request)
      this.#inGroup = []
    }
    this.#running = null
  }

  /** Decodes what waits until a group is full. A large request may fill several groups. */
  #gather(): Entry[] {
    const entries: Entry[] = []
    const most = Math.max(1, Math.min(MAX_GROUP_SPANS, this.#options.maxQueuedSpans))
    let characters = 0
    while (this.#waiting.length > 0 && entries.length < most && characters < MAX_GROUP_CHARACTERS) {
      const request = this.#waiting[0] as PendingRequest
      if (request.isAnswered || !this.#open(request)) {
        this.#waiting.shift()
        continue
      }
      if (this.#inGroup.at(-1) !== request) this.#inGroup.push(request)
      const decoded = this.#next(request)
      if (decoded === null) this.#waiting.shift()
      else if ('reason' in decoded) request.reject(decoded.reason)
      else {
        entries.push({ span: decoded, request })
        characters += sizeOf(decoded)
      }
    }
    return entries
  }

  /** Decodes a request that has not been; false when it cannot be, and is answered. */
  #open(request: PendingRequest): boolean {
    if (request.isOpen) return true
    const { db, maxInflatedBytes, onDecoded } = this.#options
    try {
      const receivedAt = request.receivedAt.getTime() * 1000
      const spans = request.open((raw) =>
        openRequest(raw, { maxInflatedBytes, receivedAt, json: db.dialect.jsonBytes }),
      )
      onDecoded(request.id, spans)
      return true
    } catch (error) {
      this.#fail(request, toAppError(error))
      return false
    }
  }

  /** The next span; null after the last, and when there is a fault of ours in making a row of it. */
  #next(request: PendingRequest): Decoded | null {
    try {
      return request.next()
    } catch (error) {
      this.#fail(request, toAppError(error))
      return null
    }
  }

  async #commit(entries: Entry[]): Promise<void> {
    if (this.#options.answerBeforeCommit) for (const request of this.#inGroup) this.#settle(request)
    try {
      await this.#store(entries)
    } catch (error) {
      const failure = toAppError(error)
      for (const request of this.#inGroup) this.#fail(request, failure)
    }
  }

  /**
   * Stores entries, again and again while the database is away, and in halves when one of them cannot be stored.
   * @throws AppError storage_full, unavailable
   */
  async #store(entries: Entry[]): Promise<void> {
    const { db, clock, onTrouble } = this.#options
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const open = this.#options.answerBeforeCommit
        ? entries
        : entries.filter(({ request }) => !request.isAnswered)
      if (open.length === 0) return
      const since = performance.now()
      try {
        const stored = await storeSpans(
          db,
          open.map((entry) => entry.span),
          clock,
        )
        for (const { request } of open) request.accepted += 1
        this.#lastCommit = performance.now()
        this.#isFull = false
        this.#meter.committed({
          requests: new Set(open.map(({ request }) => request)).size,
          stored,
          duplicates: open.length - stored,
          milliseconds: this.#lastCommit - since,
        })
        return
      } catch (error) {
        if (db.dialect.isStorageFull(error)) throw this.#noteFull(error)
        if (!db.dialect.isTransient(error) && isFaultOfData(error)) return this.#storeInHalves(open, error)
        onTrouble(error, 'spans could not be stored; trying again')
        this.#meter.retried()
      }
      await sleep(pauseMs)
    }
  }

  /** Says once, not for every request, that there is no room any more. */
  #noteFull(error: unknown): AppError {
    if (!this.#isFull)
      this.#options.onTrouble(error, 'the storage is full; spans are refused until there is room')
    this.#isFull = true
    return storageFull(error)
  }

  async #storeInHalves(entries: Entry[], error: unknown): Promise<void> {
    const [only] = entries
    if (entries.length === 1 && only) {
      this.#options.onTrouble(error, 'a span could not be stored and is rejected')
      only.request.reject('the database refused it')
      return
    }
    const middle = Math.ceil(entries.length / 2)
    await this.#store(entries.slice(0, middle))
    await this.#store(entries.slice(middle))
  }

  /** Answers a request whose spans have all been dealt with. */
  #settle(request: PendingRequest): void {
    if (request.isAnswered || !request.isExhausted) return
    request.isAnswered = true
    const result = request.result()
    this.#meter.rejected(result.rejected)
    this.#options.onDone(request.id, result)
  }

  #fail(request: PendingRequest, error: AppError): void {
    if (request.isAnswered) return
    request.isAnswered = true
    if (error.kind === 'internal') this.#options.onTrouble(error.cause, 'a request could not be decoded')
    this.#options.onFailed(request.id, error)
  }

  /** Tells requests to come again when nothing has been committed for too long. */
  #expire(): void {
    const { patienceMs = PATIENCE_MS } = this.#options
    const now = performance.now()
    if (now - this.#lastCommit < patienceMs) return
    for (const request of [...this.#waiting, ...this.#inGroup]) {
      if (now - request.since >= patienceMs) this.#fail(request, databaseAway())
    }
  }
}

function sizeOf(decoded: Exclude<Decoded, { reason: string }>): number {
  return decoded.row.attributes.length + decoded.row.events.length
}

const storageFull = (cause: unknown) =>
  new AppError('storage_full', 'The storage of the server is full', { cause })

const databaseAway = () =>
  new AppError('unavailable', 'The database does not answer at the moment', {
    retryAfterSeconds: RETRY_AFTER_SECONDS * 5,
  })
