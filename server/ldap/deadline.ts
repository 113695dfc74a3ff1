/** The moment by which a sign-in is over, whatever the directory does. */

/** A whole sign-in, waiting for its turn included. */
export const SIGN_IN_MS = 30_000

export class Deadline {
  readonly #at: number

  /** @param milliseconds from now */
  constructor(milliseconds: number) {
    this.#at = performance.now() + milliseconds
  }

  /** Milliseconds that are left; 0 when it is over. */
  remainingMs(): number {
    return Math.max(0, this.#at - performance.now())
  }
}
