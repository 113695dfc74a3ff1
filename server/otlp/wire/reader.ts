/**
 * The protobuf wire format: tags, lengths, numbers. Nothing here trusts a length, and nothing allocates. What it accepts
 * is what the generated code accepts, but for text that is no UTF-8, which others make replacements of.
 */

import { ValueCount } from '#server/otlp/budget'

/** The bytes are no message; whoever knows the request answers "undecodable". */
export class Malformed extends Error {}

export const VARINT = 0
export const I64 = 1
export const LEN = 2
const GROUP = 3
const END_GROUP = 4
const I32 = 5
export const tagOf = (field: number, wireType: number) => (field << 3) | wireType

/** Groups inside unknown fields may lie so deep in each other. */
const MAX_GROUP_DEPTH = 100

export class WireReader {
  readonly bytes: Buffer
  /** The same bytes, for reading words of them at once. */
  readonly view: DataView
  pos = 0
  /** The halves of the last 64-bit number read, as signed 32-bit integers: bits, not values. */
  low = 0
  high = 0
  /** What the present span holds so far. */
  readonly values = new ValueCount()

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** A field's number and wire type. Longer than five bytes is no tag. */
  tag(): number {
    const { bytes } = this
    const first = bytes[this.pos]
    if (first !== undefined && first < 0x80) {
      this.pos += 1
      return first
    }
    return this.#short(0x0f)
  }

  /** Reads a length and says where what follows ends. */
  end(): number {
    const { bytes } = this
    const first = bytes[this.pos]
    let length: number
    if (first !== undefined && first < 0x80) {
      this.pos += 1
      length = first
    } else length = this.#short(0x07)
    const end = this.pos + length
    if (end > bytes.length) throw new Malformed('a length points past the end')
    return end
  }

  /** A number of at most five bytes, the last of which is at most `mostOfLast`. */
  #short(mostOfLast: number): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.#byte()
    if (last > mostOfLast) throw new Malformed('a tag or a length is too long')
    return (value | (last << 28)) >>> 0
  }

  #byte(): number {
    const byte = this.bytes[this.pos]
    if (byte === undefined) throw new Malformed('a number runs past the end')
    this.pos += 1
    return byte
  }

  /** A number of up to ten bytes, into `low` and `high`. */
  varint(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.low = low
        this.high = high
        return
      }
    }
    throw new Malformed('a number is longer than ten bytes')
  }

  /** The last number as a signed integer, exactly. */
  get int64(): bigint {
    if (this.high === this.low >> 31) return BigInt(this.low)
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0)
  }

  /** A number of eight bytes, into `low` and `high`. */
  fixed64(): void {
    const { pos } = this
    if (pos + 8 > this.bytes.length) throw new Malformed('a number runs past the end')
    this.low = this.view.getInt32(pos, true)
    this.high = this.view.getInt32(pos + 4, true)
    this.pos = pos + 8
  }

  double(): number {
    const { pos } = this
    if (pos + 8 > this.bytes.length) throw new Malformed('a number runs past the end')
    this.pos = pos + 8
    return this.view.getFloat64(pos, true)
  }

  /** Steps over a field that means nothing to us. Field number 0 is no field. */
  skip(tag: number, depth = 0): void {
    const type = tag & 7
    if (tag >>> 3 === 0) throw new Malformed('field number 0')
    if (type === LEN) this.pos = this.end()
    else if (type === VARINT) this.varint()
    else if (type === I64) this.#advance(8)
    else if (type === I32) this.#advance(4)
    else if (type === GROUP) this.#skipGroup(tag >>> 3, depth + 1)
    else throw new Malformed('a wire type that there is not')
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw new Malformed('groups nested too deeply')
    for (;;) {
      const tag = this.tag()
      if ((tag & 7) !== END_GROUP) this.skip(tag, depth)
      else if (tag >>> 3 === field) return
      else throw new Malformed('the end of another group')
    }
  }

  #advance(bytes: number): void {
    this.pos += bytes
    if (this.pos > this.bytes.length) throw new Malformed('a field runs past the end')
  }

  /** A field that runs over the edge of its message is a fault, even when the bytes go on. */
  checkEnd(end: number): void {
    if (this.pos !== end) throw new Malformed('a field runs past the end of its message')
  }
}
