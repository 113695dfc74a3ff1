import { describe, expect, it } from 'vitest'
import type { Value } from '#server/otlp/model'
import { toRow } from '#server/otlp/row'
import { otlpSpan, RECEIVED_AT, rowOf, START, storedAttributes } from '../../test/received-spans'

const map = (entries: Record<string, Value>) => new Map(Object.entries(entries))

describe('ids', () => {
  it.each([
    ['no trace id', { traceId: '' }, 'its trace id is not 16 bytes, or is all zero'],
    ['a trace id of 15 bytes', { traceId: 'ab'.repeat(15) }, 'its trace id is not 16 bytes, or is all zero'],
    ['a trace id of zeros', { traceId: '00'.repeat(16) }, 'its trace id is not 16 bytes, or is all zero'],
    [
      'a trace id that is no hex',
      { traceId: 'zz'.repeat(16) },
      'its trace id is not 16 bytes, or is all zero',
    ],
    ['no span id', { spanId: '' }, 'its span id is not 8 bytes, or is all zero'],
    ['a span id of 9 bytes', { spanId: 'ab'.repeat(9) }, 'its span id is not 8 bytes, or is all zero'],
    ['a span id of zeros', { spanId: '00'.repeat(8) }, 'its span id is not 8 bytes, or is all zero'],
    ['a parent id of 4 bytes', { parentSpanId: 'ab'.repeat(4) }, 'its parent span id is not 8 bytes'],
  ])('rejects a span with %s', (_what, over, reason) => {
    expect(toRow(otlpSpan(over), RECEIVED_AT)).toBe(reason)
  })

  it('stores ids as lower-case hex', () => {
    const row = rowOf({ parentSpanId: 'aabbccddeeff0011' })
    expect(row.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(row.spanId).toBe('b7ad6b7169203331')
    expect(row.parentId).toBe('aabbccddeeff0011')
  })

  it('takes a missing parent for none', () => expect(rowOf().parentId).toBeNull())

  it('takes a parent of zeros for none', () => {
    expect(rowOf({ parentSpanId: '0000000000000000' }).parentId).toBeNull()
  })
})

describe('times', () => {
  it('cuts nanoseconds to microseconds without passing through a double', () => {
    const row = rowOf({ startNanos: 1_704_164_645_123_456_999n, endNanos: 1_704_164_645_123_457_000n })
    expect([row.startTime, row.endTime]).toEqual([1_704_164_645_123_456, 1_704_164_645_123_457])
  })

  it('takes the time of receipt for a missing start', () => {
    const row = rowOf({ startNanos: 0n, endNanos: 0n })
    expect([row.startTime, row.endTime]).toEqual([RECEIVED_AT, RECEIVED_AT])
  })

  it('takes the start for a missing end', () => expect(rowOf({ endNanos: 0n }).endTime).toBe(START))

  it('takes the start for an end before it', () => {
    expect(rowOf({ endNanos: BigInt(START) * 1000n - 5000n }).endTime).toBe(START)
  })

  it('rejects a time that no number holds exactly', () => {
    expect(toRow(otlpSpan({ endNanos: 2n ** 64n - 1n }), RECEIVED_AT)).toBe(
      'its time is later than the year 2255',
    )
  })
})

describe('the span kind', () => {
  it.each([
    ['LLM', 'LLM'],
    ['llm', 'LLM'],
    ['Retriever', 'RETRIEVER'],
    ['CHAIN', 'CHAIN'],
    ['EMBEDDING', 'EMBEDDING'],
    ['TOOL', 'TOOL'],
    ['AGENT', 'AGENT'],
    ['RERANKER', 'RERANKER'],
    ['EVALUATOR', 'EVALUATOR'],
    ['GUARDRAIL', 'GUARDRAIL'],
    ['PROMPT', 'PROMPT'],
    ['something else', 'UNKNOWN'],
    ['ſpan', 'UNKNOWN'],
    [5n, 'UNKNOWN'],
  ])('of %s is %s', (sent, kind) => {
    expect(rowOf({ attributes: [['openinference.span.kind', sent]] }).spanKind).toBe(kind)
  })

  it('is UNKNOWN without the attribute', () => expect(rowOf().spanKind).toBe('UNKNOWN'))

  it('leaves the attribute as it was spelled', () => {
    expect(storedAttributes({ 'openinference.span.kind': 'llm' })).toBe(
      '{"openinference":{"span":{"kind":"llm"}}}',
    )
  })
})

describe('the status', () => {
  it.each([
    [0, 'UNSET'],
    [1, 'OK'],
    [2, 'ERROR'],
    [3, 'UNSET'],
    [-1, 'UNSET'],
  ])('code %i is %s', (code, word) => expect(rowOf({ statusCode: code }).statusCode).toBe(word))

  it('keeps the message', () => expect(rowOf({ statusMessage: 'boom' }).statusMessage).toBe('boom'))

  it('has an empty message by default', () => expect(rowOf().statusMessage).toBe(''))
})

/** A value, and the JSON text it is stored as. */
const VALUES: [what: string, value: Value, json: string][] = [
  ['text', 'hello', '"hello"'],
  ['empty text', '', '""'],
  ['true', true, 'true'],
  ['false', false, 'false'],
  ['a double', 0.1, '0.1'],
  ['a double without a fraction', 5, '5.0'],
  ['a whole double past 2^53', -1e17, '-100000000000000000.0'],
  ['a very large double', 1e300, '1e+300'],
  ['the smallest double', 5e-324, '5e-324'],
  ['minus zero', -0, '0.0'],
  ['NaN', Number.NaN, '"NaN"'],
  ['Infinity', Number.POSITIVE_INFINITY, '"Infinity"'],
  ['-Infinity', Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ['the largest 64-bit integer', 9223372036854775807n, '9223372036854775807'],
  ['the smallest 64-bit integer', -9223372036854775808n, '-9223372036854775808'],
  ['2^53 + 1', 9007199254740993n, '9007199254740993'],
  ['an empty list', [], '[]'],
  ['a mixed list', ['a', 1n, 0.5, true, null, Number.NaN], '["a",1,0.5,true,null,"NaN"]'],
  ['a list in a list', [[1n], [2n]], '[[1],[2]]'],
  ['a map', map({ b: 1n, a: 'x' }), '{"b":1,"a":"x"}'],
  ['a map without content for a key', map({ a: null }), '{"a":null}'],
  ['bytes', Buffer.from([0, 255, 16]), '"AP8Q"'],
  ['NUL in text', 'a\0b', '"a\ufffdb"'],
  ['half a surrogate pair', 'a\ud800b', '"a\ufffdb"'],
  ['the other half', '\udc00', '"\ufffd"'],
  ['a whole pair', '😀', '"😀"'],
  ['NUL in a key of a map', map({ 'k\0': 'v' }), '{"k\ufffd":"v"}'],
]

describe('attribute values', () => {
  it.each(VALUES)('%s', (_what, value, json) => {
    expect(storedAttributes({ v: value })).toBe(`{"v":${json}}`)
  })

  it('cleans the names of attributes', () => expect(storedAttributes({ 'a\0': 1n })).toBe('{"a\ufffd":1}'))

  it('cleans the name and the status message of a span', () => {
    const row = rowOf({ name: 'n\0', statusMessage: 'm\ud800' })
    expect([row.name, row.statusMessage]).toEqual(['n\ufffd', 'm\ufffd'])
  })
})

describe('values that are treated by their key', () => {
  it.each([
    ['metadata', '{"a":1}', '{"metadata":{"a":1}}'],
    ['my_metadata', '{"a":1}', '{"my_metadata":{"a":1}}'],
    ['document.metadata', '[1,2]', '{"document":{"metadata":[1,2]}}'],
    ['tool.parameters', '{"q":"x"}', '{"tool":{"parameters":{"q":"x"}}}'],
    ['llm.prompt_template.variables', '{"n":3}', '{"llm":{"prompt_template":{"variables":{"n":3}}}}'],
    ['metadata', 'no json', '{"metadata":"no json"}'],
    ['metadata', '{"a":', '{"metadata":"{\\"a\\":"}'],
    ['metadata', 'null', '{}'],
    ['metadata', '12345678901234567', '{"metadata":12345678901234567}'],
    ['metadata', '{"id":9223372036854775807}', '{"metadata":{"id":9223372036854775807}}'],
    ['metadata', '1e999', '{"metadata":"Infinity"}'],
    ['metadata', '{"t":"\\u0000\\ud800"}', '{"metadata":{"t":"\ufffd\ufffd"}}'],
    ['metadata.x', '{"a":1}', '{"metadata":{"x":"{\\"a\\":1}"}}'],
    ['llm.invocation_parameters', '{"a":1}', '{"llm":{"invocation_parameters":"{\\"a\\":1}"}}'],
    ['llm.token_count.prompt', '12', '{"llm":{"token_count":{"prompt":12}}}'],
    ['llm.token_count.completion', 7.9, '{"llm":{"token_count":{"completion":7}}}'],
    ['llm.token_count.total', ' +5 ', '{"llm":{"token_count":{"total":5}}}'],
    ['llm.token_count.total', 'many', '{"llm":{"token_count":{"total":"many"}}}'],
    ['llm.token_count.total', '7.5', '{"llm":{"token_count":{"total":"7.5"}}}'],
  ] as [string, Value, string][])('%s of %s', (key, value, json) => {
    expect(storedAttributes({ [key]: value })).toBe(json)
  })

  it('leaves a document nested past all reason as text', () => {
    const text = `${'['.repeat(500)}${']'.repeat(500)}`
    expect(storedAttributes({ metadata: text })).toBe(`{"metadata":"${text}"}`)
  })

  it('leaves schemas of tools as text', () => {
    expect(storedAttributes({ 'llm.tools.0.tool.json_schema': '{"a":1}' })).toBe(
      '{"llm":{"tools":[{"tool":{"json_schema":"{\\"a\\":1}"}}]}}',
    )
  })

  it.each([
    ['a number', { 'input.value': 5n }, { value: '5', mime_type: 'application/json' }],
    ['a list', { 'input.value': ['a', 1n] }, { value: '["a",1]', mime_type: 'application/json' }],
    ['an object', { 'input.value.q': 'x' }, { value: '{"q":"x"}', mime_type: 'application/json' }],
    [
      'an object with a mime type',
      { 'input.value': map({ q: 'x' }), 'input.mime_type': 'text/plain' },
      { value: '{"q":"x"}', mime_type: 'application/json' },
    ],
    ['text', { 'input.value': 'x' }, { value: 'x' }],
    ['NaN', { 'input.value': Number.NaN }, { value: 'NaN' }],
  ] as [string, Record<string, Value>, unknown][])(
    'writes an input that is %s as text',
    (_what, sent, input) => {
      expect(JSON.parse(storedAttributes(sent))).toEqual({ input })
    },
  )

  it('leaves an output that is an object as it is', () => {
    expect(storedAttributes({ 'output.value': map({ a: 1n }) })).toBe('{"output":{"value":{"a":1}}}')
  })
})

describe('events', () => {
  const at = BigInt(START) * 1000n

  it('are a list of name, time and flat attributes, in order', () => {
    const { events } = rowOf({
      events: [
        { name: 'second', timeNanos: at + 1_000_000n, attributes: [['a.b', 1n]] },
        { name: 'first', timeNanos: at, attributes: [] },
      ],
    })
    expect(JSON.parse(events)).toEqual([
      { name: 'second', timestamp: '2024-01-02T03:04:05.124456+00:00', attributes: { 'a.b': 1 } },
      { name: 'first', timestamp: '2024-01-02T03:04:05.123456+00:00', attributes: {} },
    ])
  })

  it('named exception keep four keys, the message empty by default', () => {
    const { events } = rowOf({
      events: [
        {
          name: 'exception',
          timeNanos: at,
          attributes: [
            ['exception.type', 'ValueError'],
            ['exception.stacktrace', 'line 1'],
            ['exception.escaped', true],
            ['other', 1n],
          ],
        },
      ],
    })
    expect(JSON.parse(events)[0].attributes).toEqual({
      'exception.type': 'ValueError',
      'exception.message': '',
      'exception.escaped': true,
      'exception.stacktrace': 'line 1',
    })
  })

  it('without a time happened when the span began', () => {
    const { events } = rowOf({ events: [{ name: 'e', timeNanos: 0n, attributes: [] }] })
    expect(JSON.parse(events)[0].timestamp).toBe('2024-01-02T03:04:05.123456+00:00')
  })

  it('are an empty list when there are none', () => expect(rowOf().events).toBe('[]'))

  it('are cleaned like attributes', () => {
    const { events } = rowOf({
      events: [
        {
          name: 'e\0',
          timeNanos: at,
          attributes: [
            ['k', Number.NaN],
            ['u', null],
            ['b', Buffer.from('x')],
          ],
        },
      ],
    })
    expect(events).toContain('"name":"e\ufffd"')
    expect(events).toContain('"attributes":{"k":"NaN","b":"eA=="}')
  })
})

describe('token columns', () => {
  const llm = { 'openinference.span.kind': 'LLM' }

  it.each([
    ['integers', { 'llm.token_count.prompt': 10n, 'llm.token_count.completion': 5n }, [10, 5]],
    ['decimal text', { 'llm.token_count.prompt': '10' }, [10, 0]],
    ['the largest', { 'llm.token_count.prompt': 100_000_000n }, [100_000_000, 0]],
    ['one too large', { 'llm.token_count.prompt': 100_000_001n }, [0, 0]],
    ['negative ones', { 'llm.token_count.prompt': -1n, 'llm.token_count.completion': -2.5 }, [0, 0]],
    ['doubles', { 'llm.token_count.prompt': 10.9 }, [10, 0]],
    ['unusable text', { 'llm.token_count.prompt': 'x' }, [0, 0]],
    ['nothing', {}, [0, 0]],
    ['more than any span has', { 'llm.token_count.prompt': 9223372036854775807n }, [0, 0]],
    ['the total alone', { 'llm.token_count.total': 9n }, [0, 0]],
  ] as [string, Record<string, Value>, [number, number]][])(
    'of an LLM span with %s',
    (_what, sent, counts) => {
      const row = rowOf({ attributes: Object.entries({ ...llm, ...sent }) })
      expect([row.llmTokenCountPrompt, row.llmTokenCountCompletion]).toEqual(counts)
    },
  )

  it('are null for other kinds', () => {
    const row = rowOf({
      attributes: [
        ['openinference.span.kind', 'CHAIN'],
        ['llm.token_count.prompt', 10n],
      ],
    })
    expect([row.llmTokenCountPrompt, row.llmTokenCountCompletion]).toEqual([null, null])
  })

  it('count a kind in lower case too', () => {
    const row = rowOf({
      attributes: [
        ['openinference.span.kind', 'llm'],
        ['llm.token_count.prompt', 10n],
      ],
    })
    expect(row.llmTokenCountPrompt).toBe(10)
  })
})

describe('previews', () => {
  it('are the first 100 characters', () => {
    const row = rowOf({
      attributes: [
        ['input.value', 'i'.repeat(300)],
        ['output.value', 'o'.repeat(99)],
      ],
    })
    expect([row.inputPreview, row.outputPreview]).toEqual(['i'.repeat(100), 'o'.repeat(99)])
  })

  it('do not cut a character in two', () => {
    expect(rowOf({ attributes: [['input.value', `${'i'.repeat(99)}😀`]] }).inputPreview).toBe('i'.repeat(99))
  })

  it('show an output that is an object as JSON', () => {
    expect(rowOf({ attributes: [['output.value', map({ a: 1n })]] }).outputPreview).toBe('{"a":1}')
  })

  it('are null without a value', () => {
    expect([rowOf().inputPreview, rowOf().outputPreview]).toEqual([null, null])
  })
})

describe('the session id', () => {
  it.each([
    ['abc', 'abc'],
    ['  abc ', 'abc'],
    ['', null],
    ['   ', null],
    [true, 'True'],
    [false, 'False'],
    [0n, '0'],
    [42n, '42'],
    [3.14, '3.14'],
    [3, '3.0'],
    [1e16, '1e+16'],
    [0.00001, '1e-05'],
    [[], '[]'],
    [[1n, 2n], '[1, 2]'],
    [['a', 'b'], "['a', 'b']"],
    [["it's", 'b'], `["it's", 'b']`],
    [[true, null, 1.5], '[True, None, 1.5]'],
    ['s'.repeat(1001), null],
  ] as [Value, string | null][])('of %s is %s', (sent, text) => {
    expect(rowOf({ attributes: [['session.id', sent]] }).sessionId).toBe(text)
  })

  it('is null without the attribute', () => expect(rowOf().sessionId).toBeNull())
})
