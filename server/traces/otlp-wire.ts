/** The OTLP form of spans on REST: snake_case, ids in hex, every optional field there and null when unset. */
import { z } from 'zod'
import 'zod-openapi'
import { readEvents } from '#server/traces/events'
import { flattenAttributes } from '#server/traces/flatten'
import { listItems } from '#server/traces/json-text'
import type { SpanRow } from '#server/traces/list-spans'
import type { StatusCode } from '#server/traces/model'

const text = z.string().nullable()
const count = z.int().min(0).nullable()
/** Wider than JavaScript's own integers. */
const int64 = z.number().meta({ override: { type: 'integer', format: 'int64' } })
const nanos = int64.nullable()

export const OtlpAnyValue = z
  .object({
    get array_value() {
      return z.object({ values: z.array(OtlpAnyValue) }).nullable()
    },
    bool_value: z.boolean().nullable(),
    bytes_value: text,
    double_value: z.union([z.number(), z.enum(['Infinity', '-Infinity', 'NaN'])]).nullable(),
    int_value: int64.nullable(),
    kvlist_value: z.null(),
    string_value: text,
  })
  .meta({ id: 'OtlpAnyValue' })

const OtlpKeyValue = z.object({ key: text, value: OtlpAnyValue.nullable() }).meta({ id: 'OtlpKeyValue' })

const OtlpEvent = z
  .object({
    attributes: z.array(OtlpKeyValue).nullable(),
    dropped_attributes_count: count,
    name: text,
    time_unix_nano: nanos,
  })
  .meta({ id: 'OtlpEvent' })

export const OtlpSpan = z
  .object({
    attributes: z.array(OtlpKeyValue).nullable(),
    dropped_attributes_count: count,
    dropped_events_count: count,
    dropped_links_count: count,
    end_time_unix_nano: nanos,
    events: z.array(OtlpEvent).nullable(),
    flags: count,
    kind: z.literal('SPAN_KIND_INTERNAL'),
    links: z.null(),
    name: text,
    parent_span_id: text,
    span_id: text,
    start_time_unix_nano: nanos,
    status: z.object({ code: z.int(), message: text }).nullable().meta({ id: 'OtlpStatus' }),
    trace_id: text,
    trace_state: text,
  })
  .meta({ id: 'OtlpSpan' })

export const OtlpSpansAnswer = z.object({ data: z.array(OtlpSpan), next_cursor: z.string().nullable() })

const STATUS_NUMBERS: Record<StatusCode, number> = { UNSET: 0, OK: 1, ERROR: 2 }

/** One span as JSON text. */
export function spanToOtlp(span: SpanRow): string {
  const events = readEvents(span.eventsJson).map(
    ({ name, micros, attributes }) =>
      `{"attributes":${keyValues(attributes)},"dropped_attributes_count":null,"name":${name},"time_unix_nano":${nanosOf(micros)}}`,
  )
  const status = { code: STATUS_NUMBERS[span.statusCode], message: span.statusMessage || null }
  const fields: [string, string][] = [
    ['attributes', keyValues(span.attributesJson)],
    ['dropped_attributes_count', 'null'],
    ['dropped_events_count', 'null'],
    ['dropped_links_count', 'null'],
    ['end_time_unix_nano', nanosOf(span.endTime)],
    ['events', events.length === 0 ? 'null' : `[${events.join(',')}]`],
    ['flags', 'null'],
    ['kind', '"SPAN_KIND_INTERNAL"'],
    ['links', 'null'],
    ['name', JSON.stringify(span.name)],
    ['parent_span_id', JSON.stringify(span.parentId)],
    ['span_id', JSON.stringify(span.spanId)],
    ['start_time_unix_nano', nanosOf(span.startTime)],
    ['status', JSON.stringify(status)],
    ['trace_id', JSON.stringify(span.traceId)],
    ['trace_state', 'null'],
  ]
  return `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`
}

/** Microseconds as nanoseconds, exact where a double would not be. */
const nanosOf = (micros: number) => (BigInt(Math.max(0, micros)) * 1000n).toString()

function keyValues(json: string): string {
  const pairs = new Map(flattenAttributes(json).map(({ key, value }) => [key, value]))
  const list = [...pairs].map(([key, value]) => `{"key":"${key}","value":${anyValue(value)}}`)
  return `[${list.join(',')}]`
}

const FIELDS = [
  'array_value',
  'bool_value',
  'bytes_value',
  'double_value',
  'int_value',
  'kvlist_value',
  'string_value',
] as const

/** A value with one field set, or none. */
function valueWith(field: (typeof FIELDS)[number] | null, json: string): string {
  return `{${FIELDS.map((name) => `"${name}":${name === field ? json : 'null'}`).join(',')}}`
}

/** What the protobuf JSON mapping writes for doubles that JSON has no number for. */
const NO_NUMBERS = ['"NaN"', '"Infinity"', '"-Infinity"']
/** Lists within lists beyond this become text. */
const MAX_DEPTH = 64

/** A flattened value, as JSON text, in OTLP's form. Null and an empty object set no field. */
export function anyValue(json: string, depth = 0): string {
  const first = json[0]
  if (first === '"') return valueWith(NO_NUMBERS.includes(json) ? 'double_value' : 'string_value', json)
  if (json === 'true' || json === 'false') return valueWith('bool_value', json)
  if (first === '[') {
    if (depth >= MAX_DEPTH) return valueWith('string_value', JSON.stringify(json))
    const values = listItems(json).map((item) => anyValue(item, depth + 1))
    return valueWith('array_value', `{"values":[${values.join(',')}]}`)
  }
  if (first === '{' || json === 'null') return valueWith(null, '')
  if (isInt64(json)) return valueWith('int_value', json)
  const double = Number(json)
  return valueWith('double_value', Number.isFinite(double) ? json : double > 0 ? '"Infinity"' : '"-Infinity"')
}

/** Written without fraction or exponent, and no wider than 64 bits. */
function isInt64(literal: string): boolean {
  if (!/^-?\d{1,19}$/.test(literal)) return false
  return BigInt.asIntN(64, BigInt(literal)) === BigInt(literal)
}
