import { isDeepStrictEqual } from 'node:util'
import { expect, it } from 'vitest'
import { textOfJsonb } from '#server/db/jsonb'
import { readSpan } from '#server/otlp/protobuf'
import { toRow } from '#server/otlp/row'
import { SpanDecoder } from '#server/otlp/span-decoder'
import type { RowOrReason, SpanRow } from '#server/otlp/span-row'
import { Malformed, WireReader } from '#server/otlp/wire/reader'
import { SpanCursor } from '#server/otlp/wire/request'
import { SeededRandom } from '../../scripts/bench/random'
import { GEN_AI_SPANS } from '../../test/fixtures/otlp/gen-ai'
import { ODD_VALUES } from '../../test/fixtures/otlp/odd-values'
import { OPEN_INFERENCE_SPANS } from '../../test/fixtures/otlp/open-inference'
import { spansByGeneratedCode } from '../../test/generated-code'
import { asProtobuf, exportRequest } from '../../test/otlp'
import { RECEIVED_AT } from '../../test/received-spans'
import { RandomMessages } from '../../test/wire-messages'

/** Of those tests that compare thousands of requests, on a machine with much else to do. */
const PATIENCE_MS = 120_000

const asText = new SpanDecoder('text')
const asJsonb = new SpanDecoder('sqlite-jsonb')

/** A row whose documents are text. */
function withText(row: RowOrReason, read: (bytes: Uint8Array) => string): unknown {
  if (typeof row === 'string') return row
  return { ...row, attributes: read(row.attributes as Uint8Array), events: read(row.events as Uint8Array) }
}
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

/** The rows of a request by both ways and in both forms. */
function everyWay(body: Uint8Array): { long: unknown[]; text: unknown[]; jsonb: unknown[]; common: number } {
  const reader = new WireReader(body)
  const cursor = new SpanCursor(reader)
  const rows = { long: [] as unknown[], text: [] as unknown[], jsonb: [] as unknown[], common: 0 }
  while (cursor.next()) {
    const { start, end } = cursor
    reader.pos = start
    rows.long.push(toRow(readSpan(reader, end), RECEIVED_AT))
    rows.text.push(withText(asText.decode(reader, start, end, RECEIVED_AT), utf8))
    rows.jsonb.push(withText(asJsonb.decode(reader, start, end, RECEIVED_AT), textOfJsonb))
    if (asText.decodeCommon(reader, start, end, RECEIVED_AT)) rows.common += 1
  }
  return rows
}

/** `toEqual` for what is compared thousands of times. */
function expectEqual(index: number, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect({ index, actual }).toEqual({ index, actual: expected })
}

it.each([
  ['OpenInference', OPEN_INFERENCE_SPANS],
  ['generative AI', GEN_AI_SPANS],
  ['odd values', [ODD_VALUES].flat()],
])('makes the same rows of the %s fixture as the generated code and the rules of row.ts', (_name, spans) => {
  const body = asProtobuf(exportRequest(spans as never, 'p'))
  const expected = spansByGeneratedCode(body).map((span) => toRow(span, RECEIVED_AT))
  const { text, jsonb, long } = everyWay(body)
  expect(long).toEqual(expected)
  expect(text).toEqual(expected)
  expect(jsonb).toEqual(expected)
})

it(
  'makes the same rows of 10,000 random requests',
  () => {
    const messages = new RandomMessages({ seed: 42 })
    let spans = 0
    let common = 0
    for (let index = 0; index < 10_000; index++) {
      const body = messages.next()
      const expected = spansByGeneratedCode(body).map((span) => toRow(span, RECEIVED_AT))
      const rows = everyWay(body)
      for (const way of [rows.long, rows.text, rows.jsonb]) {
        if (JSON.stringify(way) !== JSON.stringify(expected))
          expect({ index, way }).toEqual({ index, way: expected })
      }
      spans += expected.length
      common += rows.common
    }
    // The quick way must have been gone often enough for this to say something, and so must the long one.
    expect(common / spans).toBeGreaterThan(0.4)
    expect(common / spans).toBeLessThan(0.8)
  },
  PATIENCE_MS,
)

it(
  'makes the same rows of texts that are no UTF-8',
  () => {
    const messages = new RandomMessages({ seed: 43, torn: true })
    for (let index = 0; index < 2_000; index++) {
      const { long, text, jsonb } = everyWay(messages.next())
      expectEqual(index, text, long)
      expectEqual(index, jsonb, long)
    }
  },
  PATIENCE_MS,
)

it(
  'refuses the same bytes as reading field by field does, and makes the same rows of the others',
  () => {
    const random = new SeededRandom(44)
    const messages = new RandomMessages({ seed: 44, torn: true })
    const rowsOf = (
      body: Uint8Array,
      decode: (reader: WireReader, start: number, end: number) => unknown,
    ) => {
      const reader = new WireReader(body)
      const cursor = new SpanCursor(reader)
      const rows: unknown[] = []
      try {
        while (cursor.next()) rows.push(decode(reader, cursor.start, cursor.end))
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
        return 'refused'
      }
      return rows
    }
    let refused = 0
    for (let index = 0; index < 5_000; index++) {
      const whole = messages.next()
      const body = whole.subarray(0, random.below(4) === 0 ? random.below(whole.length) : whole.length)
      if (body.length > 0) body[random.below(body.length)] = random.below(256)
      const long = rowsOf(body, (reader, start, end) => {
        reader.pos = start
        return toRow(readSpan(reader, end), RECEIVED_AT)
      })
      const short = rowsOf(body, (reader, start, end) =>
        withText(asText.decode(reader, start, end, RECEIVED_AT), utf8),
      )
      expectEqual(index, short, long)
      if (long === 'refused') refused += 1
    }
    expect(refused).toBeGreaterThan(1_000)
    expect(refused).toBeLessThan(4_000)
  },
  PATIENCE_MS,
)

it('leaves finished documents alone', () => {
  const messages = new RandomMessages({ seed: 45 })
  const rows: { row: SpanRow; text: string }[] = []
  for (let index = 0; index < 3_000; index++) {
    const reader = new WireReader(messages.next())
    const cursor = new SpanCursor(reader)
    while (cursor.next()) {
      const row = asText.decode(reader, cursor.start, cursor.end, RECEIVED_AT)
      if (typeof row !== 'string') rows.push({ row, text: utf8(row.attributes as Uint8Array) })
    }
  }
  for (const { row, text } of rows) expect(utf8(row.attributes as Uint8Array)).toBe(text)
})
