/**
 * Requests of generated spans as bytes. What spans share is encoded once, by the generated code; a span is then its ids
 * and times put before it, in the order of the fields, as an exporter writes them.
 */
import { type JsonKeyValue, type JsonRequest, partAsProtobuf, text } from '../../test/otlp'
import type { SpanContent } from './contents'
import { type GeneratedSpan, toJsonSpan } from './generator'

/** The resource's attributes, as an SDK sends them. */
const resourceOf = (project: string): JsonKeyValue[] => [
  text('openinference.project.name', project),
  text('service.name', 'support-agent'),
  text('telemetry.sdk.language', 'python'),
  text('telemetry.sdk.name', 'opentelemetry'),
  text('telemetry.sdk.version', '1.38.0'),
]
const SCOPE = { name: 'openinference.instrumentation.openai', version: '0.1.41' }

/** An ExportTraceServiceRequest in OTLP's JSON. */
export function encodeJson(spans: readonly GeneratedSpan[], project: string): Buffer {
  const request: JsonRequest = {
    resourceSpans: [
      {
        resource: { attributes: resourceOf(project) },
        scopeSpans: [{ scope: SCOPE, spans: spans.map(toJsonSpan) }],
      },
    ],
  }
  return Buffer.from(JSON.stringify(request))
}

/** An ExportTraceServiceRequest in protobuf. */
export function encodeProtobuf(spans: readonly GeneratedSpan[], project: string): Buffer {
  const resource = partAsProtobuf('resource', { attributes: resourceOf(project) })
  const scope = partAsProtobuf('scopeSpans', { scope: SCOPE })
  const scopeSpans = [scope, ...spans.flatMap((span) => asField(2, encodeSpan(span)))]
  const resourceSpans = [...asField(1, [resource]), ...asField(2, scopeSpans)]
  return Buffer.concat(asField(1, resourceSpans))
}

function encodeSpan(span: GeneratedSpan): Buffer[] {
  const shared = sharedOf(span.content)
  return [
    encodeIds(span),
    shared.head,
    encodeTimes(span),
    encodeIdentity(span.identity),
    shared.attributes,
    ...(span.content.error ? [partAsProtobuf('span', { events: toJsonSpan(span).events })] : []),
    shared.status,
  ]
}

/** `trace_id`, `span_id` and `parent_span_id`: fields 1, 2 and 4. */
function encodeIds({ traceId, spanId, parentSpanId }: GeneratedSpan): Buffer {
  const parent = parentSpanId === '' ? '' : `2208${parentSpanId}`
  return Buffer.from(`0a10${traceId}1208${spanId}${parent}`, 'hex')
}

/** `start_time_unix_nano` and `end_time_unix_nano`: fields 7 and 8, eight bytes each. */
function encodeTimes({ startNanos, endNanos }: GeneratedSpan): Buffer {
  const bytes = Buffer.alloc(18)
  bytes.writeUInt8((7 << 3) | 1, 0)
  bytes.writeBigUInt64LE(startNanos, 1)
  bytes.writeUInt8((8 << 3) | 1, 9)
  bytes.writeBigUInt64LE(endNanos, 10)
  return bytes
}

interface Shared {
  head: Buffer
  attributes: Buffer
  status: Buffer
}

const sharedByContent = new WeakMap<SpanContent, Shared>()

function sharedOf(content: SpanContent): Shared {
  const known = sharedByContent.get(content)
  if (known) return known
  const status = content.error ? { code: 2, message: content.error.message } : { code: 1 }
  const shared = {
    head: partAsProtobuf('span', { name: content.name, kind: 1 }),
    attributes: partAsProtobuf('span', { attributes: content.attributes }),
    status: partAsProtobuf('span', { status }),
  }
  sharedByContent.set(content, shared)
  return shared
}

let lastIdentity: { of: JsonKeyValue[]; bytes: Buffer } | null = null

/** Spans of one tree follow each other and share theirs. */
function encodeIdentity(identity: JsonKeyValue[]): Buffer {
  if (lastIdentity?.of !== identity) {
    lastIdentity = { of: identity, bytes: partAsProtobuf('span', { attributes: identity }) }
  }
  return lastIdentity.bytes
}

/** The pieces as one field that holds a message: its tag, the length, the pieces. */
function asField(number: number, pieces: Buffer[]): Buffer[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return [Buffer.from([(number << 3) | 2, ...varint(length)]), ...pieces]
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}
