/**
 * What the ingest worker counts about itself, in memory that the serving thread reads when somebody asks. No message is
 * sent for it, a count survives the death of the worker, and counting costs a few additions for each transaction.
 */

import type { PoolState } from '#server/db/database'
import { bucketOf, type Histogram } from '#server/metrics/histogram'

/** Upper bounds in seconds: from a commit that another process's group overtook to one that waits for a sick disk. */
export const COMMIT_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const
/** Upper bounds of how many spans and how many requests share a transaction. */
export const GROUP_SPANS = [1, 8, 32, 128, 512, 1024, 2048, 4096] as const
export const GROUP_REQUESTS = [1, 2, 4, 8, 16, 32, 64, 128] as const

const COUNTERS = [
  'commits',
  'stored',
  'duplicates',
  'rejected',
  'retries',
  'decodeSeconds',
  'poolTotal',
  'poolIdle',
  'poolWaiting',
] as const
type Counter = (typeof COUNTERS)[number]

export type MeterReading = Record<Counter, number> & {
  commitSeconds: Histogram
  groupSpans: Histogram
  groupRequests: Histogram
}

/** One transaction that was committed. */
export interface CommittedGroup {
  requests: number
  /** Spans that were new. */
  stored: number
  /** Spans that were there already. */
  duplicates: number
  /** From the first statement to the end of COMMIT. */
  milliseconds: number
}

/** Each histogram's place: its buckets, then its sum. */
const COMMIT_AT = COUNTERS.length
const SPANS_AT = COMMIT_AT + COMMIT_SECONDS.length + 2
const REQUESTS_AT = SPANS_AT + GROUP_SPANS.length + 2
/** The request that is being decoded. */
const DECODING_AT = REQUESTS_AT + GROUP_REQUESTS.length + 2
const SLOTS = DECODING_AT + 1

const NONE = 0

export class IngestMeter {
  /** To be handed to the other thread, which makes a meter of its own from it. Only one of the threads may count. */
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory = new SharedArrayBuffer(SLOTS * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  /** Counts a transaction after its COMMIT. */
  committed({ requests, stored, duplicates, milliseconds }: CommittedGroup): void {
    this.#add('commits', 1)
    this.#add('stored', stored)
    this.#add('duplicates', duplicates)
    this.#observe(COMMIT_AT, COMMIT_SECONDS, milliseconds / 1000)
    this.#observe(SPANS_AT, GROUP_SPANS, stored + duplicates)
    this.#observe(REQUESTS_AT, GROUP_REQUESTS, requests)
  }

  /** Counts spans that were refused for what is in them. */
  rejected(spans: number): void {
    this.#add('rejected', spans)
  }

  /** Counts a transaction that did not come about and is tried again. */
  retried(): void {
    this.#add('retries', 1)
  }

  /** Counts time spent on inflating and decoding. */
  decoded(milliseconds: number): void {
    this.#add('decodeSeconds', milliseconds / 1000)
  }

  /** Notes how the worker's pool of connections stands, if it has one. */
  pooled(pool: PoolState): void {
    this.#set('poolTotal', pool.total)
    this.#set('poolIdle', pool.idle)
    this.#set('poolWaiting', pool.waiting)
  }

  /** Notes which request is being decoded; null when none is. Memory runs out most likely there. */
  decoding(id: number | null): void {
    this.#slots[DECODING_AT] = id ?? NONE
  }

  /** The request that was being decoded when the worker died; null when it was none. Forgets it. */
  takeDecoding(): number | null {
    const id = this.#slots[DECODING_AT] ?? NONE
    this.#slots[DECODING_AT] = NONE
    return id === NONE ? null : id
  }

  /** Everything counted so far. */
  read(): MeterReading {
    const counters = Object.fromEntries(
      COUNTERS.map((name, index) => [name, this.#slots[index] ?? 0]),
    ) as Record<Counter, number>
    return {
      ...counters,
      commitSeconds: this.#histogram(COMMIT_AT, COMMIT_SECONDS),
      groupSpans: this.#histogram(SPANS_AT, GROUP_SPANS),
      groupRequests: this.#histogram(REQUESTS_AT, GROUP_REQUESTS),
    }
  }

  #add(counter: Counter, amount: number): void {
    this.#bump(COUNTERS.indexOf(counter), amount)
  }

  #set(counter: Counter, value: number): void {
    this.#slots[COUNTERS.indexOf(counter)] = value
  }

  #observe(at: number, bounds: readonly number[], value: number): void {
    this.#bump(at + bucketOf(bounds, value), 1)
    this.#bump(at + bounds.length + 1, value)
  }

  #bump(slot: number, amount: number): void {
    this.#slots[slot] = (this.#slots[slot] ?? 0) + amount
  }

  #histogram(at: number, bounds: readonly number[]): Histogram {
    const counts = [...this.#slots.subarray(at, at + bounds.length + 1)]
    return { bounds, counts, sum: this.#slots[at + bounds.length + 1] ?? 0 }
  }
}
