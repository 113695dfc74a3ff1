/** Knows what runs inside a `write`: a `write` within would wait for itself for ever, and some work waits for the commit. */
import { AsyncLocalStorage } from 'node:async_hooks'

interface Piece {
  open: boolean
  afterCommit: (() => void)[]
}

/** Runs pieces of work of one database; throws when one is started from inside another. */
export class WriteGuard {
  readonly #current = new AsyncLocalStorage<Piece>()

  /** @throws Error when the caller is already inside a write of this database, a programming fault */
  check(): void {
    // Work started inside a write but not awaited by it may outlive it; by then it is free to write.
    if (this.#current.getStore()?.open) {
      throw new Error('db.write was called inside another db.write: use the tx that the outer one was given')
    }
  }

  /** Keeps `tell` for the end of the write around the caller; outside of one it runs at once. */
  afterCommit(tell: () => void): void {
    const piece = this.#current.getStore()
    if (piece?.open) piece.afterCommit.push(tell)
    else tell()
  }

  /** Runs one attempt; `committed` is to be called once, when what it did is there to stay. */
  async run<T>(work: () => Promise<T>): Promise<{ result: T; committed: () => void }> {
    const piece: Piece = { open: true, afterCommit: [] }
    try {
      const result = await this.#current.run(piece, work)
      return { result, committed: () => tellAll(piece.afterCommit) }
    } finally {
      piece.open = false
    }
  }
}

/** What is told of a change can no longer undo it: a log that takes no line must not look like a failed write. */
function tellAll(all: readonly (() => void)[]): void {
  for (const tell of all) {
    try {
      tell()
    } catch {
      // There is nobody left to tell.
    }
  }
}
