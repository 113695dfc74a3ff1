import { describe, expect, test } from 'vitest'
import { listItems, objectEntries } from '#server/traces/json-text'

describe('listItems', () => {
  test('gives each item as it is written', () => {
    expect(listItems('[1, "a,]", {"b": [2]}, [], null]')).toEqual(['1', '"a,]"', '{"b": [2]}', '[]', 'null'])
  })

  test('gives nothing for an empty list or no list', () => {
    expect(listItems('[]')).toEqual([])
    expect(listItems('{"a":1}')).toEqual([])
  })
})

describe('objectEntries', () => {
  test('gives each value as it is written', () => {
    const entries = objectEntries('{"name": "x", "n": 9223372036854775807, "attributes": {"a.b": [1]}}')
    expect([...entries]).toEqual([
      ['name', '"x"'],
      ['n', '9223372036854775807'],
      ['attributes', '{"a.b": [1]}'],
    ])
  })

  test('decodes keys', () => {
    expect([...objectEntries(String.raw`{"a\"\u0062":1}`).keys()]).toEqual(['a"b'])
  })
})
