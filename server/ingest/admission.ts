/**
 * Who may come in: bounds what all requests in flight hold together, in bytes and in spans. A request that finds
 * nothing in flight is always let in, however large its size allows it to be.
 */
import { AppError } from '#server/errors'
import type { Reservation } from '#server/ingest/client'

export interface AdmissionLimits {
  /** Spans decoded and not yet committed. */
  maxQueuedSpans: number
  /** Bytes as they came off the wire. */
  maxInflightBytes: number
}

export interface AdmissionState {
  queue: { requests: number; spans: number; bytes: number }
  refusals: { bytes: number; spans: number }
}

/** Seconds after which a refused sender should try again. */
export const RETRY_AFTER_SECONDS = 1

export class Admission {
  readonly #limits: AdmissionLimits
  readonly #places = new Set<Place>()
  #bytes = 0
  #spans = 0
  readonly #refusals = { bytes: 0, spans: 0 }

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /**
   * Takes a place.
   * @throws AppError unavailable when full
   */
  enter(): Place {
    const { maxInflightBytes, maxQueuedSpans } = this.#limits
    if (this.#places.size > 0 && this.#bytes >= maxInflightBytes) throw this.#full('bytes')
    if (this.#places.size > 0 && this.#spans >= maxQueuedSpans) throw this.#full('spans')
    const place = new Place(this)
    this.#places.add(place)
    return place
  }

  /** What is in flight now, and how often there was no room for how many bytes or spans there were. */
  get state(): AdmissionState {
    const queue = { requests: this.#places.size, spans: this.#spans, bytes: this.#bytes }
    return { queue, refusals: { ...this.#refusals } }
  }

  #full(reason: keyof AdmissionState['refusals']): AppError {
    this.#refusals[reason] += 1
    return full()
  }

  /** For Place alone. */
  addBytes(place: Place, bytes: number): void {
    if (!this.#places.has(place)) return
    const others = this.#bytes - place.bytes
    if (others > 0 && this.#bytes + bytes > this.#limits.maxInflightBytes) throw this.#full('bytes')
    this.#bytes += bytes
  }

  /** For Place alone. */
  addSpans(place: Place, spans: number): void {
    if (this.#places.has(place)) this.#spans += spans
  }

  /** For Place alone. */
  leave(place: Place): void {
    if (!this.#places.delete(place)) return
    this.#bytes -= place.bytes
    this.#spans -= place.spans
  }
}

/** A request's share of what is in flight. */
export class Place implements Reservation {
  readonly #admission: Admission
  bytes = 0
  spans = 0

  constructor(admission: Admission) {
    this.#admission = admission
  }

  grow(bytes: number): void {
    this.#admission.addBytes(this, bytes)
    this.bytes += bytes
  }

  /** How many spans the request holds; one, before it is decoded. */
  setSpans(spans: number): void {
    this.#admission.addSpans(this, spans - this.spans)
    this.spans = spans
  }

  release(): void {
    this.#admission.leave(this)
  }
}

function full(): AppError {
  return new AppError('unavailable', 'The server is busy storing spans: try again', {
    code: 'queue_full',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}
