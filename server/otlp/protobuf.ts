/**
 * Reads an ExportTraceServiceRequest straight from its bytes: what the generated code would make objects of only to
 * throw them away costs a third of the time a span takes. Field numbers are those of proto/opentelemetry.
 *
 * Nothing here trusts a length: protobufjs's Reader throws past the end, and decodeProtobuf turns that into 400.
 */
import protobuf from 'protobufjs/minimal.js'
import { AppError } from '#server/errors'
import {
  type Attribute,
  MAX_VALUE_DEPTH,
  type OtlpEvent,
  type OtlpSpan,
  projectOf,
  type ReceivedSpan,
  TOO_DEEP,
  type Value,
  type ValueMap,
} from '#server/otlp/model'

type Reader = protobuf.Reader

/** Thrown inside a span, caught at its edge: the span is rejected, the request is not. */
class TooDeep extends Error {}

/**
 * The spans of a request, one after the other. Reading may stop at any point; a fault of the bytes shows when the
 * reader reaches it.
 * @throws AppError undecodable
 */
export function* decodeProtobuf(body: Uint8Array): Generator<ReceivedSpan> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  try {
    yield* readRequest(bytes)
  } catch (cause) {
    throw new AppError('undecodable', 'The request body is not a valid ExportTraceServiceRequest', { cause })
  }
}

function* readRequest(bytes: Buffer): Generator<ReceivedSpan> {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) yield* readResourceSpans(bytes, endOf(reader), reader)
    else skip(reader, tag)
  }
}

const VARINT = 0
const I64 = 1
const LEN = 2
const tagOf = (field: number, wireType: number) => (field << 3) | wireType

/** Reads a length and says where what follows ends. */
function endOf(reader: Reader): number {
  const end = reader.uint32() + reader.pos
  if (end > reader.len) throw new RangeError('a length points past the end')
  return end
}

/** Steps over a field that means nothing to us. Field number 0 is no field. */
function skip(reader: Reader, tag: number): void {
  if (tag >>> 3 === 0) throw new RangeError('field number 0')
  reader.skipType(tag & 7)
}

/** The resource may come after the spans it belongs to, so the fields are looked through twice. */
function* readResourceSpans(bytes: Buffer, end: number, reader: Reader): Generator<ReceivedSpan> {
  const start = reader.pos
  let resourceProject: string | null = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) resourceProject = readResource(reader, endOf(reader)) ?? resourceProject
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  const again = protobuf.Reader.create(bytes)
  again.pos = start
  while (again.pos < end) {
    const tag = again.uint32()
    if (tag === tagOf(2, LEN)) yield* readScopeSpans(again, endOf(again), resourceProject)
    else skip(again, tag)
  }
}

/** A field that runs over the edge of its message is a fault, even when the bytes go on. */
function checkEnd(reader: Reader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field runs past the end of its message')
}

function readResource(reader: Reader, end: number): string | null {
  const attributes: Attribute[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) readAttributeLeniently(reader, endOf(reader), attributes)
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  return projectOf(attributes)
}

/** Of a resource only one text matters: a value nested too deeply is none of our business. */
function readAttributeLeniently(reader: Reader, end: number, into: Attribute[]): void {
  try {
    into.push(readAttribute(reader, end, 0))
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    reader.pos = end
  }
}

function* readScopeSpans(
  reader: Reader,
  end: number,
  resourceProject: string | null,
): Generator<ReceivedSpan> {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(2, LEN)) yield { span: readSpan(reader, endOf(reader)), resourceProject }
    else skip(reader, tag)
  }
  checkEnd(reader, end)
}

function emptySpan(): OtlpSpan {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    startNanos: 0n,
    endNanos: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: [],
    events: [],
    fault: null,
  }
}

function readSpan(reader: Reader, end: number): OtlpSpan {
  const span = emptySpan()
  while (reader.pos < end) {
    const tag = reader.uint32()
    // A number on the wire as another type than declared is an unknown field, as in the generated code.
    switch (tag) {
      case tagOf(1, LEN):
        span.traceId = readHex(reader)
        break
      case tagOf(2, LEN):
        span.spanId = readHex(reader)
        break
      case tagOf(4, LEN):
        span.parentSpanId = readHex(reader)
        break
      case tagOf(5, LEN):
        span.name = readText(reader)
        break
      case tagOf(7, I64):
        span.startNanos = readFixed64(reader)
        break
      case tagOf(8, I64):
        span.endNanos = readFixed64(reader)
        break
      case tagOf(9, LEN):
        readAttributeOf(span, reader, endOf(reader), span.attributes)
        break
      case tagOf(11, LEN):
        span.events.push(readEvent(span, reader, endOf(reader)))
        break
      case tagOf(15, LEN):
        readStatus(span, reader, endOf(reader))
        break
      default:
        skip(reader, tag)
    }
  }
  checkEnd(reader, end)
  return span
}

function readAttributeOf(span: OtlpSpan, reader: Reader, end: number, into: Attribute[]): void {
  try {
    into.push(readAttribute(reader, end, 0))
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    span.fault = TOO_DEEP
    reader.pos = end
  }
}

function readStatus(span: OtlpSpan, reader: Reader, end: number): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(2, LEN)) span.statusMessage = readText(reader)
    else if (tag === tagOf(3, VARINT)) span.statusCode = reader.int32()
    else skip(reader, tag)
  }
  checkEnd(reader, end)
}

function readEvent(span: OtlpSpan, reader: Reader, end: number): OtlpEvent {
  const event: OtlpEvent = { name: '', timeNanos: 0n, attributes: [] }
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === tagOf(1, I64)) event.timeNanos = readFixed64(reader)
    else if (tag === tagOf(2, LEN)) event.name = readText(reader)
    else if (tag === tagOf(3, LEN)) readAttributeOf(span, reader, endOf(reader), event.attributes)
    else skip(reader, tag)
  }
  checkEnd(reader, end)
  return event
}

function readAttribute(reader: Reader, end: number, depth: number): Attribute {
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

function readHex(reader: Reader): string {
  const end = endOf(reader)
  const hex = (reader.buf as Buffer).toString('hex', reader.pos, end)
  reader.pos = end
  return hex
}

/** UTF-8; what is none becomes U+FFFD, one for each surrogate that was written on its own. */
function readText(reader: Reader): string {
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

function readFixed64(reader: Reader): bigint {
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
