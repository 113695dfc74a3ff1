/** Writes JSON text, byte for byte what text.ts makes of the same values. */
import type { Value } from '#server/otlp/model'
import { jsonString, writeDouble, writeValue } from '#server/otlp/text'
import type { WireReader } from '#server/otlp/wire/reader'
import { type JsonSink, Memory } from '#server/otlp/wire/sink'
import { readText, sequenceLength } from '#server/otlp/wire/text'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
/** What follows the backslash for these bytes; 0 for what is not escaped, or not in two characters. */
const SHORT_ESCAPES = new Uint8Array(256)
for (const [byte, letter] of Object.entries({
  8: 'b',
  9: 't',
  10: 'n',
  12: 'f',
  13: 'r',
  34: '"',
  92: '\\',
})) {
  SHORT_ESCAPES[Number(byte)] = letter.charCodeAt(0)
}
const HEX = Buffer.from('0123456789abcdef')
/** A byte becomes six at most; so that room for that is not made for long texts, they are written in pieces. */
const MOST_PER_BYTE = 6
const PIECE_BYTES = 4096
const UNCLEAN = -1

export class TextSink extends Memory implements JsonSink {
  /** Something stands before, in the same object or list. */
  #follows = false

  override begin(): void {
    super.begin()
    this.#follows = false
  }

  labelOf(name: string): Uint8Array {
    return Buffer.from(`${jsonString(name)}:`)
  }

  openObject(): number {
    return this.#open(0x7b)
  }

  closeObject(_opened: number): void {
    this.#close(0x7d)
  }

  openList(): number {
    return this.#open(0x5b)
  }

  closeList(_opened: number): void {
    this.#close(0x5d)
  }

  #open(bracket: number): number {
    this.ensure(1)
    this.bytes[this.pos++] = bracket
    this.#follows = false
    return 0
  }

  #close(bracket: number): void {
    this.ensure(1)
    this.bytes[this.pos++] = bracket
    this.#follows = true
  }

  key(label: Uint8Array): void {
    this.item()
    this.putBytes(label)
  }

  keyText(from: WireReader, start: number, end: number): void {
    this.item()
    this.text(from, start, end)
    this.ensure(1)
    this.bytes[this.pos++] = 0x3a
  }

  item(): void {
    this.ensure(1)
    if (this.#follows) this.bytes[this.pos++] = COMMA
  }

  integer(from: WireReader): void {
    const { low } = from
    this.#word(from.high === low >> 31 ? String(low) : String(from.int64))
  }

  double(value: number): void {
    this.#word(writeDouble(value))
  }

  bool(value: boolean): void {
    this.#word(value ? 'true' : 'false')
  }

  null(): void {
    this.#word('null')
  }

  #word(text: string): void {
    this.putAscii(text)
    this.#follows = true
  }

  digits(from: WireReader, start: number, end: number): void {
    this.ensure(end - start)
    for (let at = start; at < end; at++) this.bytes[this.pos++] = from.bytes[at] as number
    this.#follows = true
  }

  value(value: Value): void {
    this.#string(writeValue(value))
  }

  #string(text: string): void {
    // Three bytes are the most that one unit of a JavaScript string becomes.
    this.ensure(text.length < PIECE_BYTES ? text.length * 3 : Buffer.byteLength(text))
    this.pos += this.bytes.write(text, this.pos)
    this.#follows = true
  }

  text(from: WireReader, start: number, end: number): void {
    const before = this.mark()
    this.ensure(2)
    this.bytes[this.pos++] = QUOTE
    for (let at = start; at < end; ) {
      const stop = end - at > PIECE_BYTES ? at + PIECE_BYTES : end
      // A character may reach over the end of a piece.
      this.ensure((stop - at) * MOST_PER_BYTE + 8)
      at = this.#escape(from, at, stop, end)
      if (at === UNCLEAN) {
        this.rewind(before)
        this.#string(jsonString(readText(from.bytes, start, end)))
        return
      }
    }
    this.bytes[this.pos++] = QUOTE
    this.#follows = true
  }

  /** Copies, four bytes at a time as long as none of them is special. Says where it stopped, or UNCLEAN. */
  #escape({ bytes: source, view: sourceView }: WireReader, start: number, stop: number, end: number): number {
    const { bytes, view } = this
    const lastWord = stop - 4
    let at = start
    let { pos } = this
    while (at < stop) {
      if (at <= lastWord) {
        const word = sourceView.getInt32(at, true)
        view.setInt32(pos, word, true)
        // The top bit of each byte that is past ASCII, a control, a quote or a backslash; the lowest is always right.
        const special =
          (word |
            (word - 0x20202020) |
            ((word ^ 0x22222222) - 0x01010101) |
            ((word ^ 0x5c5c5c5c) - 0x01010101)) &
          0x80808080
        const plain = special === 0 ? 4 : (31 - Math.clz32(special & -special)) >> 3
        at += plain
        pos += plain
        if (plain === 4) continue
      }
      const byte = source[at] as number
      const letter = SHORT_ESCAPES[byte] as number
      if (letter !== 0) {
        bytes[pos++] = BACKSLASH
        bytes[pos++] = letter
        at += 1
      } else if (byte >= 0x20 && byte < 0x80) {
        bytes[pos++] = byte
        at += 1
      } else if (byte >= 0x80) {
        const length = sequenceLength(source, at, end)
        if (length === 0) return UNCLEAN
        for (let index = 0; index < length; index++) bytes[pos++] = source[at++] as number
      } else {
        if (byte === 0) return UNCLEAN
        view.setInt32(pos, 0x3030755c, true)
        bytes[pos + 4] = HEX[byte >> 4] as number
        bytes[pos + 5] = HEX[byte & 15] as number
        pos += 6
        at += 1
      }
    }
    this.pos = pos
    return at
  }
}
