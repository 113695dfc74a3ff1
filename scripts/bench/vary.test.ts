import { expect, it } from 'vitest'
import { opentelemetry } from '#proto/generated/trace.js'
import { asProtobuf } from '../../test/otlp'
import { encodeJson, encodeProtobuf } from './encode'
import { generateSpans, takeSpans } from './generator'
import { findPlaces, vary } from './vary'

const { ExportTraceServiceRequest } = opentelemetry.proto.collector.trace.v1
/** Two small trees, a large one, two small ones: none is cut. */
const spans = takeSpans(generateSpans({ largeTreeEvery: 3 }), 532)

interface Plain {
  traceId: string
  spanId: string
  parentSpanId: string
  startNanos: bigint
  endNanos: bigint
}

/** The spans of a body as the generated code, or JSON's own parser, reads them. */
function readBack(body: Buffer, encoding: 'protobuf' | 'json'): Plain[] {
  const request = encoding === 'json' ? asProtobuf(JSON.parse(body.toString())) : body
  const { resourceSpans } = ExportTraceServiceRequest.decode(request)
  return (resourceSpans?.[0]?.scopeSpans?.[0]?.spans ?? []).map((span) => ({
    traceId: Buffer.from(span.traceId ?? []).toString('hex'),
    spanId: Buffer.from(span.spanId ?? []).toString('hex'),
    parentSpanId: Buffer.from(span.parentSpanId ?? []).toString('hex'),
    startNanos: BigInt(String(span.startTimeUnixNano)),
    endNanos: BigInt(String(span.endTimeUnixNano)),
  }))
}

const bodies = { protobuf: encodeProtobuf(spans, 'bench'), json: encodeJson(spans, 'bench') }

it.each(['protobuf', 'json'] as const)('makes new spans of a %s body that is sent again', (encoding) => {
  const body = Buffer.from(bodies[encoding])
  const places = findPlaces(body, encoding)
  const first = readBack(body, encoding)
  expect(first).toHaveLength(532)
  vary(body, places, encoding, 1)
  const second = readBack(body, encoding)
  vary(body, places, encoding, 2)
  const third = readBack(body, encoding)
  const ids = [...first, ...second, ...third].map((span) => `${span.traceId}:${span.spanId}`)
  expect(new Set(ids).size).toBe(1596)
  expect(second.map((span) => span.startNanos - (first.shift()?.startNanos ?? 0n))).toEqual(
    Array(532).fill(3_600_000_000_000n),
  )
})

it.each(['protobuf', 'json'] as const)('keeps parents and durations of a %s body', (encoding) => {
  const body = Buffer.from(bodies[encoding])
  const before = readBack(body, encoding)
  vary(body, findPlaces(body, encoding), encoding, 1)
  const after = readBack(body, encoding)
  const shape = (list: Plain[]) => {
    const ids = list.map((span) => `${span.traceId}:${span.spanId}`)
    return list.map((span) => ({
      parent: span.parentSpanId === '' ? null : ids.indexOf(`${span.traceId}:${span.parentSpanId}`),
      nanos: span.endNanos - span.startNanos,
    }))
  }
  expect(shape(after)).toEqual(shape(before))
  expect(shape(after).filter(({ parent }) => parent === -1)).toEqual([])
})
