/**
 * The turn of those who wait for a password hash. Few are made at a time, and clients take turns, so that somebody who
 * sends a thousand passwords waits behind everybody who sends one.
 */
import { AppError } from '#server/errors'

/** Hashes at once in one process, so that a flood of sign-ins costs neither memory nor the cores of ingest. */
const MAX_AT_ONCE = 2
/** Hashes that wait for their turn: some seconds' worth, so that nobody waits for a flood of others to end. */
const MAX_WAITING = 200

interface Waiter {
  begin(): void
  refuse(error: AppError): void
}

/** A queue with a line for each client. */
export class HashQueue {
  #running = 0
  #waiting = 0
  /** By client, in the order of their turns. */
  readonly #lines = new Map<string, Waiter[]>()

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs `work` when it is its client's turn.
   * @param client whose work it is: clients take turns
   * @throws AppError unavailable when too many wait: then somebody of the longest line has to go
   */
  async run<T>(client: string, work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) await this.#wait(client)
    else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#takeNext()
      // A waiter takes over this place; `running` stays as it is.
      if (next) next.begin()
      else this.#running -= 1
    }
  }

  #wait(client: string): Promise<void> {
    return new Promise((begin, refuse) => {
      const line = this.#lines.get(client) ?? []
      line.push({ begin, refuse })
      this.#lines.set(client, line)
      this.#waiting += 1
      if (this.#waiting > MAX_WAITING) this.#refuseOne()
    })
  }

  /** Sends away the last of the longest line, which may be the one that has just come. */
  #refuseOne(): void {
    let longest: [string, Waiter[]] | null = null
    for (const entry of this.#lines) if (!longest || entry[1].length >= longest[1].length) longest = entry
    if (!longest) return
    const [client, line] = longest
    const last = line.pop()
    if (line.length === 0) this.#lines.delete(client)
    this.#waiting -= 1
    last?.refuse(
      new AppError('unavailable', 'Too many sign-ins at once: try again in a moment', {
        retryAfterSeconds: 5,
      }),
    )
  }

  /** The first of the line whose turn it is; that line's next turn comes after all others'. */
  #takeNext(): Waiter | undefined {
    const [entry] = this.#lines
    if (!entry) return undefined
    const [client, line] = entry
    const next = line.shift()
    this.#lines.delete(client)
    if (line.length > 0) this.#lines.set(client, line)
    this.#waiting -= 1
    return next
  }
}

// On globalThis because Next gives each route its own copy of this module, and the process has one measure.
const QUEUE = Symbol.for('bennu.auth.hashes')
const holder = globalThis as unknown as Record<symbol, HashQueue | undefined>

/** The queue of this process. */
export function hashQueue(): HashQueue {
  holder[QUEUE] ??= new HashQueue()
  return holder[QUEUE]
}
