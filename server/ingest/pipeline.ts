/**
 * The worker thread's work: takes requests in the order they came, decodes, stores everything that waits in one
 * transaction, and answers after COMMIT. Knows nothing of threads.
 *
 * A database of its own process leaves this thread idle while it stores, and waits for its disk at every COMMIT: there,
 * two lanes take turns, each with a transaction. The second one starts only when much is waiting, so that small requests
 * still share a COMMIT; where many exporters send little each, a lane waits a few milliseconds for more of them.
 */
import { setTimeout as sleep, setImmediate as yieldToEvents } from 'node:timers/promises'
import type { Database } from '#server/db/database'
import { AppError, toAppError } from '#server/errors'
import { RETRY_AFTER_SECONDS } from '#server/ingest/admission'
import type { IngestRequest, IngestResult } from '#server/ingest/client'
import { type Decoded, openRequest, SPANS_AT_ONCE } from '#server/ingest/decode'
import { type Entry, GroupWriter } from '#server/ingest/group-writer'
import { invitesMore, linger } from '#server/ingest/linger'
import { IngestMeter } from '#server/ingest/meter'
import { PendingRequest } from '#server/ingest/pending'
import { RequestQueue } from '#server/ingest/request-queue'

/** How much goes into one transaction: enough to share the cost of COMMIT, little enough not to keep others waiting. */
const GROUP_SPANS = { sqlite: 2048, postgres: 1024 }
const MAX_GROUP_CHARACTERS = 16 * 1024 * 1024
/** Transactions at a time. SQLite has one writer, and works on this very thread. */
const LANES = { sqlite: 1, postgres: 2 }
/** Bytes of waiting requests, as they came, at which a lane starts beside another. */
const MUCH_BYTES = 256 * 1024
/** So long is decoded for one transaction at most. */
const GATHER_MS = 250
/** A request that waited so long for its turn, or whose transaction takes so long, is told to come again. */
const PATIENCE_MS = 30_000

export interface PipelineOptions {
  db: Database
  maxInflatedBytes: number
  maxQueuedSpans: number
  clock: () => Date
  /** Told how many spans of a request are decoded and not stored yet, at most, once it is opened. */
  onDecoded: (id: number, spans: number) => void
  onDone: (id: number, result: IngestResult) => void
  onFailed: (id: number, error: AppError) => void
  onTrouble: (error: unknown, sentence: string) => void
  /** Counts what is done; shared with the thread that serves. */
  meter?: IngestMeter
  /** For the test that proves the crash test: answers before COMMIT. */
  answerBeforeCommit?: boolean
  patienceMs?: number
  /** Bytes of waiting requests at which a lane starts beside another. */
  muchBytes?: number
}

/** One transaction after the other; what the present one holds. */
interface Lane {
  readonly index: number
  inGroup: PendingRequest[]
  /** Spans that are decoded and not stored yet. */
  held: number
  /** Whether the last transaction was a small one of several requests: more like them are on their way. */
  sharesCommits: boolean
  /** Since when the present transaction is tried, on the monotonic clock. */
  since: number
  running: Promise<void> | null
}

export class IngestPipeline {
  readonly #options: PipelineOptions
  readonly #meter: IngestMeter
  readonly #writer: GroupWriter
  readonly #waiting = new RequestQueue()
  readonly #lanes: readonly Lane[]
  readonly #watch: NodeJS.Timeout

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#meter = options.meter ?? new IngestMeter()
    const { db, clock, onTrouble, answerBeforeCommit = false } = options
    this.#writer = new GroupWriter({
      db,
      clock,
      onTrouble,
      meter: this.#meter,
      keepAnswered: answerBeforeCommit,
      onCulprit: (request) => this.#fail(request, databaseAway()),
    })
    const idle = { held: 0, sharesCommits: false, since: 0, running: null }
    this.#lanes = Array.from({ length: LANES[db.dialect.name] }, (_, index) => ({
      ...idle,
      index,
      inGroup: [],
    }))
    this.#watch = setInterval(() => this.#expire(), 1_000)
    this.#watch.unref()
  }

  /** Takes a request; its answer comes through `onDone` or `onFailed`. */
  add(id: number, request: IngestRequest, receivedAt: Date): void {
    this.#waiting.push(new PendingRequest(id, request, receivedAt))
    this.#wake()
  }

  /** Resolves when every request taken has been answered. */
  async drain(): Promise<void> {
    for (let busy = this.#busy(); busy.length > 0; busy = this.#busy()) await Promise.all(busy)
    clearInterval(this.#watch)
  }

  #wake(): void {
    for (const lane of this.#lanes) {
      if (!lane.running && this.#hasWorkFor(lane)) lane.running = this.#run(lane)
    }
  }

  #busy(): Promise<void>[] {
    return this.#lanes.flatMap(({ running }) => running ?? [])
  }

  /** The first lane takes whatever waits, the others only what fills a transaction. */
  #hasWorkFor(lane: Lane): boolean {
    if (this.#waiting.isEmpty) return false
    const { muchBytes = MUCH_BYTES } = this.#options
    return lane.index === 0 || (this.#waiting.bytes >= muchBytes && this.#roomOf(lane) > 0)
  }

  /** Spans that the lane may decode, beside those of the others. */
  #roomOf(lane: Lane): number {
    const others = this.#lanes.reduce((sum, other) => sum + (other === lane ? 0 : other.held), 0)
    return this.#options.maxQueuedSpans - others
  }

  async #run(lane: Lane): Promise<void> {
    // A moment for the requests that arrived together to become one group.
    await sleep(0)
    while (this.#hasWorkFor(lane)) {
      if (lane.sharesCommits) await linger(this.#waiting)
      const decodingSince = performance.now()
      const entries = this.#gather(lane, decodingSince + GATHER_MS)
      lane.since = performance.now()
      this.#meter.decoded(lane.since - decodingSince)
      lane.held = entries.length
      this.#wake()
      // SQLite works on this very thread: whoever came meanwhile is heard, and whoever waited too long is told.
      await yieldToEvents()
      await this.#commit(lane, entries)
      for (const request of lane.inGroup) this.#settle(request)
      lane.sharesCommits = invitesMore(lane.inGroup.length, entries.length)
      lane.inGroup = []
      lane.held = 0
    }
    lane.running = null
  }

  /** Decodes what waits until a group is full, or the time is up. A large request may fill several groups. */
  #gather(lane: Lane, until: number): Entry[] {
    const entries: Entry[] = []
    const most = Math.max(1, Math.min(GROUP_SPANS[this.#options.db.dialect.name], this.#roomOf(lane)))
    let characters = 0
    while (entries.length < most && characters < MAX_GROUP_CHARACTERS && performance.now() < until) {
      const request = this.#waiting.first
      if (!request) break
      // The serving thread must know whose it was, should the memory not suffice.
      this.#meter.decoding(request.id)
      if (request.isAnswered || !this.#open(request)) {
        this.#waiting.shift()
        continue
      }
      if (lane.inGroup.at(-1) !== request) lane.inGroup.push(request)
      const decoded = this.#decode(request, () => request.next())
      if (decoded === null) this.#waiting.shift()
      else if ('reason' in decoded) request.reject(decoded.reason)
      else {
        entries.push({ span: decoded, request })
        request.underway += 1
        characters += sizeOf(decoded)
      }
    }
    this.#giveWay(until)
    this.#meter.decoding(null)
    return entries
  }

  /**
   * A request that fills more than a transaction goes on after those that wait, or one exporter would hold up all
   * others. What has been opened stays in memory meanwhile: only so much of it may. One whose last span has just been
   * taken is out of the queue with it: its answer is not to wait for one more transaction.
   */
  #giveWay(until: number): void {
    const { first } = this.#waiting
    if (!first?.isOpen) return
    this.#meter.decoding(first.id)
    if (!this.#hasMore(first, until)) {
      this.#waiting.shift()
      return
    }
    // Added up only here: most transactions end with the last of a request.
    const { heldBytes } = this.#waiting
    const isOnlyOne = heldBytes === first.heldBytes
    if (isOnlyOne || heldBytes <= this.#options.maxInflatedBytes) this.#waiting.rotate()
  }

  /** Whether anything is left to be stored; what is refused needs no transaction. */
  #hasMore(request: PendingRequest, until: number): boolean {
    for (;;) {
      const ahead = this.#decode(request, () => request.peek())
      if (ahead === null) return false
      if (!('reason' in ahead) || performance.now() >= until) return true
      request.next()
      request.reject(ahead.reason)
    }
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
      onDecoded(request.id, Math.min(spans, SPANS_AT_ONCE))
      return true
    } catch (error) {
      this.#fail(request, toAppError(error))
      return false
    }
  }

  /** A span of the request; null after the last, and when there is a fault of ours in making a row of it. */
  #decode(request: PendingRequest, step: () => Decoded | null): Decoded | null {
    try {
      return step()
    } catch (error) {
      this.#fail(request, toAppError(error))
      return null
    }
  }

  async #commit(lane: Lane, entries: Entry[]): Promise<void> {
    const early = this.#options.answerBeforeCommit === true
    if (early) for (const { request } of entries) request.underway -= 1
    if (early) for (const request of lane.inGroup) this.#settle(request)
    try {
      await this.#writer.store(entries, lane.index)
    } catch (error) {
      const failure = toAppError(error)
      for (const request of lane.inGroup) this.#fail(request, failure)
    }
    if (!early) for (const { request } of entries) request.underway -= 1
  }

  /** Answers a request whose spans have all been dealt with, the last of them perhaps by the other lane. */
  #settle(request: PendingRequest): void {
    if (request.isAnswered || !request.isExhausted || request.underway > 0) return
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

  /** Tells requests to come again that waited too long: for their turn, or for the end of a transaction. */
  #expire(): void {
    const { patienceMs = PATIENCE_MS } = this.#options
    const before = performance.now() - patienceMs
    for (const lane of this.#lanes) if (lane.since <= before) this.#giveUp(lane.inGroup, before)
    // One that has begun is waited for as long as anything is committed.
    const stands = this.#writer.lastCommit <= before
    this.#giveUp(stands ? this.#waiting.all : this.#waiting.all.filter(({ isOpen }) => !isOpen), before)
    this.#waiting.dropAnswered()
  }

  #giveUp(requests: readonly PendingRequest[], before: number): void {
    for (const request of requests) if (request.since <= before) this.#fail(request, databaseAway())
  }
}

function sizeOf(decoded: Exclude<Decoded, { reason: string }>): number {
  return decoded.row.attributes.length + decoded.row.events.length
}

const databaseAway = () =>
  new AppError('unavailable', 'The database does not answer at the moment', {
    retryAfterSeconds: RETRY_AFTER_SECONDS * 5,
  })
