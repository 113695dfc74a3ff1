import { describe, expect, test } from 'vitest'
import { flattenAttributes } from '#server/traces/flatten'

/** The flattened object as text, as a REST answer carries it. */
const flat = (tree: string) =>
  `{${flattenAttributes(tree)
    .map(({ key, value }) => `"${key}":${value}`)
    .join(',')}}`

describe('flattenAttributes', () => {
  test.each([
    ['nothing', '{}', '{}'],
    ['objects as dotted keys', '{"llm":{"token_count":{"prompt":3}}}', '{"llm.token_count.prompt":3}'],
    ['lists of objects as numbers', '{"a":[{"b":1},{"b":2}]}', '{"a.0.b":1,"a.1.b":2}'],
    ['keys of digits', '{"a":{"0":1,"1":2}}', '{"a.0":1,"a.1":2}'],
    ['digits at the top', '{"0":{"x":1},"1":{"x":2}}', '{"0.x":1,"1.x":2}'],
    ['a list beside dotted siblings', '{"a":[{"b":1}],"a.c":2}', '{"a.0.b":1,"a.c":2}'],
    ['a value beside its dotted children', '{"a":5,"a.b":6}', '{"a":5,"a.b":6}'],
    ['lists of scalars whole', '{"tag":{"tags":["x","y"]}}', '{"tag.tags":["x","y"]}'],
    ['empty lists whole', '{"a":[],"b":{"c":[]}}', '{"a":[],"b.c":[]}'],
    ['lists of lists whole', '{"a":[[1,2],[3]]}', '{"a":[[1,2],[3]]}'],
    ['mixed lists item by item', '{"a":[{"b":1},5,"x",null]}', '{"a.0.b":1,"a.1":5,"a.2":"x","a.3":null}'],
    ['a list in an object in a list', '{"a":[{"b":[1,2]},{}]}', '{"a.0.b":[1,2],"a.1":{}}'],
    ['objects deep inside lists of lists', '{"a":[[{"b":1}],[2]]}', '{"a.0.0.b":1,"a.1":[2]}'],
    ['empty objects and null as values', '{"a":{},"b":null}', '{"a":{},"b":null}'],
    ['a key after a list', '{"a":{"b":[{"c":1}],"d":2},"e":3}', '{"a.b.0.c":1,"a.d":2,"e":3}'],
    ['blanks between tokens', '{ "a" : { "b" : [ 1 , 2 ] } , "c" : true }', '{"a.b":[ 1 , 2 ],"c":true}'],
    [
      'messages with tool calls',
      '{"llm":{"input_messages":[{"message":{"role":"user","tool_calls":[{"tool_call":{"id":"t1"}}]}}]}}',
      '{"llm.input_messages.0.message.role":"user","llm.input_messages.0.message.tool_calls.0.tool_call.id":"t1"}',
    ],
  ])('writes %s', (_what, tree, expected) => {
    expect(flat(tree)).toBe(expected)
  })

  test.each(['9223372036854775807', '-9223372036854775808', '1e300', '5e-324', '5.0', '0.1', '1E+400'])(
    'keeps the number %s as it is written',
    (literal) => {
      expect(flat(`{"a":{"n":${literal}}}`)).toBe(`{"a.n":${literal}}`)
    },
  )

  test('leaves escapes, quotes and brackets inside texts alone', () => {
    const tree = String.raw`{"a\"b":{"c\\":"{[\"\\]}, 1"},"ü\u0000":"\u2028"}`
    expect(flat(tree)).toBe(String.raw`{"a\"b.c\\":"{[\"\\]}, 1","ü\u0000":"\u2028"}`)
  })

  test('takes keys that are names of JavaScript', () => {
    const tree = '{"__proto__":{"constructor":1},"toString":2}'
    expect(flat(tree)).toBe('{"__proto__.constructor":1,"toString":2}')
  })

  test('does not overflow on deep trees', () => {
    const depth = 20_000
    const tree = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(flattenAttributes(tree)).toEqual([{ key: Array(depth).fill('a').join('.'), value: '1' }])
  })
})
