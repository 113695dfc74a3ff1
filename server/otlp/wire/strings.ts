/** Short texts that come again and again (names, models, sessions, users), decoded once. */
import type { WireReader } from '#server/otlp/wire/reader'
import { readCleanText } from '#server/otlp/wire/text'

const SLOTS = 2048
const MAX_BYTES = 64

/** Remembers what it has seen; a text whose slot is taken takes it over. */
export class StringCache {
  readonly #texts: string[] = new Array(SLOTS).fill('')
  /** The length of each slot's text in bytes; 0 for none. */
  readonly #lengths = new Uint8Array(SLOTS)
  readonly #bytes = Buffer.alloc(SLOTS * MAX_BYTES)

  /** The text from here to there, cleaned. */
  read({ bytes }: WireReader, start: number, end: number): string {
    const length = end - start
    if (length === 0) return ''
    if (length > MAX_BYTES) return readCleanText(bytes, start, end)
    let hash = 0x811c9dc5
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    const slot = (hash >>> 3) % SLOTS
    if (this.#lengths[slot] === length && this.#isAt(slot, bytes, start, length))
      return this.#texts[slot] as string
    const text = readCleanText(bytes, start, end)
    bytes.copy(this.#bytes, slot * MAX_BYTES, start, end)
    this.#lengths[slot] = length
    this.#texts[slot] = text
    return text
  }

  #isAt(slot: number, bytes: Buffer, start: number, length: number): boolean {
    const own = this.#bytes
    const from = slot * MAX_BYTES
    for (let index = 0; index < length; index++) {
      if (own[from + index] !== bytes[start + index]) return false
    }
    return true
  }
}
