import { describe, expect, test } from 'vitest'
import { readAttributeTest, readSpanFilter } from '#server/traces/span-filter'

describe('readAttributeTest', () => {
  test.each([
    ['a:x', ['a'], 'string', 'x'],
    ['a.b:x', ['a', 'b'], 'string', 'x'],
    ['a..b. c :x', ['a', 'b', 'c'], 'string', 'x'],
    ['url:http://x:80/', ['url'], 'string', 'http://x:80/'],
    ['a:true', ['a'], 'boolean', 'true'],
    ['a:false', ['a'], 'boolean', 'false'],
    ['a:True', ['a'], 'string', 'True'],
    ['a:5', ['a'], 'number', '5'],
    ['a:-5', ['a'], 'number', '-5'],
    ['a: 5', ['a'], 'number', '5'],
    ['a:9223372036854775807', ['a'], 'number', '9223372036854775807'],
    ['a:0.50', ['a'], 'number', '0.5'],
    ['a:1e2', ['a'], 'number', '100'],
    ['a:"5"', ['a'], 'string', '5'],
    ['a:"true"', ['a'], 'string', 'true'],
    ['a:"q\\"u"', ['a'], 'string', 'q"u'],
    ['a:5 apples', ['a'], 'string', '5 apples'],
    ['a:007', ['a'], 'string', '007'],
    ['a:NaN', ['a'], 'string', 'NaN'],
    ['a:""', ['a'], 'string', ''],
  ])('reads %s', (text, path, kind, value) => {
    expect(readAttributeTest(text)).toEqual({ path, kind, value })
  })

  test.each([
    ['nocolon', 'expected format'],
    ['', 'expected format'],
    [':x', 'key must not be empty'],
    [' . :x', 'key must not be empty'],
    ['a:', 'expected format'],
    ['a: ', 'expected format'],
    ['a:[1]', 'cannot be compared'],
    ['a:{"b":1}', 'cannot be compared'],
    ['a:null', 'cannot be compared'],
    ['a:1e999', 'out of range'],
    ['a:"\\u0000"', 'null byte'],
    ['a:"\\ud800"', 'null byte'],
    [`${'a.'.repeat(65)}a:1`, 'segments'],
  ])('refuses %s', (text, sentence) => {
    expect(() => readAttributeTest(text)).toThrow(sentence)
  })
})

describe('readSpanFilter', () => {
  test('takes kinds and statuses in any case', () => {
    const filter = readSpanFilter({ span_kind: ['llm', 'Tool'], status_code: ['error'] })
    expect(filter).toMatchObject({ kinds: ['LLM', 'TOOL'], statuses: ['ERROR'] })
  })

  test.each([
    [{ span_kind: ['LLM', 'CAT'] }, 'Invalid span_kind: "CAT"'],
    [{ span_kind: [''] }, 'Invalid span_kind'],
    [{ status_code: ['FINE'] }, 'Invalid status_code: "FINE"'],
  ])('refuses %j', (query, sentence) => {
    expect(() => readSpanFilter(query)).toThrow(sentence)
  })

  test('reads the word null as no parent', () => {
    expect(readSpanFilter({ parent_id: 'null' }).parentId).toBeNull()
    expect(readSpanFilter({ parent_id: 'abc' }).parentId).toBe('abc')
    expect(readSpanFilter({}).parentId).toBeUndefined()
  })
})
