/** What the generated code makes of a request: the measure our own reader is held to. */
import { opentelemetry } from '#proto/generated/trace.js'
import type { Attribute, OtlpEvent, OtlpSpan, Value } from '#server/otlp/model'

type Any = opentelemetry.proto.common.v1.IAnyValue
type KeyValue = opentelemetry.proto.common.v1.IKeyValue
type Span = opentelemetry.proto.trace.v1.ISpan
type Long = { toString(): string } | number | bigint | null | undefined

/** The spans of a request. @throws Error when the generated code refuses it */
export function spansByGeneratedCode(body: Uint8Array): OtlpSpan[] {
  const request = opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest.decode(body)
  return (request.resourceSpans ?? []).flatMap((group) =>
    (group.scopeSpans ?? []).flatMap((scope) => (scope.spans ?? []).map(toSpan)),
  )
}

const hex = (bytes: Uint8Array | string | null | undefined) =>
  Buffer.from((bytes ?? '') as Uint8Array).toString('hex')
const integer = (value: Long) => BigInt((value ?? 0).toString())

function toSpan(span: Span): OtlpSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name ?? '',
    startNanos: integer(span.startTimeUnixNano),
    endNanos: integer(span.endTimeUnixNano),
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? '',
    attributes: (span.attributes ?? []).map(toAttribute),
    events: (span.events ?? []).map(
      (event): OtlpEvent => ({
        name: event.name ?? '',
        timeNanos: integer(event.timeUnixNano),
        attributes: (event.attributes ?? []).map(toAttribute),
      }),
    ),
    fault: null,
  }
}

const toAttribute = ({ key, value }: KeyValue): Attribute => [key ?? '', toValue(value)]

function toValue(value: Any | null | undefined): Value {
  // Which of the fields counts; the others may hold what came before.
  switch ((value as { value?: string } | null | undefined)?.value) {
    case 'stringValue':
      return value?.stringValue ?? ''
    case 'boolValue':
      return value?.boolValue ?? false
    case 'intValue':
      return integer(value?.intValue)
    case 'doubleValue':
      return value?.doubleValue ?? 0
    case 'arrayValue':
      return (value?.arrayValue?.values ?? []).map(toValue)
    case 'kvlistValue':
      return new Map((value?.kvlistValue?.values ?? []).map(toAttribute))
    case 'bytesValue':
      return Buffer.from(value?.bytesValue as Uint8Array)
  }
  return null
}
