/**
 * JSON that came as the text of an attribute, written without being parsed into values first. Only what is common is
 * understood: whatever would not come out byte for byte as lossless.ts and text.ts have it is left to them.
 */
import { MAX_SPAN_VALUES } from '#server/otlp/budget'
import type { WireReader } from '#server/otlp/wire/reader'
import type { JsonSink } from '#server/otlp/wire/sink'

const MAX_DEPTH = 32
/** So many members of one object are compared with each other; a name may come twice only in parsed JSON. */
const MAX_MEMBERS = 32
/** More digits than a double holds exactly are for others to judge. */
const MAX_DIGITS = 15

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c

/** Thrown by nobody else and caught at once: the text is not for us. */
const NOT_OURS = new Error('not ours')

/** The names of the objects that are open, as hashes: a chance hit costs time, nothing else. */
const hashes = new Int32Array(MAX_DEPTH * MAX_MEMBERS)

/**
 * Counts the values it wrote. False when it gave up; what was written until then is of no use.
 * @throws TooLarge, OverBudget
 */
export function transcodeJson(reader: WireReader, start: number, end: number, sink: JsonSink): boolean {
  const writer = new Transcoder(reader, start, end, sink)
  try {
    writer.value(0)
    if (!writer.isAtEnd()) return false
  } catch (error) {
    if (error === NOT_OURS) return false
    throw error
  }
  reader.values.add(writer.values)
  return true
}

class Transcoder {
  readonly #reader: WireReader
  readonly #bytes: Buffer
  readonly #end: number
  readonly #sink: JsonSink
  #at: number
  values = 0

  constructor(reader: WireReader, start: number, end: number, sink: JsonSink) {
    this.#reader = reader
    this.#bytes = reader.bytes
    this.#at = start
    this.#end = end
    this.#sink = sink
  }

  /** The next byte that is no white space; 0 at the end. */
  #peek(): number {
    while (this.#at < this.#end) {
      const byte = this.#bytes[this.#at] as number
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      this.#at += 1
    }
    return 0
  }

  isAtEnd(): boolean {
    return this.#peek() === 0 && this.#at === this.#end
  }

  #take(byte: number): void {
    if (this.#peek() !== byte) throw NOT_OURS
    this.#at += 1
  }

  value(depth: number): void {
    if (++this.values > MAX_SPAN_VALUES) throw NOT_OURS
    const first = this.#peek()
    if (first === QUOTE) {
      const start = this.#string()
      this.#sink.text(this.#reader, start, this.#at - 1)
    } else if (first === 0x7b) this.#object(depth + 1)
    else if (first === 0x5b) this.#list(depth + 1)
    else if (first === 0x74) {
      this.#word('true')
      this.#sink.bool(true)
    } else if (first === 0x66) {
      this.#word('false')
      this.#sink.bool(false)
    } else if (first === 0x6e) {
      this.#word('null')
      this.#sink.null()
    } else this.#number()
  }

  #word(word: string): void {
    for (let index = 0; index < word.length; index++) {
      if (this.#bytes[this.#at++] !== word.charCodeAt(index)) throw NOT_OURS
    }
    if (this.#at > this.#end) throw NOT_OURS
  }

  /** Steps over a text without escapes; returns where it starts. */
  #string(): number {
    const bytes = this.#bytes
    const end = this.#end
    const start = this.#at + 1
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.#at = at + 1
        return start
      }
      // Bytes past ASCII are cleaned by the sink where need be.
      if (byte === BACKSLASH || byte < 0x20) throw NOT_OURS
    }
    throw NOT_OURS
  }

  #object(depth: number): void {
    if (depth > MAX_DEPTH) throw NOT_OURS
    const opened = this.#sink.openObject()
    this.#at += 1
    if (this.#peek() === 0x7d) this.#at += 1
    else
      for (let members = 0; ; members++) {
        this.#member(depth, members)
        if (this.#peek() === COMMA) this.#at += 1
        else {
          this.#take(0x7d)
          break
        }
      }
    this.#sink.closeObject(opened)
  }

  #member(depth: number, index: number): void {
    if (this.#peek() !== QUOTE) throw NOT_OURS
    const start = this.#string()
    this.#noteName(start, this.#at - 1, (depth - 1) * MAX_MEMBERS, index)
    this.#sink.keyText(this.#reader, start, this.#at - 1)
    this.#take(COLON)
    this.value(depth)
  }

  /** Numbers as names come first in a parsed object, and of two equal names one is lost. */
  #noteName(start: number, end: number, first: number, index: number): void {
    const bytes = this.#bytes
    if (index === MAX_MEMBERS) throw NOT_OURS
    let hash = 0x811c9dc5
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number
      if (byte >= 0x80) throw NOT_OURS
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    const byte = bytes[start] as number
    if (byte >= 0x30 && byte <= 0x39 && start < end) throw NOT_OURS
    for (let other = first; other < first + index; other++) if (hashes[other] === hash) throw NOT_OURS
    hashes[first + index] = hash
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw NOT_OURS
    const opened = this.#sink.openList()
    this.#at += 1
    if (this.#peek() === 0x5d) this.#at += 1
    else
      for (;;) {
        this.#sink.item()
        this.value(depth)
        if (this.#peek() === COMMA) this.#at += 1
        else {
          this.#take(0x5d)
          break
        }
      }
    this.#sink.closeList(opened)
  }

  #number(): void {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    if (bytes[at] === 0x2d) at += 1
    const digits = at
    while (at < this.#end && isDigit(bytes[at] as number)) at += 1
    const count = at - digits
    // Neither -0 nor 01.
    if (count === 0 || count > MAX_DIGITS || (bytes[digits] === 0x30 && at - start > 1)) throw NOT_OURS
    const next = at < this.#end ? (bytes[at] as number) : 0
    if (next === 0x65 || next === 0x45) throw NOT_OURS
    if (next === 0x2e) this.#fraction(start, at)
    else {
      this.#at = at
      this.#sink.digits(this.#reader, start, at)
    }
  }

  /** A number of few digits with a fraction and no exponent. One that is whole is an integer to others. */
  #fraction(start: number, point: number): void {
    const bytes = this.#bytes
    let at = point + 1
    while (at < this.#end && isDigit(bytes[at] as number)) at += 1
    const next = at < this.#end ? bytes[at] : 0
    if (at === point + 1 || at - start > 24 || next === 0x65 || next === 0x45) throw NOT_OURS
    const value = Number(bytes.toString('latin1', start, at))
    if (Number.isInteger(value)) throw NOT_OURS
    this.#at = at
    this.#sink.double(value)
  }
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
