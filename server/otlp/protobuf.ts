/**
 * Reads a span of an ExportTraceServiceRequest field by field into an OtlpSpan. Field numbers are those of
 * proto/opentelemetry. Most spans never come here: span-decoder.ts makes rows straight of the bytes.
 */
import { OverBudget } from '#server/otlp/budget'
import { type Attribute, type OtlpEvent, type OtlpSpan, TOO_DEEP } from '#server/otlp/model'
import { readAttribute, readFixed64, readHex, readTextField, TooDeep } from '#server/otlp/protobuf-fields'
import { I64, LEN, tagOf, VARINT, type WireReader } from '#server/otlp/wire/reader'

/** Where a fault is noted. */
type Faulty = Pick<OtlpSpan, 'fault'>

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

/** The span from here to `end`; what comes after a fault in it is not looked into. @throws Malformed */
export function readSpan(reader: WireReader, end: number): OtlpSpan {
  reader.values.reset()
  const span = emptySpan()
  while (reader.pos < end) {
    const tag = reader.tag()
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
        span.name = readTextField(reader)
        break
      case tagOf(7, I64):
        span.startNanos = readFixed64(reader)
        break
      case tagOf(8, I64):
        span.endNanos = readFixed64(reader)
        break
      case tagOf(9, LEN):
        readAttributeOf(span, reader, reader.end(), span.attributes)
        break
      case tagOf(11, LEN):
        readEventOf(span, reader, reader.end())
        break
      case tagOf(15, LEN):
        readStatus(span, reader, reader.end())
        break
      default:
        reader.skip(tag)
    }
  }
  reader.checkEnd(end)
  span.values = reader.values.total
  return span
}

function readAttributeOf(span: Faulty, reader: WireReader, end: number, into: Attribute[]): void {
  if (span.fault === null) {
    try {
      into.push(readAttribute(reader, end, 0))
      return
    } catch (error) {
      span.fault = faultOf(error)
    }
  }
  reader.pos = end
}

/** Why the span is rejected. @throws what is no fault of the span alone */
function faultOf(error: unknown): string {
  if (error instanceof TooDeep) return TOO_DEEP
  if (error instanceof OverBudget) return error.message
  throw error
}

function readEventOf(span: OtlpSpan, reader: WireReader, end: number): void {
  if (span.fault === null) {
    try {
      span.events.push(readEvent(span, reader, end))
      return
    } catch (error) {
      span.fault = faultOf(error)
    }
  }
  reader.pos = end
}

function readStatus(span: OtlpSpan, reader: WireReader, end: number): void {
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(2, LEN)) span.statusMessage = readTextField(reader)
    else if (tag === tagOf(3, VARINT)) {
      reader.varint()
      span.statusCode = reader.low
    } else reader.skip(tag)
  }
  reader.checkEnd(end)
}

/**
 * @param span gets the fault of the event, if there is one
 * @throws OverBudget, Malformed
 */
export function readEvent(span: Faulty, reader: WireReader, end: number): OtlpEvent {
  reader.values.add(1)
  const event: OtlpEvent = { name: '', timeNanos: 0n, attributes: [] }
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag === tagOf(1, I64)) event.timeNanos = readFixed64(reader)
    else if (tag === tagOf(2, LEN)) event.name = readTextField(reader)
    else if (tag === tagOf(3, LEN)) readAttributeOf(span, reader, reader.end(), event.attributes)
    else reader.skip(tag)
  }
  reader.checkEnd(end)
  return event
}
