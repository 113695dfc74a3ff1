import { describe, expect, it } from 'vitest'
import { opentelemetry } from '#proto/generated/trace.js'
import { asProtobuf } from '../../test/otlp'
import { encodeJson, encodeProtobuf } from './encode'
import { generateSpans, takeSpans, type Weight } from './generator'

const { ExportTraceServiceRequest } = opentelemetry.proto.collector.trace.v1
const some = (count: number, options: Parameters<typeof generateSpans>[0] = {}) =>
  takeSpans(generateSpans(options), count)

describe('the generator of the bench', () => {
  it.each<[Weight, number, number]>([
    ['heavy', 4_500, 5_500],
    ['light', 520, 680],
  ])('makes %s spans of %d to %d bytes of protobuf', (weight, least, most) => {
    const size = encodeProtobuf(some(8_000, { weight }), 'bench').length / 8_000
    expect(size).toBeGreaterThan(least)
    expect(size).toBeLessThan(most)
  })

  it('makes the same bytes for the same seed, and no id twice with another', () => {
    expect(encodeProtobuf(some(100), 'a').equals(encodeProtobuf(some(100), 'a'))).toBe(true)
    const ids = [...some(5_000, { seed: 1 }), ...some(5_000, { seed: 2 })].map((span) => span.spanId)
    expect(new Set(ids).size).toBe(10_000)
  })

  it('writes protobuf and JSON that say the same', () => {
    const spans = some(600)
    const fromJson = asProtobuf(JSON.parse(encodeJson(spans, 'bench').toString()))
    const asWritten = ExportTraceServiceRequest.decode(encodeProtobuf(spans, 'bench'))
    expect(asWritten).toEqual(ExportTraceServiceRequest.decode(fromJson))
  })

  it('makes trees of eight whose leaves come first, and one of five hundred', () => {
    const spans = some(499 * 8 + 500)
    const [first] = spans
    const tree = spans.filter((span) => span.traceId === first?.traceId)
    expect(tree).toHaveLength(8)
    expect(tree.map((span) => span.parentSpanId === '')).toEqual([...Array(7).fill(false), true])
    expect(spans.filter((span) => span.traceId === spans.at(-1)?.traceId)).toHaveLength(500)
  })

  it('starts a child after its parent and ends it before', () => {
    const spans = some(8)
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const children = spans.filter((span) => span.parentSpanId !== '')
    const inside = children.filter((span) => {
      const parent = byId.get(span.parentSpanId)
      return parent && span.startNanos > parent.startNanos && span.endNanos < parent.endNanos
    })
    expect(inside).toHaveLength(7)
  })
})
