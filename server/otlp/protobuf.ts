/**
 * Reads an ExportTraceServiceRequest straight from its bytes: what the generated code would make objects of only to
 * throw them away costs a third of the time a span takes. Field numbers are those of proto/opentelemetry.
 *
 * Nothing here trusts a length: protobufjs's Reader throws past the end, and decodeProtobuf turns that into 400.
 */
import { AppError } from '#server/errors'
import {
  type Attribute,
  type OtlpEvent,
  type OtlpSpan,
  projectOf,
  type ReceivedSpan,
  TOO_DEEP,
} from '#server/otlp/model'
import {
  checkEnd,
  endOf,
  I64,
  LEN,
  type Reader,
  readAttribute,
  readerOf,
  readFixed64,
  readHex,
  readText,
  skip,
  TooDeep,
  tagOf,
  VARINT,
} from '#server/otlp/protobuf-fields'

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
  const reader = readerOf(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === tagOf(1, LEN)) yield* readResourceSpans(bytes, endOf(reader), reader)
    else skip(reader, tag)
  }
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
  const again = readerOf(bytes)
  again.pos = start
  while (again.pos < end) {
    const tag = again.uint32()
    if (tag === tagOf(2, LEN)) yield* readScopeSpans(again, endOf(again), resourceProject)
    else skip(again, tag)
  }
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
