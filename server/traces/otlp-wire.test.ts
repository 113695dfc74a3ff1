import { describe, expect, test } from 'vitest'
import type { SpanRow } from '#server/traces/list-spans'
import { anyValue, OtlpSpan, spanToOtlp } from '#server/traces/otlp-wire'

const SPAN: SpanRow = {
  id: 12,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: '00f067aa0ba902b7',
  name: 'answer',
  spanKind: 'LLM',
  startTime: 1_767_323_045_000_001,
  endTime: 1_767_323_045_250_000,
  statusCode: 'ERROR',
  statusMessage: 'no luck',
  attributesJson: '{"openinference":{"span":{"kind":"LLM"}}}',
  eventsJson: '[{"name":"e","timestamp":"2026-01-02T03:04:05.000009+00:00","attributes":{"a.b":true}}]',
}

const NOTHING = {
  array_value: null,
  bool_value: null,
  bytes_value: null,
  double_value: null,
  int_value: null,
  kvlist_value: null,
  string_value: null,
}

describe('spanToOtlp', () => {
  test('writes every field, the unset ones as null', () => {
    const text = spanToOtlp(SPAN)
    expect(JSON.parse(text)).toEqual({
      attributes: [{ key: 'openinference.span.kind', value: { ...NOTHING, string_value: 'LLM' } }],
      dropped_attributes_count: null,
      dropped_events_count: null,
      dropped_links_count: null,
      end_time_unix_nano: expect.any(Number),
      events: [
        {
          attributes: [{ key: 'a.b', value: { ...NOTHING, bool_value: true } }],
          dropped_attributes_count: null,
          name: 'e',
          time_unix_nano: expect.any(Number),
        },
      ],
      flags: null,
      kind: 'SPAN_KIND_INTERNAL',
      links: null,
      name: 'answer',
      parent_span_id: '00f067aa0ba902b7',
      span_id: 'b7ad6b7169203331',
      start_time_unix_nano: expect.any(Number),
      status: { code: 2, message: 'no luck' },
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      trace_state: null,
    })
    expect(OtlpSpan.parse(JSON.parse(text))).toBeTruthy()
  })

  test('writes nanoseconds exactly', () => {
    const text = spanToOtlp(SPAN)
    expect(text).toContain('"start_time_unix_nano":1767323045000001000,')
    expect(text).toContain('"end_time_unix_nano":1767323045250000000,')
    expect(text).toContain('"time_unix_nano":1767323045000009000}')
  })

  test('writes null for no events, no parent and no message', () => {
    const span = JSON.parse(
      spanToOtlp({ ...SPAN, eventsJson: '[]', parentId: null, statusMessage: '', statusCode: 'UNSET' }),
    )
    expect(span).toMatchObject({ events: null, parent_span_id: null, status: { code: 0, message: null } })
  })

  test('numbers OK as 1', () => {
    expect(JSON.parse(spanToOtlp({ ...SPAN, statusCode: 'OK' })).status.code).toBe(1)
  })
})

describe('anyValue', () => {
  test.each([
    ['"x"', '"string_value":"x"'],
    ['""', '"string_value":""'],
    ['true', '"bool_value":true'],
    ['false', '"bool_value":false'],
    ['0', '"int_value":0'],
    ['9223372036854775807', '"int_value":9223372036854775807'],
    ['-9223372036854775808', '"int_value":-9223372036854775808'],
    ['9223372036854775808', '"double_value":9223372036854775808'],
    ['5.0', '"double_value":5.0'],
    ['1e300', '"double_value":1e300'],
    ['5e-324', '"double_value":5e-324'],
    [`1${'0'.repeat(300)}`, `"double_value":1${'0'.repeat(300)}`],
    ['1e999', '"double_value":"Infinity"'],
    ['-1e999', '"double_value":"-Infinity"'],
    ['"NaN"', '"double_value":"NaN"'],
    ['"Infinity"', '"double_value":"Infinity"'],
    ['"-Infinity"', '"double_value":"-Infinity"'],
    ['"infinity"', '"string_value":"infinity"'],
  ])('writes %s', (json, field) => {
    expect(anyValue(json)).toContain(field)
    const set = Object.values(JSON.parse(anyValue(json))).filter((value) => value !== null)
    expect(set).toHaveLength(1)
  })

  test.each(['null', '{}'])('sets no field for %s', (json) => {
    expect(JSON.parse(anyValue(json))).toEqual(NOTHING)
  })

  test('writes lists of mixed scalars and lists in lists without losing an item', () => {
    const { array_value } = JSON.parse(anyValue('[1, "a", null, [true], []]'))
    expect(array_value.values).toEqual([
      { ...NOTHING, int_value: 1 },
      { ...NOTHING, string_value: 'a' },
      NOTHING,
      { ...NOTHING, array_value: { values: [{ ...NOTHING, bool_value: true }] } },
      { ...NOTHING, array_value: { values: [] } },
    ])
  })

  test('does not overflow on deep lists', () => {
    const depth = 50_000
    expect(anyValue(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toContain('"string_value":"[[[')
  })
})
