/** Notices a `write` inside a `write`, which would wait for itself for ever. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Runs pieces of work of one database; throws when one is started from inside another. */
export class WriteGuard {
  readonly #current = new AsyncLocalStorage<{ open: boolean }>()

  /** @throws Error when the caller is already inside a write of this database, a programming fault */
  check(): void {
    // Work started inside a write but not awaited by it may outlive it; by then it is free to write.
    if (this.#current.getStore()?.open) {
      throw new Error('db.write was called inside another db.write: use the tx that the outer one was given')
    }
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const state = { open: true }
    try {
      return await this.#current.run(state, work)
    } finally {
      state.open = false
    }
  }
}
