/** Requests made to cost more than they weigh. Each gets its answer, and four times as much takes about four times as long. */
import { expect, it } from 'vitest'
import { textOfJsonb } from '#server/db/jsonb'
import type { OtlpEncoding } from '#server/ingest/client'
import { type Decoded, openRequest } from '#server/ingest/decode'
import {
  anyValue,
  attribute,
  field,
  IDS,
  keyValue,
  request,
  requestWith,
  tag,
} from '../../test/wire-messages'

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const joined = (count: number, make: (index: number) => string) => times(count, make).join(',')
const one = anyValue.int(1)
const spanOf = (fields: Buffer[]) => Buffer.concat([IDS, ...fields])
const EMPTY_MAP = field(1, field(6))
const emptyMaps = (count: number) => field(5, Buffer.alloc(EMPTY_MAP.length * count, EMPTY_MAP))
const open = (body: Uint8Array, encoding: OtlpEncoding = 'protobuf') =>
  openRequest(
    { body, encoding, coding: 'identity', projectName: null },
    { maxInflatedBytes: 2 ** 30, receivedAt: 1, json: 'sqlite-jsonb' },
  )

/** Takes every span out and keeps none. */
function count(spans: Iterator<Decoded>): { stored: number; reasons: Set<string> } {
  const found = { stored: 0, reasons: new Set<string>() }
  for (let step = spans.next(); !step.done; step = spans.next()) {
    if ('reason' in step.value) found.reasons.add(step.value.reason)
    else found.stored += 1
  }
  return found
}

/** Processor time in milliseconds, because the machine may have other things to do; and what became of the spans. */
function measure(body: Uint8Array) {
  const before = process.cpuUsage()
  const found = count(open(body).spans)
  const { user, system } = process.cpuUsage(before)
  return { ...found, costMs: (user + system) / 1000 }
}

/** [what, a request that grows with n, n] */
const CASES: [what: string, make: (n: number) => Buffer, n: number][] = [
  ['keys', (n) => requestWith(times(n, (i) => attribute(`k${i}`, one))), 10_000],
  ['keys below one', (n) => requestWith(times(n, (i) => attribute(`a.b${i}.c`, one))), 10_000],
  ['times the same key', (n) => requestWith(times(n, () => attribute('k', one))), 10_000],
  [
    'times a key and what is below it',
    (n) => requestWith(times(n, (i) => attribute(i % 2 ? `a.b${i}` : 'a', one))),
    10_000,
  ],
  [
    'dots in a key',
    (n) => requestWith(attribute('.'.repeat(n), one), attribute('a.'.repeat(n), one)),
    10_000,
  ],
  [
    'keys of 64 levels',
    (n) =>
      request(times(n, (j) => spanOf(times(200, (i) => attribute(`k${j}.${i}${'.x'.repeat(62)}`, one))))),
    10,
  ],
  ['indexes, backwards', (n) => requestWith(times(n, (i) => attribute(`a.${n - i}.b`, one))), 10_000],
  [
    'indexes far apart',
    (n) => requestWith(times(n, (i) => attribute(`a.${999_999_999 - i}.b`, one))),
    10_000,
  ],
  [
    'indexes of thirty digits',
    (n) => requestWith(times(n, (i) => attribute(`a.${'9'.repeat(25)}${i}.b`, one))),
    10_000,
  ],
  [
    'members of a map',
    (n) => requestWith(attribute('m', anyValue.map(times(n, (i) => keyValue(`k${i}`, one))))),
    10_000,
  ],
  ['items of a list', (n) => requestWith(attribute('m', anyValue.list(times(n, () => one)))), 10_000],
  [
    'members in JSON',
    (n) => requestWith(attribute('metadata', anyValue.text(`{${joined(n, (i) => `"k${i}":1`)}}`))),
    10_000,
  ],
  [
    'levels in JSON',
    (n) => requestWith(attribute('metadata', anyValue.text('['.repeat(n) + ']'.repeat(n)))),
    10_000,
  ],
  [
    'levels in JSON, never closed',
    (n) => requestWith(attribute('metadata', anyValue.text('{"a":'.repeat(n)))),
    10_000,
  ],
  [
    'characters beside a long number in JSON',
    (n) => requestWith(attribute('metadata', anyValue.text(`[9007199254740993,"\\n${'x'.repeat(n)}"]`))),
    1_000_000,
  ],
  [
    'items in JSON, more than a span may hold,',
    (n) => requestWith(attribute('metadata', anyValue.text(`["\\n"${',{}'.repeat(n)}]`))),
    200_000,
  ],
  [
    'empty maps in a resource',
    (n) => field(1, field(1, field(1, keyValue('k', emptyMaps(n)))), field(2, field(2, IDS))),
    100_000,
  ],
  ['control characters', (n) => requestWith(attribute('x', anyValue.text('\u0001'.repeat(n)))), 200_000],
  [
    'halves of surrogate pairs',
    (n) => requestWith(attribute('x', anyValue.text(Buffer.alloc(n, 'eda080', 'hex')))),
    200_000,
  ],
  [
    'blanks where a number is meant',
    (n) => requestWith(attribute('llm.token_count.prompt', anyValue.text(`${' '.repeat(n)}x`))),
    100_000,
  ],
  ['events', (n) => requestWith(times(n, () => field(11, field(2, 'exception')))), 4_000],
  [
    'attributes of an event',
    (n) =>
      requestWith(
        field(
          11,
          times(n, (i) => field(3, keyValue(`k${i}`, one))),
        ),
      ),
    10_000,
  ],
  ['generative AI keys', (n) => requestWith(times(n, (i) => attribute(`gen_ai.x${i}`, one))), 10_000],
  [
    'generative AI messages',
    (n) =>
      requestWith(
        attribute(
          'gen_ai.input.messages',
          anyValue.text(`[${joined(n, () => '{"role":"user","parts":[{"type":"text","content":"x"}]}')}]`),
        ),
      ),
    2_500,
  ],
  [
    'resources',
    (n) => Buffer.concat(times(n, (i) => field(1, field(1, field(1, keyValue(`k${i}`, one)))))),
    10_000,
  ],
  [
    'spans with keys of their own',
    (n) =>
      request(times(n, (i) => Buffer.concat([IDS, ...times(10, (j) => attribute(`k${i}.${j}.z`, one))]))),
    2_500,
  ],
  ['unknown groups', (n) => requestWith(times(n, () => Buffer.concat([tag(100, 3), tag(100, 4)]))), 100_000],
]

it.each(CASES)(
  '%s are stored, and four times as many take about four times as long',
  (_what, make, n) => {
    measure(make(Math.ceil(n / 10)))
    const once = measure(make(n))
    const more = measure(make(4 * n))
    expect([...more.reasons]).toEqual([])
    // What is quadratic takes sixteen times as long; the constant is for collecting garbage.
    expect(more.costMs).toBeLessThan(10 * once.costMs + 200)
  },
  60_000,
)

it.each([
  ['keys', requestWith(times(100_000, (i) => attribute(`k${i}`, one)))],
  ['times the same key', requestWith(times(100_000, () => attribute('k', one)))],
  ['dots in one key', requestWith(attribute('a.'.repeat(100_000), one))],
])('a span of 100,000 %s is stored', (_what, body) => {
  expect(measure(body)).toMatchObject({ stored: 1, reasons: new Set() })
})

const TOO_MANY_VALUES = 'it holds more than 100000 values'

it.each([
  ['attributes', requestWith(times(100_001, () => attribute('k', one))), TOO_MANY_VALUES],
  ['empty events', requestWith(Buffer.alloc(2 * 100_001, field(11))), TOO_MANY_VALUES],
  ['items of a list', requestWith(attribute('k', anyValue.list(times(100_000, () => one)))), TOO_MANY_VALUES],
  ['empty maps', requestWith(attribute('k', emptyMaps(2_000_000))), TOO_MANY_VALUES],
  [
    'values in several texts of JSON',
    requestWith(times(3, (i) => attribute(`${i}.metadata`, anyValue.text(`[${joined(40_000, () => '0')}]`)))),
    TOO_MANY_VALUES,
  ],
  [
    'levels of keys',
    requestWith(times(1_600, (i) => attribute(`k${i}${'.x'.repeat(63)}`, one))),
    'its keys make more than 100000 levels',
  ],
])('a span of more than 100,000 %s is rejected, and the next one stored', (_what, body, reason) => {
  const found = measure(Buffer.concat([body, request([IDS])]))
  expect(found).toMatchObject({ stored: 1, reasons: new Set([reason]) })
})

it('JSON of more values than a span may hold stays the text it was', () => {
  const text = `[${joined(100_000, () => '{}')}]`
  const { spans } = open(requestWith(attribute('metadata', anyValue.text(text))))
  const { value } = spans.next()
  expect(JSON.parse(textOfJsonb(value.row.attributes))).toEqual({ metadata: text })
})

it.each([
  ['attributes', joined(100_001, () => '{"key":"k"}'), ''],
  ['items of a list', `{"key":"k","value":{"arrayValue":{"values":[${joined(100_000, () => '{}')}]}}}`, ''],
  ['events', '', joined(100_001, () => '{}')],
])('a span with more than 100,000 %s is rejected in JSON too', (_what, attributes, events) => {
  const ids = '"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"'
  const span = `{${ids},"attributes":[${attributes}],"events":[${events}]}`
  const body = Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${span},{${ids}}]}]}]}`)
  expect(count(open(body, 'json').spans)).toEqual({ stored: 1, reasons: new Set([TOO_MANY_VALUES]) })
})

it('JSON of more than 32 MiB is refused, whatever protobuf may have', () => {
  const body = Buffer.alloc(32 * 1024 * 1024 + 1, ' ')
  expect(() => open(body, 'json')).toThrow(
    expect.objectContaining({
      kind: 'too_large',
      message: 'The request body is larger than 33554432 bytes once inflated',
    }),
  )
})

it('a million tiny spans: their rows are never all in memory', () => {
  const piece = field(2, IDS)
  const spans = Buffer.alloc(piece.length * 1_000_000, piece)
  const body = field(1, field(2, spans))
  const before = process.memoryUsage().heapUsed
  const { count: counted, spans: rows } = open(body)
  expect(counted).toBe(1_000_000)
  // A row takes about half a kilobyte.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024)
  expect(count(rows).stored).toBe(1_000_000)
}, 60_000)

it('a text that escapes make six times as long: the span is rejected with the reason', () => {
  const body = requestWith(attribute('x', anyValue.text(Buffer.alloc(23 * 1024 * 1024, 1))))
  const { spans } = openRequest(
    { body, encoding: 'protobuf', coding: 'identity', projectName: null },
    { maxInflatedBytes: 2 ** 27, receivedAt: 1, json: 'text' },
  )
  expect([...count(spans).reasons]).toEqual(['it is too large'])
})
