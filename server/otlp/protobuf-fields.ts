/** Attributes and their values as OTLP's protobuf has them, read one by one into values. */
import { type Attribute, MAX_VALUE_DEPTH, type Value, type ValueMap } from '#server/otlp/model'
import { I64, LEN, tagOf, VARINT, type WireReader } from '#server/otlp/wire/reader'
import { readText } from '#server/otlp/wire/text'

/** Thrown inside a span, caught at its edge: the span is rejected, the request is not. */
export class TooDeep extends Error {}

/** A key and its value, which are counted. @throws TooDeep, OverBudget, Malformed */
export function readAttribute(reader: WireReader, end: number, depth: number): Attribute {
  reader.values.add(1)
  let key = ''
  let value: Value = null
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(1, LEN)) key = readTextField(reader)
    else if (tag === tagOf(2, LEN)) value = readValue(reader, reader.end(), depth, value)
    else reader.skip(tag)
  }
  reader.checkEnd(end)
  return [key, value]
}

/** A message that comes in parts is one: what the parts before said is passed in as `value`. */
function readValue(reader: WireReader, end: number, depth: number, value: Value): Value {
  if (depth > MAX_VALUE_DEPTH) throw new TooDeep()
  while (reader.pos < end) {
    const tag = reader.tag()
    // A number on the wire as another type than declared is an unknown field, as in the generated code.
    switch (tag) {
      case tagOf(1, LEN):
        value = readTextField(reader)
        break
      case tagOf(2, VARINT):
        reader.varint()
        value = (reader.low | reader.high) !== 0
        break
      case tagOf(3, VARINT):
        reader.varint()
        value = reader.int64
        break
      case tagOf(4, I64):
        value = reader.double()
        break
      case tagOf(5, LEN):
        value = readList(reader, reader.end(), depth + 1, Array.isArray(value) ? value : [])
        break
      case tagOf(6, LEN):
        value = readMap(reader, reader.end(), depth + 1, value instanceof Map ? value : new Map())
        break
      case tagOf(7, LEN):
        value = readBytes(reader)
        break
      default:
        reader.skip(tag)
    }
  }
  reader.checkEnd(end)
  return value
}

function readList(reader: WireReader, end: number, depth: number, list: Value[]): Value[] {
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(1, LEN)) {
      reader.values.add(1)
      list.push(readValue(reader, reader.end(), depth, null))
    } else reader.skip(tag)
  }
  reader.checkEnd(end)
  return list
}

function readMap(reader: WireReader, end: number, depth: number, map: ValueMap): ValueMap {
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(1, LEN)) map.set(...readAttribute(reader, reader.end(), depth))
    else reader.skip(tag)
  }
  reader.checkEnd(end)
  return map
}

/** Bytes as lower-case hex. */
export function readHex(reader: WireReader): string {
  const end = reader.end()
  const hex = reader.bytes.toString('hex', reader.pos, end)
  reader.pos = end
  return hex
}

function readBytes(reader: WireReader): Buffer {
  const end = reader.end()
  const bytes = Buffer.from(reader.bytes.subarray(reader.pos, end))
  reader.pos = end
  return bytes
}

export function readTextField(reader: WireReader): string {
  const end = reader.end()
  const text = readText(reader.bytes, reader.pos, end)
  reader.pos = end
  return text
}

/** An unsigned 64-bit integer of fixed length. */
export function readFixed64(reader: WireReader): bigint {
  reader.fixed64()
  return (BigInt(reader.high >>> 0) << 32n) | BigInt(reader.low >>> 0)
}
