import type { PendingRequest } from '#server/ingest/pending'

/** Requests that wait for the worker, in the order of their turns, and the bytes they came with. */
export class RequestQueue {
  #requests: PendingRequest[] = []
  #bytes = 0

  get first(): PendingRequest | undefined {
    return this.#requests[0]
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0
  }

  get count(): number {
    return this.#requests.length
  }

  get bytes(): number {
    return this.#bytes
  }

  get all(): readonly PendingRequest[] {
    return this.#requests
  }

  push(request: PendingRequest): void {
    this.#requests.push(request)
    this.#bytes += request.bytes
  }

  /** Takes the first one out. */
  shift(): void {
    this.#bytes -= this.#requests.shift()?.bytes ?? 0
  }

  /** What the requests that have been opened keep in memory until their last span is taken, in bytes. */
  get heldBytes(): number {
    return this.#requests.reduce((sum, request) => sum + request.heldBytes, 0)
  }

  /** Puts the first one behind all others. */
  rotate(): void {
    const first = this.#requests.shift()
    if (first) this.#requests.push(first)
  }

  /** Lets go of those that have been answered, and so of their bodies. */
  dropAnswered(): void {
    this.#requests = this.#requests.filter((request) => !request.isAnswered)
    this.#bytes = this.#requests.reduce((sum, request) => sum + request.bytes, 0)
  }
}
