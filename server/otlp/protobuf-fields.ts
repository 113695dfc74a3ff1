/** The pieces an OTLP message is made of: tags, lengths, numbers, texts, and attributes with their values. */
import protobuf from 'protobufjs/minimal.js'
import { type Attribute, MAX_VALUE_DEPTH, type Value, type ValueMap } from '#server/otlp/model'

export type Reader = protobuf.Reader

/** A reader of these bytes; throws past their end. */
export const readerOf = (bytes: Buffer): Reader => protobuf.Reader.create(bytes)

/** Thrown inside a span, caught at its edge: the span is rejected, the request is not. */
export class TooDeep extends Error {}

export const VARINT = 0
export const I64 = 1
export const LEN = 2
export const tagOf = (field: number, wireType: number) => (field << 3) | wireType

/** Reads a length and says where what follows ends. */
export function endOf(reader: Reader): number {
  const end = reader.uint32() + reader.pos
  if (end > reader.len) throw new RangeError('a length points past the end')
  return end
}

/** Steps over a field that means nothing to us. Field number 0 is no field. */
export function skip(reader: Reader, tag: number): void {
  if (tag >>> 3 === 0) throw new RangeError('field number 0')
  reader.skipType(tag & 7)
}

/** A field that runs over the edge of its message is a fault, even when the bytes go on. */
export function checkEnd(reader: Reader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field runs past the end of its message')
}

/** A key and its value. @throws TooDeep */
export function readAttribute(reader: Reader, end: number, depth: number): Attribute {
  let key = ''
  let value: Value = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) key = readText(reader)
    else if (tag === tagOf(2, LEN)) value = readValue(reader, endOf(reader), depth)
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  return [key, value]
}

function readValue(reader: Reader, end: number, depth: number): Value {
  if (depth > MAX_VALUE_DEPTH) throw new TooDeep()
  let value: Value = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    switch (tag) {
      case tagOf(1, LEN):
        value = readText(reader)
        break
      case tagOf(2, VARINT):
        value = reader.bool()
        break
      case tagOf(3, VARINT):
        value = readVarint64(reader)
        break
      case tagOf(4, I64):
        value = reader.double()
        break
      case tagOf(5, LEN):
        value = readList(reader, endOf(reader), depth + 1)
        break
      case tagOf(6, LEN):
        value = readMap(reader, endOf(reader), depth + 1)
        break
      case tagOf(7, LEN):
        value = Buffer.from(reader.bytes())
        break
      default:
        skip(reader, tag)
    }
  }
  checkEnd(reader, end)
  return value
}

function readList(reader: Reader, end: number, depth: number): Value[] {
  const list: Value[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) list.push(readValue(reader, endOf(reader), depth))
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  return list
}

function readMap(reader: Reader, end: number, depth: number): ValueMap {
  const map: ValueMap = new Map()
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) map.set(...readAttribute(reader, endOf(reader), depth))
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  return map
}

/** Bytes as lower-case hex. */
export function readHex(reader: Reader): string {
  const end = endOf(reader)
  const hex = (reader.buf as Buffer).toString('hex', reader.pos, end)
  reader.pos = end
  return hex
}

/** UTF-8; what is none becomes U+FFFD, one for each surrogate that was written on its own. */
export function readText(reader: Reader): string {
  const end = endOf(reader)
  const bytes = reader.buf as Buffer
  const text = bytes.toString('utf8', reader.pos, end)
  const result = text.includes('\ufffd') ? readTornText(bytes.subarray(reader.pos, end)) : text
  reader.pos = end
  return result
}

/** A lone surrogate is three bytes on the wire (ED A0..BF 80..BF), and would become three replacements. */
function readTornText(bytes: Buffer): string {
  const copy = Buffer.from(bytes)
  for (let at = copy.indexOf(0xed); at !== -1 && at + 2 < copy.length; at = copy.indexOf(0xed, at + 1)) {
    const isSurrogate = ((copy[at + 1] ?? 0) & 0xe0) === 0xa0 && ((copy[at + 2] ?? 0) & 0xc0) === 0x80
    if (isSurrogate) copy.set([0xef, 0xbf, 0xbd], at)
  }
  return copy.toString('utf8')
}

/** An unsigned 64-bit integer of fixed length. */
export function readFixed64(reader: Reader): bigint {
  const low = reader.fixed32()
  const high = reader.fixed32()
  return (BigInt(high) << 32n) | BigInt(low)
}

/** A signed 64-bit integer, exactly. Small ones, nearly all, take the short way. */
function readVarint64(reader: Reader): bigint {
  const { buf } = reader
  let small = 0
  for (let index = 0, factor = 1; index < 7; index++, factor *= 128) {
    const byte = at(buf, reader)
    small += (byte & 0x7f) * factor
    if (byte < 0x80) return BigInt(small)
  }
  let value = BigInt(small)
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = at(buf, reader)
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return BigInt.asIntN(64, value)
  }
  throw new RangeError('a number is longer than ten bytes')
}

function at(buf: Uint8Array, reader: Reader): number {
  if (reader.pos >= reader.len) throw new RangeError('a number runs past the end')
  return buf[reader.pos++] as number
}
