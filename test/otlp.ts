/**
 * Export requests for tests. They are written once, in OTLP's JSON form, and sent as JSON or, through the generated
 * code, as protobuf.
 */
import { opentelemetry } from '#proto/generated/trace.js'

const { ExportTraceServiceRequest, ExportTraceServiceResponse } = opentelemetry.proto.collector.trace.v1

/** `{ stringValue: 'x' }`, `{ intValue: '5' }` … as in OTLP's JSON. */
export interface JsonValue {
  stringValue?: string
  boolValue?: boolean
  intValue?: string | number
  doubleValue?: number | string
  arrayValue?: { values: JsonValue[] }
  kvlistValue?: { values: JsonKeyValue[] }
  bytesValue?: string
}

export interface JsonKeyValue {
  key: string
  value?: JsonValue
}

export interface JsonSpan {
  traceId?: string
  spanId?: string
  parentSpanId?: string
  name?: string
  kind?: number
  startTimeUnixNano?: string
  endTimeUnixNano?: string
  attributes?: JsonKeyValue[]
  events?: { name?: string; timeUnixNano?: string; attributes?: JsonKeyValue[] }[]
  status?: { code?: number; message?: string }
}

export interface JsonRequest {
  resourceSpans: {
    resource?: { attributes: JsonKeyValue[] }
    scopeSpans: { scope?: { name: string }; spans: JsonSpan[] }[]
  }[]
}

/** A request with these spans, in a project of this name or in none. */
export function exportRequest(spans: JsonSpan[], project?: string): JsonRequest {
  const attributes = project === undefined ? [] : [text('openinference.project.name', project)]
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'test' }, spans }] }] }
}

/** An attribute that is text. */
export const text = (key: string, stringValue: string): JsonKeyValue => ({ key, value: { stringValue } })

export const asJson = (request: JsonRequest): Buffer => Buffer.from(JSON.stringify(request))

export function asProtobuf(request: JsonRequest): Buffer {
  return Buffer.from(ExportTraceServiceRequest.encode(toMessage(request) as object).finish())
}

const PARTS = {
  resource: opentelemetry.proto.resource.v1.Resource,
  scopeSpans: opentelemetry.proto.trace.v1.ScopeSpans,
  span: opentelemetry.proto.trace.v1.Span,
}

/** A message out of the middle of a request, with nothing around it. */
export function partAsProtobuf(part: keyof typeof PARTS, json: object): Buffer {
  return Buffer.from(PARTS[part].encode(toMessage(json) as object).finish())
}

/** The object the generated code encodes: ids and bytes as bytes, the words of doubles as doubles. */
function toMessage(json: unknown, key = ''): unknown {
  if (Array.isArray(json)) return json.map((item) => toMessage(item))
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, toMessage(value, name)]))
  }
  if (typeof json === 'string' && /^(traceId|spanId|parentSpanId)$/.test(key)) return Buffer.from(json, 'hex')
  if (typeof json === 'string' && key === 'bytesValue') return Buffer.from(json, 'base64')
  if (key === 'doubleValue') return Number(json)
  return json
}

/** The partial success of a protobuf answer as the published definitions read it; null when there is none. */
export function readPartialSuccess(body: Uint8Array): { rejected: number; message: string } | null {
  const { partialSuccess } = ExportTraceServiceResponse.decode(body)
  if (!partialSuccess) return null
  return { rejected: Number(partialSuccess.rejectedSpans), message: partialSuccess.errorMessage ?? '' }
}
