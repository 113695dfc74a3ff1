/**
 * How long many traces took, in little room: latencies are counted in ranges that grow by 2 %, so a quantile read from
 * the counts is off by at most 1 %. Sketches of parts add up to the sketch of the whole, in any order, and a trace
 * that grew is taken out and put in again: counts of one part alone may be negative.
 *
 * Migration 0003 makes sketches in SQL: the ranges and the encoding stay as they are.
 */

/** A quantile's relative error is at most this. */
export const RELATIVE_ERROR = 0.01

/** Each range ends so much later than the one before: range n ends at GROWTH^n microseconds. */
const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LN_GROWTH = Math.log(GROWTH)
/** The range of what took less than a microsecond. */
const INSTANT = -1
/** In the encoding: a range is two bytes, its count four. */
const BYTES_PER_RANGE = 6
/** A count that four bytes do not hold takes several entries of its range, which add up. */
const MAX_PER_ENTRY = 2 ** 31 - 1
/** Counting ends here, at two trillion: a range then takes 6 KiB. */
const MAX_COUNT = 1024 * MAX_PER_ENTRY

/** The range that a latency of so many microseconds is counted in. */
const rangeOf = (micros: number): number => (micros < 1 ? INSTANT : Math.ceil(Math.log(micros) / LN_GROWTH))

/** The latency that stands for a range: as far from its beginning as from its end, in relation to both. */
const latencyOf = (range: number): number => (range === INSTANT ? 0 : (2 * GROWTH ** range) / (GROWTH + 1))

export class LatencySketch {
  readonly #counts = new Map<number, number>()

  /**
   * A sketch as `encode` wrote it.
   * @throws RangeError for bytes that no sketch has
   */
  static decode(bytes: Uint8Array): LatencySketch {
    const sketch = new LatencySketch()
    sketch.mergeEncoded(bytes)
    return sketch
  }

  /** Whether bytes may be those of a sketch. */
  static isReadable(bytes: Uint8Array): boolean {
    return bytes.byteLength % BYTES_PER_RANGE === 0
  }

  /** How many latencies are in it. */
  get count(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  /** Counts a latency, in microseconds; with -1 as the count it is taken out again. */
  add(micros: number, count = 1): void {
    this.#addTo(rangeOf(micros), count)
  }

  /** Adds what another sketch holds. */
  merge(other: LatencySketch): void {
    for (const [range, count] of other.#counts) this.#addTo(range, count)
  }

  /**
   * The same with an encoded sketch.
   * @throws RangeError for bytes that no sketch has
   */
  mergeEncoded(bytes: Uint8Array): void {
    if (!LatencySketch.isReadable(bytes)) throw new RangeError('The bytes are not those of a sketch')
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.byteLength; at += BYTES_PER_RANGE) {
      this.#addTo(view.getInt16(at), view.getInt32(at + 2))
    }
  }

  /** Takes out what another sketch holds. */
  subtract(other: LatencySketch): void {
    for (const [range, count] of other.#counts) this.#addTo(range, -count)
  }

  /**
   * The latency that the given share of all does not exceed, in microseconds; null for an empty sketch.
   * @param share from 0 to 1: 0.5 for the median
   */
  quantile(share: number): number | null {
    const rank = share * (this.count - 1)
    let below = 0
    for (const [range, count] of this.#sorted()) {
      below += count
      if (below > rank) return latencyOf(range)
    }
    return null
  }

  /** The same counts give the same bytes, whatever they were added up from. */
  encode(): Buffer {
    const entries = this.#sorted().flatMap(toEntries)
    const bytes = Buffer.allocUnsafe(entries.length * BYTES_PER_RANGE)
    entries.forEach(([range, count], index) => {
      bytes.writeInt16BE(range, index * BYTES_PER_RANGE)
      bytes.writeInt32BE(count, index * BYTES_PER_RANGE + 2)
    })
    return bytes
  }

  #addTo(range: number, count: number): void {
    const sum = (this.#counts.get(range) ?? 0) + count
    if (sum === 0) this.#counts.delete(range)
    else this.#counts.set(range, Math.max(-MAX_COUNT, Math.min(sum, MAX_COUNT)))
  }

  #sorted(): Entry[] {
    return [...this.#counts].sort(([a], [b]) => a - b)
  }
}

type Entry = [range: number, count: number]

/** The same as one entry where that is enough. */
function toEntries(entry: Entry): Entry[] {
  const [range, count] = entry
  const size = Math.abs(count)
  if (size <= MAX_PER_ENTRY) return [entry]
  const full = Math.sign(count) * MAX_PER_ENTRY
  const entries = Array.from({ length: Math.floor(size / MAX_PER_ENTRY) }, (): Entry => [range, full])
  const rest = count % MAX_PER_ENTRY
  return rest === 0 ? entries : [...entries, [range, rest]]
}
