import { describe, expect, test } from 'vitest'
import type { SpanRow } from '#server/traces/list-spans'
import { pageToWire, spanToWire } from '#server/traces/wire'

const SPAN: SpanRow = {
  id: 12,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: null,
  name: 'answer "it"',
  spanKind: 'LLM',
  startTime: 1_767_323_045_000_000,
  endTime: 1_767_323_045_250_001,
  statusCode: 'OK',
  statusMessage: '',
  attributesJson: '{}',
  eventsJson: '[]',
}

const wire = (columns: Partial<SpanRow> = {}) => spanToWire({ ...SPAN, ...columns })
const json = (columns: Partial<SpanRow> = {}) => JSON.parse(wire(columns))

describe('spanToWire', () => {
  test('writes every field', () => {
    expect(json()).toEqual({
      id: 'U3BhbjoxMg==',
      name: 'answer "it"',
      context: { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' },
      span_kind: 'LLM',
      parent_id: null,
      start_time: '2026-01-02T03:04:05+00:00',
      end_time: '2026-01-02T03:04:05.250001+00:00',
      status_code: 'OK',
      status_message: '',
      attributes: {},
      events: [],
    })
  })

  test('takes the kind from its attribute, as it was spelled, and out of the attributes', () => {
    const attributesJson = '{"openinference":{"span":{"kind":"llm"}},"a":{"b":1}}'
    expect(json({ attributesJson })).toMatchObject({ span_kind: 'llm', attributes: { 'a.b': 1 } })
  })

  test.each(['{}', '{"openinference":{"span":{"kind":""}}}', '{"openinference":{"span":{"kind":7}}}'])(
    'falls back on the column with the attributes %s',
    (attributesJson) => {
      expect(json({ attributesJson, spanKind: 'UNKNOWN' }).span_kind).toBe('UNKNOWN')
    },
  )

  test('flattens attributes', () => {
    const tree = {
      llm: { input_messages: [{ message: { role: 'user' } }, { message: { role: 'tool' } }] },
      tag: { tags: ['a', 'b'] },
    }
    expect(json({ attributesJson: JSON.stringify(tree) }).attributes).toEqual({
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.1.message.role': 'tool',
      'tag.tags': ['a', 'b'],
    })
  })

  test('writes a name that two places of the tree share once, the later one', () => {
    expect(wire({ attributesJson: '{"a":{"b":1},"a.b":2}' })).toContain('"attributes":{"a.b":2}')
  })

  test.each(['9223372036854775807', '-9223372036854775808', '9007199254740993', '1e300', '5e-324', '5.0'])(
    'keeps %s exactly',
    (literal) => {
      const eventsJson = `[{"name":"e","timestamp":"2026-01-02T03:04:05+00:00","attributes":{"n":${literal}}}]`
      const text = wire({ attributesJson: `{"n":${literal}}`, eventsJson })
      expect(text).toContain(`"attributes":{"n":${literal}},"events"`)
      expect(text).toContain(`"attributes":{"n":${literal}}}]`)
    },
  )

  test('writes events in their order, blanks of the stored text or not', () => {
    const eventsJson =
      '[ {"name": "b", "timestamp": "2026-01-02T03:04:05.5+00:00", "attributes": {"x.y": "z"}}, {"attributes":{},"name":"a","timestamp":"2026-01-02T03:04:05+00:00"} ]'
    expect(json({ eventsJson }).events).toEqual([
      { name: 'b', timestamp: '2026-01-02T03:04:05.500000+00:00', attributes: { 'x.y': 'z' } },
      { name: 'a', timestamp: '2026-01-02T03:04:05+00:00', attributes: {} },
    ])
  })
})

describe('pageToWire', () => {
  test('ends with the id of the next page', async () => {
    const text = await pageToWire({ items: [SPAN, { ...SPAN, id: 11 }], nextId: 10 }, spanToWire)
    const { data, next_cursor } = JSON.parse(text)
    expect(data.map((span: { id: string }) => span.id)).toEqual(['U3BhbjoxMg==', 'U3BhbjoxMQ=='])
    expect(next_cursor).toBe('U3BhbjoxMA==')
  })

  test('writes null after the last page', async () => {
    expect(await pageToWire({ items: [], nextId: null }, spanToWire)).toBe('{"data":[],"next_cursor":null}')
  })
})
