/** A request inside the worker, from its arrival to its answer. */
import type { IngestRequest, IngestResult } from '#server/ingest/client'
import type { Decoded, OpenRequest } from '#server/ingest/decode'

/** Reasons named in one answer; more are only counted. */
const MAX_REASONS = 5

export class PendingRequest {
  readonly id: number
  readonly receivedAt: Date
  /** On the monotonic clock, milliseconds. */
  readonly since = performance.now()
  accepted = 0
  /** Spans that have been taken out and are neither stored nor refused yet. */
  underway = 0
  /** As it came. */
  readonly bytes: number
  /** What it keeps in memory while it is open. */
  heldBytes = 0
  isAnswered = false
  #raw: IngestRequest | null
  #spans: Iterator<Decoded> | null = null
  #isExhausted = false
  /** Decoded to see whether there is one more, and not taken out yet. */
  #ahead: Decoded | null = null
  readonly #reasons = new Map<string, number>()

  constructor(id: number, raw: IngestRequest, receivedAt: Date) {
    this.id = id
    this.#raw = raw
    this.bytes = raw.body.byteLength
    this.receivedAt = receivedAt
  }

  get isOpen(): boolean {
    return this.#raw === null
  }

  /** Whether every span has been taken out. */
  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Decodes the request and lets go of its bytes. Returns how many spans it holds. */
  open(decode: (raw: IngestRequest) => OpenRequest): number {
    const { count, spans, heldBytes } = decode(this.#raw as IngestRequest)
    this.#spans = spans
    this.heldBytes = heldBytes
    this.#raw = null
    return count
  }

  /** The next span, or null after the last; it stays where it is. */
  peek(): Decoded | null {
    this.#ahead ??= this.next()
    return this.#ahead
  }

  /** Takes the next span out; null after the last. */
  next(): Decoded | null {
    const ahead = this.#ahead
    this.#ahead = null
    if (ahead) return ahead
    const step = this.#spans?.next()
    if (!step || step.done) {
      this.#isExhausted = true
      this.#spans = null
      return null
    }
    return step.value
  }

  reject(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  result(): IngestResult {
    let rejected = 0
    for (const count of this.#reasons.values()) rejected += count
    return { accepted: this.accepted, rejected, message: rejected === 0 ? '' : this.#sentence(rejected) }
  }

  #sentence(rejected: number): string {
    const named = [...this.#reasons].slice(0, MAX_REASONS).map(([reason, count]) => `${reason} (${count})`)
    if (this.#reasons.size > MAX_REASONS) named.push('…')
    return `${rejected} ${rejected === 1 ? 'span was' : 'spans were'} not stored: ${named.join('; ')}`
  }
}
