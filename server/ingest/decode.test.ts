import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { textOfJsonb } from '#server/db/jsonb'
import type { IngestRequest } from '#server/ingest/client'
import { type Decoded, type OpenOptions, openRequest } from '#server/ingest/decode'
import type { OtlpSpan, Value } from '#server/otlp/model'
import { spansByGeneratedCode } from '../../test/generated-code'
import { asJson, exportRequest, type JsonKeyValue, type JsonSpan, type JsonValue } from '../../test/otlp'
import { RECEIVED_AT } from '../../test/received-spans'
import { field, IDS, RandomMessages, request } from '../../test/wire-messages'

const OPTIONS: OpenOptions = { maxInflatedBytes: 2 ** 27, receivedAt: RECEIVED_AT }

function open(body: Uint8Array, over: Partial<IngestRequest> = {}, options: Partial<OpenOptions> = {}) {
  const whole: IngestRequest = { body, encoding: 'protobuf', coding: 'identity', projectName: null, ...over }
  return openRequest(whole, { ...OPTIONS, ...options })
}

const all = (spans: Iterator<Decoded>): Decoded[] => {
  const list: Decoded[] = []
  for (let step = spans.next(); !step.done; step = spans.next()) list.push(step.value)
  return list
}

function jsonValue(value: Value): JsonValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return { doubleValue: Number.isFinite(value) ? value : String(value) }
  if (value === null) return {}
  if (Array.isArray(value)) return { arrayValue: { values: value.map(jsonValue) } }
  if (value instanceof Map) return { kvlistValue: { values: [...value].map(jsonKeyValue) } }
  return { bytesValue: Buffer.from(value).toString('base64') }
}

const jsonKeyValue = ([key, value]: readonly [string, Value]): JsonKeyValue => ({
  key,
  value: jsonValue(value),
})

const jsonSpan = (span: OtlpSpan): JsonSpan => ({
  ...{ traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId, name: span.name },
  startTimeUnixNano: String(span.startNanos),
  endTimeUnixNano: String(span.endNanos),
  status: { code: span.statusCode, message: span.statusMessage },
  attributes: span.attributes.map(jsonKeyValue),
  events: span.events.map(({ name, timeNanos, attributes }) => ({
    ...{ name, timeUnixNano: String(timeNanos) },
    attributes: attributes.map(jsonKeyValue),
  })),
})

const readers = {
  text: (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8'),
  'sqlite-jsonb': textOfJsonb,
}

describe.each(['text', 'sqlite-jsonb'] as const)('documents in the form %s', (json) => {
  const withText = (decoded: Decoded) => {
    if ('reason' in decoded) return decoded
    const { attributes, events, ...row } = decoded.row
    return {
      ...row,
      attributes: readers[json](attributes as Uint8Array),
      events: readers[json](events as Uint8Array),
    }
  }

  it('are the same whether spans come as protobuf or as JSON', () => {
    const messages = new RandomMessages({ seed: 47 })
    for (let index = 0; index < 500; index++) {
      const body = messages.next()
      const inJson = asJson(exportRequest(spansByGeneratedCode(body).map(jsonSpan)))
      const rows = all(open(body, { projectName: 'p' }, { json }).spans).map(withText)
      const jsonRows = all(open(inJson, { projectName: 'p', encoding: 'json' }, { json }).spans).map(withText)
      expect({ index, rows }).toEqual({ index, rows: jsonRows })
    }
  }, 60_000)
})

describe('the project', () => {
  const named = (name: string, spans: Buffer) =>
    field(
      1,
      field(1, field(1, field(1, 'openinference.project.name'), field(2, field(1, name)))),
      field(2, field(2, spans)),
    )
  const projects = (body: Buffer, projectName: string | null = null) =>
    all(open(body, { projectName }).spans).map((decoded) =>
      'reason' in decoded ? decoded.reason : decoded.project,
    )

  it('is that of each resource', () => {
    expect(projects(Buffer.concat([named('a', IDS), named('b', IDS), named('a', IDS)]))).toEqual([
      'a',
      'b',
      'a',
    ])
  })

  it('is the default without one', () => expect(projects(request([IDS]))).toEqual(['default']))

  it('is what the header says', () => expect(projects(named('a', IDS), 'h')).toEqual(['h']))

  it('refuses its own spans alone when its name is too long', () => {
    const long = 'x'.repeat(1001)
    expect(projects(Buffer.concat([named(long, IDS), named('b', IDS)]))).toEqual([
      "its project's name is longer than 1000 bytes",
      'b',
    ])
  })
})

describe('a request of more spans than are decoded at once', () => {
  const spanOf = (index: number) => Buffer.concat([IDS, field(5, `span ${index}`)])
  const many = (count: number) => Array.from({ length: count }, (_, index) => spanOf(index))
  const namesOf = (decoded: Decoded[]) => decoded.map((one) => ('row' in one ? one.row.name : one.reason))

  it.each([2047, 2048, 2049, 5000])('gives all %i of them, in order', (count) => {
    const { count: counted, spans } = open(request(many(count)))
    expect(counted).toBe(count)
    expect(namesOf(all(spans))).toEqual(Array.from({ length: count }, (_, index) => `span ${index}`))
  })

  it('is refused as a whole when the last of them is broken', () => {
    const broken = Buffer.concat([spanOf(0), Buffer.from([0x2a, 99])])
    expect(() => open(request([...many(3000), broken]))).toThrow(
      expect.objectContaining({ kind: 'undecodable' }),
    )
  })

  it('is refused as a whole when a value in the last of them is broken', () => {
    const broken = field(9, field(1, 'k'), field(2, field(5, Buffer.from([0x0a, 99]))))
    expect(() => open(request([...many(3000), broken]))).toThrow(
      expect.objectContaining({ kind: 'undecodable' }),
    )
  })

  it('may share the time with another one', () => {
    const [one, other] = [open(request(many(3000))).spans, open(request(many(3000).toReversed())).spans]
    const taken: [string[], string[]] = [[], []]
    for (let index = 0; index < 3000; index++) {
      for (const [which, spans] of [one, other].entries()) {
        const { value } = spans.next()
        taken[which as 0 | 1].push(...namesOf([value]))
      }
    }
    expect(taken[0]).toEqual(taken[1].toReversed())
  })
})

describe('a compressed body', () => {
  it('is refused when it is larger than allowed once inflated', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    expect(() => open(bomb, { coding: 'gzip' }, { maxInflatedBytes: 2 ** 20 })).toThrow(
      expect.objectContaining({ kind: 'too_large' }),
    )
  })

  it('is refused when it is cut off', () => {
    const whole = gzipSync(request([IDS]))
    expect(() => open(whole.subarray(0, whole.length - 9), { coding: 'gzip' })).toThrow(
      expect.objectContaining({ kind: 'undecodable' }),
    )
  })

  it('is refused when it is none', () => {
    expect(() => open(Buffer.from('no'), { coding: 'deflate' })).toThrow(
      expect.objectContaining({ kind: 'undecodable' }),
    )
  })
})
