/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON: lowerCamelCase keys, ids in hex, 64-bit integers as decimal text
 * or numbers, unknown keys ignored (OTLP 1.x, "JSON Protobuf Encoding").
 */
import { AppError } from '#server/errors'
import { OverBudget, ValueCount } from '#server/otlp/budget'
import { parseBody } from '#server/otlp/lossless'
import {
  type Attribute,
  MAX_VALUE_DEPTH,
  type OtlpEvent,
  type OtlpSpan,
  projectOf,
  type ReceivedSpan,
  TOO_DEEP,
  type Value,
} from '#server/otlp/model'

type Json = Record<string, unknown>

/** Something is not what the schema says; the sentence names the place. */
class WrongShape extends Error {}

class TooDeep extends Error {}

/**
 * The document of a request. It is not looked at yet.
 * @throws AppError undecodable
 */
export function parseRequest(body: Uint8Array): unknown {
  try {
    return parseBody(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    // A RangeError is the stack: brackets nested past all reason.
    throw new AppError('undecodable', 'The request body is not valid JSON', { cause })
  }
}

/**
 * The spans of a request's document, one after the other.
 * @throws AppError undecodable, with the place that is wrong
 */
export function* readSpans(document: unknown): Generator<ReceivedSpan> {
  try {
    yield* readRequest(document)
  } catch (cause) {
    if (!(cause instanceof WrongShape)) throw cause
    throw new AppError(
      'undecodable',
      `The request body is not a valid ExportTraceServiceRequest: ${cause.message}`,
      { cause },
    )
  }
}

function* readRequest(json: unknown): Generator<ReceivedSpan> {
  const request = objectAt(json, 'the body')
  for (const item of listAt(request.resourceSpans, 'resourceSpans')) {
    const group = objectAt(item, 'resourceSpans')
    const resource = objectAt(group.resource ?? {}, 'resource')
    const resourceProject = projectOf(readResource(resource.attributes))
    for (const scope of listAt(group.scopeSpans, 'scopeSpans')) {
      for (const span of listAt(objectAt(scope, 'scopeSpans').spans, 'spans')) {
        yield { span: readSpan(objectAt(span, 'spans')), resourceProject }
      }
    }
  }
}

function objectAt(json: unknown, place: string): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json
  throw new WrongShape(`${place} must hold an object`)
}

function listAt(json: unknown, place: string): unknown[] {
  if (json === undefined || json === null) return []
  if (Array.isArray(json)) return json
  throw new WrongShape(`${place} must be a list`)
}

function textAt(json: unknown, place: string): string {
  if (json === undefined || json === null) return ''
  if (typeof json === 'string') return json
  throw new WrongShape(`${place} must be a string`)
}

const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT64 = 2n ** 64n - 1n

function integerAt(json: unknown, place: string, least: bigint, most: bigint): bigint {
  if (json === undefined || json === null) return 0n
  const value = toInteger(json)
  if (value !== null && value >= least && value <= most) return value
  throw new WrongShape(`${place} must be a 64-bit integer, as a number or as decimal text`)
}

function toInteger(json: unknown): bigint | null {
  if (typeof json === 'bigint') return json
  if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json)
  if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) return BigInt(json)
  return null
}

function readSpan(json: Json): OtlpSpan {
  const status = objectAt(json.status ?? {}, 'status')
  const span: OtlpSpan = {
    traceId: textAt(json.traceId, 'traceId').toLowerCase(),
    spanId: textAt(json.spanId, 'spanId').toLowerCase(),
    parentSpanId: textAt(json.parentSpanId, 'parentSpanId').toLowerCase(),
    name: textAt(json.name, 'name'),
    startNanos: integerAt(json.startTimeUnixNano, 'startTimeUnixNano', 0n, MAX_UINT64),
    endNanos: integerAt(json.endTimeUnixNano, 'endTimeUnixNano', 0n, MAX_UINT64),
    statusCode: readStatusCode(status.code),
    statusMessage: textAt(status.message, 'status.message'),
    attributes: [],
    events: [],
    fault: null,
  }
  const values = new ValueCount()
  try {
    readAttributesOf(json.attributes, 'attributes', values, span.attributes)
    for (const event of listAt(json.events, 'events')) {
      span.events.push(readEvent(objectAt(event, 'events'), values))
    }
  } catch (error) {
    span.fault = faultOf(error)
  }
  span.values = values.total
  return span
}

const STATUS_NAMES: Record<string, number> = { STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 }

/** An integer; the names of the general protobuf JSON mapping are understood too. Anything else is unset. */
function readStatusCode(json: unknown): number {
  if (typeof json === 'string') return STATUS_NAMES[json] ?? 0
  return typeof json === 'number' ? json : 0
}

function readEvent(json: Json, values: ValueCount): OtlpEvent {
  values.add(1)
  const event: OtlpEvent = {
    name: textAt(json.name, 'events.name'),
    timeNanos: integerAt(json.timeUnixNano, 'timeUnixNano', 0n, MAX_UINT64),
    attributes: [],
  }
  readAttributesOf(json.attributes, 'events.attributes', values, event.attributes)
  return event
}

/** Why the span is rejected. @throws what is wrong with the whole document */
function faultOf(error: unknown): string {
  if (error instanceof TooDeep) return TOO_DEEP
  if (error instanceof OverBudget) return error.message
  throw error
}

function readAttributesOf(json: unknown, place: string, values: ValueCount, into: Attribute[]): void {
  for (const item of listAt(json, place)) into.push(readAttribute(objectAt(item, place), 0, values))
}

/** Of a resource only one text matters: a value nested too deeply, or too large, is none of our business. */
function* readResource(json: unknown): Generator<Attribute> {
  for (const item of listAt(json, 'resource.attributes')) {
    try {
      yield readAttribute(objectAt(item, 'resource.attributes'), 0, new ValueCount())
    } catch (error) {
      faultOf(error)
    }
  }
}

function readAttribute(json: Json, depth: number, values: ValueCount): Attribute {
  values.add(1)
  return [textAt(json.key, 'key'), readValue(json.value, depth, values)]
}

function readValue(json: unknown, depth: number, values: ValueCount): Value {
  if (json === undefined || json === null) return null
  if (depth > MAX_VALUE_DEPTH) throw new TooDeep()
  const value = objectAt(json, 'value')
  if (isSet(value.stringValue)) return textAt(value.stringValue, 'stringValue')
  if (isSet(value.boolValue)) return readBool(value.boolValue)
  if (isSet(value.intValue)) return integerAt(value.intValue, 'intValue', -MAX_INT64 - 1n, MAX_INT64)
  if (isSet(value.doubleValue)) return readDouble(value.doubleValue)
  if (isSet(value.arrayValue)) {
    const items = listAt(objectAt(value.arrayValue, 'arrayValue').values, 'arrayValue.values')
    return items.map((item) => readItem(item, depth + 1, values))
  }
  if (isSet(value.kvlistValue)) {
    const items = listAt(objectAt(value.kvlistValue, 'kvlistValue').values, 'kvlistValue.values')
    return new Map(
      items.map((item) => readAttribute(objectAt(item, 'kvlistValue.values'), depth + 1, values)),
    )
  }
  if (isSet(value.bytesValue)) return Buffer.from(textAt(value.bytesValue, 'bytesValue'), 'base64')
  return null
}

function readItem(json: unknown, depth: number, values: ValueCount): Value {
  values.add(1)
  return readValue(json, depth, values)
}

const isSet = (json: unknown) => json !== undefined && json !== null

function readBool(json: unknown): boolean {
  if (typeof json === 'boolean') return json
  throw new WrongShape('boolValue must be true or false')
}

/** A number, or text: the words NaN, Infinity and -Infinity, or a number in decimal. */
function readDouble(json: unknown): number {
  if (typeof json === 'number' || typeof json === 'bigint') return Number(json)
  if (
    typeof json === 'string' &&
    (json === 'NaN' || /^-?(Infinity|\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(json))
  ) {
    return Number(json)
  }
  throw new WrongShape('doubleValue must be a number')
}
