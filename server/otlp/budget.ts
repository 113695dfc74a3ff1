/** How much one span may hold. Few bytes on the wire can ask for much memory: what is counted here is never built. */

/** Attributes, events, items of lists and members of maps, those inside JSON texts among them. */
export const MAX_SPAN_VALUES = 100_000
export const TOO_MANY_VALUES = `it holds more than ${MAX_SPAN_VALUES} values`

/** Places in the tree that the dotted keys of a span make. */
export const MAX_SPAN_LEVELS = 100_000
export const TOO_MANY_LEVELS = `its keys make more than ${MAX_SPAN_LEVELS} levels`

/** Thrown inside a span, caught at its edge: the span is rejected, the request is not. The message is the reason. */
export class OverBudget extends Error {}

/** Counts the values of a span. */
export class ValueCount {
  #total: number

  constructor(total = 0) {
    this.#total = total
  }

  get total(): number {
    return this.#total
  }

  /** Begins with another span. */
  reset(): void {
    this.#total = 0
  }

  /** @throws OverBudget */
  add(values: number): void {
    this.#total += values
    if (this.#total > MAX_SPAN_VALUES) throw new OverBudget(TOO_MANY_VALUES)
  }
}
