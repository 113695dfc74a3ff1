/**
 * Writes JSONB as SQLite documents it (https://sqlite.org/jsonb.html): each element is a header and what it holds. The
 * lower half of the first byte of a header is the type, the upper half the size, or how many bytes the size takes.
 */
import { isUtf8 } from 'node:buffer'
import type { Value } from '#server/otlp/model'
import { cleanText, writeDouble } from '#server/otlp/text'
import type { WireReader } from '#server/otlp/wire/reader'
import { type JsonSink, Memory } from '#server/otlp/wire/sink'
import { readCleanText, sequenceLength } from '#server/otlp/wire/text'

const NULL = 0
const TRUE = 1
const FALSE = 2
const INT = 3
const FLOAT = 5
/** Text as it is, unescaped. */
const TEXTRAW = 10
const ARRAY = 11
const OBJECT = 12

/** Sizes up to here stand in the first byte itself. */
const MOST_INLINE = 11
const ONE_BYTE = 0xc0
const TWO_BYTES = 0xd0
const FOUR_BYTES = 0xe0
const LONGEST_HEADER = 5
/** Lists and objects get two bytes for their size, though fewer might do: it is not known when they are opened. */
const OPEN_HEADER = 3
const MOST_IN_OPEN_HEADER = 0xffff

/** From so many bytes on, calls of native functions are quicker than loops. */
const LONG_TEXT = 320
const UNCLEAN = -1

export class JsonbSink extends Memory implements JsonSink {
  labelOf(name: string): Uint8Array {
    this.begin()
    this.#string(cleanText(name))
    const label = Buffer.from(this.bytes.subarray(this.start, this.pos))
    this.begin()
    return label
  }

  openObject(): number {
    return this.#open()
  }

  closeObject(opened: number): void {
    this.#close(opened, OBJECT)
  }

  openList(): number {
    return this.#open()
  }

  closeList(opened: number): void {
    this.#close(opened, ARRAY)
  }

  #open(): number {
    this.ensure(OPEN_HEADER)
    const opened = this.mark()
    this.pos += OPEN_HEADER
    return opened
  }

  #close(opened: number, type: number): void {
    const size = this.mark() - opened - OPEN_HEADER
    if (size <= MOST_IN_OPEN_HEADER) {
      const at = this.start + opened
      this.bytes[at] = TWO_BYTES | type
      this.bytes[at + 1] = size >> 8
      this.bytes[at + 2] = size & 0xff
      return
    }
    this.ensure(LONGEST_HEADER - OPEN_HEADER)
    const at = this.start + opened
    this.bytes.copyWithin(at + LONGEST_HEADER, at + OPEN_HEADER, this.pos)
    this.pos = at
    this.#header(type, size)
    this.pos += size
  }

  #header(type: number, size: number): void {
    this.ensure(LONGEST_HEADER)
    const { bytes } = this
    if (size <= MOST_INLINE) bytes[this.pos++] = (size << 4) | type
    else if (size <= 0xff) {
      bytes[this.pos++] = ONE_BYTE | type
      bytes[this.pos++] = size
    } else if (size <= 0xffff) {
      bytes[this.pos++] = TWO_BYTES | type
      bytes[this.pos++] = size >> 8
      bytes[this.pos++] = size & 0xff
    } else {
      bytes[this.pos++] = FOUR_BYTES | type
      this.view.setUint32(this.pos, size)
      this.pos += 4
    }
  }

  key(label: Uint8Array): void {
    this.putBytes(label)
  }

  keyText(from: WireReader, start: number, end: number): void {
    this.text(from, start, end)
  }

  item(): void {}

  integer(from: WireReader): void {
    const { low } = from
    this.#word(INT, from.high === low >> 31 ? String(low) : String(from.int64))
  }

  double(value: number): void {
    const text = writeDouble(value)
    if (Number.isFinite(value)) this.#word(FLOAT, text)
    else this.#string(text.slice(1, -1))
  }

  bool(value: boolean): void {
    this.#header(value ? TRUE : FALSE, 0)
  }

  null(): void {
    this.#header(NULL, 0)
  }

  digits(from: WireReader, start: number, end: number): void {
    this.#header(INT, end - start)
    this.ensure(end - start)
    for (let at = start; at < end; at++) this.bytes[this.pos++] = from.bytes[at] as number
  }

  #word(type: number, text: string): void {
    this.#header(type, text.length)
    this.putAscii(text)
  }

  text(from: WireReader, start: number, end: number): void {
    const length = end - start
    const before = this.mark()
    this.#header(TEXTRAW, length)
    this.ensure(length)
    if (length >= LONG_TEXT) {
      const text = from.bytes.subarray(start, end)
      if (isUtf8(text) && !text.includes(0)) {
        this.#long(text)
        return
      }
    } else if (this.#copy(from, start, end) !== UNCLEAN) return
    this.rewind(before)
    this.#string(readCleanText(from.bytes, start, end))
  }

  /** Clean bytes. */
  #long(bytes: Uint8Array): void {
    this.ensure(bytes.length)
    this.bytes.set(bytes, this.pos)
    this.pos += bytes.length
  }

  /** Copies, four bytes at a time as long as they are ASCII. UNCLEAN when there is something to be cleaned. */
  #copy({ bytes: source, view: sourceView }: WireReader, start: number, end: number): number {
    const { bytes, view } = this
    const lastWord = end - 4
    let at = start
    let { pos } = this
    while (at < end) {
      if (at <= lastWord) {
        const word = sourceView.getInt32(at, true)
        // A top bit for each byte past ASCII, and for the first that is 0.
        if (((word | (word - 0x01010101)) & 0x80808080) === 0) {
          view.setInt32(pos, word, true)
          at += 4
          pos += 4
          continue
        }
      }
      const byte = source[at] as number
      if (byte === 0) return UNCLEAN
      const length = byte < 0x80 ? 1 : sequenceLength(source, at, end)
      if (length === 0) return UNCLEAN
      for (let index = 0; index < length; index++) bytes[pos++] = source[at++] as number
    }
    this.pos = pos
    return at
  }

  value(value: Value): void {
    if (typeof value === 'string') this.#string(cleanText(value))
    else if (typeof value === 'number') this.double(value)
    else if (typeof value === 'bigint') this.#word(INT, String(value))
    else if (typeof value === 'boolean') this.bool(value)
    else if (value === null) this.null()
    else if (value instanceof Uint8Array) this.#string(Buffer.from(value).toString('base64'))
    else if (Array.isArray(value)) {
      const opened = this.openList()
      for (const item of value) this.value(item)
      this.closeList(opened)
    } else {
      const opened = this.openObject()
      for (const [name, item] of value) {
        this.#string(cleanText(name))
        this.value(item)
      }
      this.closeObject(opened)
    }
  }

  /** Clean text. */
  #string(text: string): void {
    const { length } = text
    if (length <= MOST_INLINE && isAscii(text)) {
      this.#header(TEXTRAW, length)
      this.putAscii(text)
      return
    }
    const size = Buffer.byteLength(text)
    this.#header(TEXTRAW, size)
    this.ensure(size)
    this.bytes.write(text, this.pos)
    this.pos += size
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false
  return true
}
