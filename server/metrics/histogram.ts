/** A histogram as Prometheus has it, but that each bucket counts only what the one below does not. */
export interface Histogram {
  bounds: readonly number[]
  /** One more than there are bounds: the last is for everything larger. */
  counts: readonly number[]
  sum: number
}

/** The bucket of a value; a value that is a bound belongs below it. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const bucket = bounds.findIndex((bound) => value <= bound)
  return bucket === -1 ? bounds.length : bucket
}

/** Counts values in buckets of these upper bounds. */
export class HistogramCounter {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    const bucket = bucketOf(this.#bounds, value)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  read(): Histogram {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum }
  }
}
