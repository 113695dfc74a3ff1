import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReceivedSpan } from '#server/otlp/model'
import { Malformed } from '#server/otlp/wire/reader'
import {
  asJson,
  asProtobuf,
  exportRequest,
  type JsonRequest,
  type JsonSpan,
  type JsonValue,
} from '../../test/otlp'
import { decodeJson, decodeProtobuf } from '../../test/received-spans'

const fromJson = (text: string) => decodeJson(Buffer.from(text))
const spanJson = (members: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${members}}]}]}]}`
const only = (spans: ReceivedSpan[]) => {
  expect(spans).toHaveLength(1)
  return (spans[0] as ReceivedSpan).span
}
const attributeJson = (value: string) =>
  only(fromJson(spanJson(`"attributes":[{"key":"k","value":${value}}]`))).attributes

/** An integer inside so many lists. The generated code does not write as deep as we read, so bytes are made by hand. */
function nestedInLists(depth: number): { json: JsonValue; protobuf: Buffer } {
  let json: JsonValue = { intValue: '1' }
  let protobuf: Buffer = Buffer.from([0x18, 1])
  for (let level = 0; level < depth; level++) {
    json = { arrayValue: { values: [json] } }
    protobuf = lengthDelimited(0x2a, lengthDelimited(0x0a, protobuf))
  }
  return { json, protobuf }
}

function lengthDelimited(tag: number, content: Buffer): Buffer {
  const header = [tag]
  let { length } = content
  for (; length > 127; length >>= 7) header.push((length & 127) | 128)
  return Buffer.concat([Buffer.from([...header, length]), content])
}

/** Two spans, the first with an attribute of this value, in both forms. */
function requestsWith({ json, protobuf }: ReturnType<typeof nestedInLists>): [Buffer, Buffer] {
  const request = exportRequest([{ name: 'deep', attributes: [{ key: 'k', value: json }] }, { name: 'fine' }])
  const attribute = lengthDelimited(0x4a, lengthDelimited(0x12, protobuf))
  const spans = [
    lengthDelimited(0x12, attribute),
    lengthDelimited(0x12, lengthDelimited(0x2a, Buffer.from('fine'))),
  ]
  const scope = lengthDelimited(0x12, Buffer.concat(spans))
  return [lengthDelimited(0x0a, scope), asJson(request)]
}

describe('both decoders', () => {
  const both = (request: JsonRequest) => [decodeProtobuf(asProtobuf(request)), decodeJson(asJson(request))]

  it('read every field into the same span', () => {
    const span: JsonSpan = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: 'aabbccddeeff0011',
      name: 'näme',
      kind: 3,
      startTimeUnixNano: '1704164645123456999',
      endTimeUnixNano: '18446744073709551615',
      status: { code: 2, message: 'boom' },
      attributes: [
        { key: 's', value: { stringValue: 'x' } },
        { key: 'b', value: { boolValue: false } },
        { key: 'i', value: { intValue: '-9223372036854775808' } },
        { key: 'd', value: { doubleValue: 1.5 } },
        { key: 'n', value: { doubleValue: 'NaN' } },
        { key: 'y', value: { bytesValue: 'AP8Q' } },
        { key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, {}, { stringValue: 'z' }] } } },
        {
          key: 'm',
          value: { kvlistValue: { values: [{ key: 'p', value: { intValue: '9007199254740993' } }] } },
        },
        { key: 'u' },
      ],
      events: [{ name: 'e', timeUnixNano: '5', attributes: [{ key: 'x', value: { intValue: '7' } }] }],
    }
    const expected = {
      resourceProject: 'p',
      span: {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        parentSpanId: 'aabbccddeeff0011',
        name: 'näme',
        startNanos: 1704164645123456999n,
        endNanos: 18446744073709551615n,
        statusCode: 2,
        statusMessage: 'boom',
        attributes: [
          ['s', 'x'],
          ['b', false],
          ['i', -9223372036854775808n],
          ['d', 1.5],
          ['n', Number.NaN],
          ['y', Buffer.from([0, 255, 16])],
          ['a', [1n, null, 'z']],
          ['m', new Map([['p', 9007199254740993n]])],
          ['u', null],
        ],
        events: [{ name: 'e', timeNanos: 5n, attributes: [['x', 7n]] }],
        values: 15,
        fault: null,
      },
    }
    for (const spans of both(exportRequest([span], 'p'))) expect(spans).toEqual([expected])
  })

  it('agree on whatever can be said in both', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
    const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
    const { attributes } = fc.letrec<{
      value: JsonValue
      attributes: { key: string; value: JsonValue }[]
    }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.record({ stringValue: text }),
        fc.record({ boolValue: fc.boolean() }),
        fc.record({ intValue: int64 }),
        fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
        fc.record({ bytesValue: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')) }),
        fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
        fc.record({ kvlistValue: fc.record({ values: tie('attributes') }) }),
      ) as fc.Arbitrary<JsonValue>,
      attributes: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 3 }),
    }))
    const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`))
    const span = fc.record({
      traceId: hex(32),
      spanId: hex(16),
      parentSpanId: fc.oneof(fc.constant(''), hex(16)),
      name: text,
      startTimeUnixNano: uint64,
      endTimeUnixNano: uint64,
      status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
      attributes,
      events: fc.array(fc.record({ name: text, timeUnixNano: uint64, attributes }), { maxLength: 2 }),
    })
    const requests = fc.array(span, { maxLength: 3 }).map((spans) => exportRequest(spans as JsonSpan[], 'p'))
    fc.assert(
      fc.property(requests, (request) => {
        const [protobuf, json] = both(request)
        expect(protobuf).toEqual(json)
      }),
      { seed: 41, numRuns: 300 },
    )
  })

  it('find the project even when the resource comes after its spans', () => {
    const request = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'x' }] }] }] }
    const spansFirst = asProtobuf(request)
    const resource = asProtobuf(exportRequest([], 'late')).subarray(2)
    const inner = Buffer.concat([spansFirst.subarray(2), resource])
    const late = Buffer.concat([Buffer.from([0x0a, inner.length]), inner])
    expect(decodeProtobuf(late).map((received) => received.resourceProject)).toEqual(['late'])
  })

  it('take the first project attribute that is a text with content', () => {
    const key = 'openinference.project.name'
    const attributes = [
      { key, value: { intValue: '5' } },
      { key, value: { stringValue: '' } },
      { key, value: { stringValue: 'first' } },
      { key, value: { stringValue: 'second' } },
    ]
    const request = {
      resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ name: 'x' }] }] }],
    }
    for (const spans of both(request)) expect(spans[0]?.resourceProject).toBe('first')
  })

  it('reject a span, not the request, when a value is nested too deeply', () => {
    const [protobuf, json] = requestsWith(nestedInLists(65))
    for (const spans of [decodeProtobuf(protobuf), decodeJson(json)]) {
      expect(spans.map(({ span }) => span.fault)).toEqual([
        'an attribute is nested deeper than 64 levels',
        null,
      ])
      expect(spans[1]?.span.name).toBe('fine')
    }
  })

  it('accept a value nested as deeply as allowed', () => {
    const [protobuf, json] = requestsWith(nestedInLists(64))
    for (const spans of [decodeProtobuf(protobuf), decodeJson(json)]) {
      expect(spans.map(({ span }) => span.fault)).toEqual([null, null])
    }
  })

  it('survive a value nested past all reason', () => {
    let value: Buffer = Buffer.from([0x18, 1])
    for (let level = 0; level < 3000; level++) value = lengthDelimited(0x2a, lengthDelimited(0x0a, value))
    const [protobuf] = requestsWith({ json: {}, protobuf: value })
    expect(decodeProtobuf(protobuf).map(({ span }) => span.fault)).toEqual([
      'an attribute is nested deeper than 64 levels',
      null,
    ])
  })
})

describe('the protobuf decoder', () => {
  it('makes one replacement of half a surrogate pair', () => {
    const whole = asProtobuf(exportRequest([{ name: 'a???b' }]))
    const torn = Buffer.from(whole.toString('latin1').replace('???', '\xed\xa0\x80'), 'latin1')
    expect(only(decodeProtobuf(torn)).name).toBe('a\ufffdb')
  })

  it('makes replacements of bytes that are no UTF-8', () => {
    const whole = asProtobuf(exportRequest([{ name: 'a?b' }]))
    const torn = Buffer.from(whole.toString('latin1').replace('?', '\xff'), 'latin1')
    expect(only(decodeProtobuf(torn)).name).toBe('a\ufffdb')
  })

  it('steps over the field that spans had before scopes, like any other it does not know', () => {
    const spans = asProtobuf(exportRequest([{ name: 'x' }])).subarray(2)
    const old = Buffer.from([0xc2, 0x3e, 3, 0x0a, 1, 0])
    const both = Buffer.concat([old, spans, old])
    const request = Buffer.concat([Buffer.from([0x0a, both.length]), both])
    expect(only(decodeProtobuf(request)).name).toBe('x')
  })

  it('accepts an empty body', () => expect(decodeProtobuf(Buffer.alloc(0))).toEqual([]))

  it('refuses what does not parse, and nothing else goes wrong', () => {
    const sound = asProtobuf(
      exportRequest(
        [{ name: 'x', attributes: [{ key: 'k', value: { arrayValue: { values: [{ intValue: '1' }] } } }] }],
        'p',
      ),
    )
    let refused = 0
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, byte, length) => {
        const bytes = Buffer.from(sound)
        bytes[at] = byte
        try {
          decodeProtobuf(bytes.subarray(0, length))
        } catch (error) {
          refused += 1
          expect(error).toBeInstanceOf(Malformed)
        }
      }),
      { seed: 42, numRuns: 3000 },
    )
    expect(refused).toBeGreaterThan(500)
  })
})

describe('the JSON decoder', () => {
  it('ignores keys it does not know', () => {
    expect(only(fromJson(spanJson('"name":"x","links":[1],"future":{}'))).name).toBe('x')
  })

  it('ignores the spelling of other JSON mappings', () => {
    expect(fromJson('{"resource_spans":[{}]}')).toEqual([])
  })

  it('takes null for absent', () => {
    expect(only(fromJson(spanJson('"name":null,"attributes":null,"status":null'))).name).toBe('')
  })

  it('accepts an empty list', () => expect(fromJson('{"resourceSpans":[]}')).toEqual([]))

  it('lower-cases ids', () => {
    expect(only(fromJson(spanJson('"traceId":"ABCDEF"'))).traceId).toBe('abcdef')
  })

  it.each([
    ['text', '{"intValue":"9223372036854775807"}', 9223372036854775807n],
    ['a number', '{"intValue":5}', 5n],
    ['a number past 2^53', '{"intValue":9223372036854775807}', 9223372036854775807n],
    ['a negative number past 2^53', '{"intValue": -9223372036854775808}', -9223372036854775808n],
  ])('reads an integer from %s', (_what, json, value) => {
    expect(attributeJson(json)).toEqual([['k', value]])
  })

  it.each([
    ['a number', '{"doubleValue":1}', 1],
    ['text', '{"doubleValue":"1.5e3"}', 1500],
    ['NaN', '{"doubleValue":"NaN"}', Number.NaN],
    ['Infinity', '{"doubleValue":"Infinity"}', Number.POSITIVE_INFINITY],
    ['-Infinity', '{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['more than a double holds', '{"doubleValue":1e999}', Number.POSITIVE_INFINITY],
    ['thirty digits', '{"doubleValue":123456789012345678901234567890}', 1.2345678901234568e29],
  ])('reads a double from %s', (_what, json, value) => {
    expect(attributeJson(json)).toEqual([['k', value]])
  })

  it('reads times from text and from numbers', () => {
    const json = spanJson('"startTimeUnixNano":1704164645123456999,"endTimeUnixNano":"1704164645123457000"')
    const span = only(fromJson(json))
    expect([span.startNanos, span.endNanos]).toEqual([1704164645123456999n, 1704164645123457000n])
  })

  it.each([
    [1, 1],
    [2, 2],
    ['"STATUS_CODE_ERROR"', 2],
    ['"nonsense"', 0],
    ['{}', 0],
  ])('reads the status code %s as %s', (sent, code) => {
    expect(only(fromJson(spanJson(`"status":{"code":${sent}}`))).statusCode).toBe(code)
  })

  it.each([
    ['nothing', ''],
    ['text that is no JSON', 'hello'],
    ['half a document', '{"resourceSpans":['],
    ['a list', '[]'],
    ['a number', '5'],
    ['null', 'null'],
    ['brackets past all reason', '['.repeat(200_000)],
    ['brackets and long numbers past all reason', `${'['.repeat(200_000)}1234567890123456789`],
    ['resourceSpans that are no list', '{"resourceSpans":{}}'],
    ['a span that is no object', '{"resourceSpans":[{"scopeSpans":[{"spans":[5]}]}]}'],
    ['a name that is no text', spanJson('"name":5')],
    ['an id that is no text', spanJson('"traceId":{}')],
    ['a time that is no number', spanJson('"startTimeUnixNano":"soon"')],
    ['a negative time', spanJson('"startTimeUnixNano":-1')],
    ['a time of thirty digits', spanJson('"startTimeUnixNano":"123456789012345678901234567890"')],
    ['an integer with a fraction', spanJson('"attributes":[{"key":"k","value":{"intValue":1.5}}]')],
    [
      'an integer of thirty digits',
      spanJson('"attributes":[{"key":"k","value":{"intValue":123456789012345678901234567890}}]'),
    ],
    ['an integer of 1e999', spanJson('"attributes":[{"key":"k","value":{"intValue":1e999}}]')],
    ['a double that is a word', spanJson('"attributes":[{"key":"k","value":{"doubleValue":"much"}}]')],
    ['a bool that is a word', spanJson('"attributes":[{"key":"k","value":{"boolValue":"yes"}}]')],
    ['attributes that are an object', spanJson('"attributes":{"k":1}')],
  ])('refuses %s', (_what, body) => {
    expect(() => fromJson(body)).toThrow(expect.objectContaining({ kind: 'undecodable' }))
  })

  it('refuses bytes that are no UTF-8', () => {
    expect(() => [...decodeJson(Buffer.from([0x7b, 0xff, 0x7d]))]).toThrow(
      expect.objectContaining({ kind: 'undecodable' }),
    )
  })

  it('names the place that is wrong', () => {
    expect(() => fromJson(spanJson('"name":5'))).toThrow('name must be a string')
  })
})
