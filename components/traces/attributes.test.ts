import { describe, expect, it } from 'vitest'
import { at, leavesOf, listAt, parseAttributes, prettyIfJson, textAt, toPrettyJson } from './attributes'

it('keeps every digit of a 64-bit integer', () => {
  const tree = parseAttributes('{"big":9223372036854775807,"tiny":5e-324}')
  expect(textAt(tree, 'big')).toBe('9223372036854775807')
  expect(toPrettyJson(tree)).toBe('{\n  "big": 9223372036854775807,\n  "tiny": 5e-324\n}')
})

describe('at', () => {
  const tree = parseAttributes('{"llm":{"model_name":"m","token_count":{"prompt":3}},"a.b":{"c":"flat"}}')
  it('walks a nested path', () => expect(textAt(tree, 'llm.token_count.prompt')).toBe('3'))
  it('finds a dotted key', () => expect(textAt(tree, 'a.b.c')).toBe('flat'))
  it('finds nothing where there is nothing', () => expect(at(tree, 'llm.none.x')).toBeUndefined())
  it('is not fooled by names of the prototype', () => expect(at(tree, 'constructor.name')).toBeUndefined())
})

it('takes text that is no JSON as no attributes', () => {
  expect(parseAttributes('oops')).toEqual({})
  expect(parseAttributes('[1]')).toEqual({})
})

it('reads a list, or an empty one', () => {
  const tree = parseAttributes('{"docs":["a","b"],"no":"list"}')
  expect(listAt(tree, 'docs')).toEqual(['a', 'b'])
  expect(listAt(tree, 'no')).toEqual([])
})

it('lists leaves by their dotted path in the order of the tree', () => {
  const tree = parseAttributes('{"a":{"b":"1","c":["x","y"]},"d":[{"e":"2"},{"e":"3"}],"f":{},"g":null}')
  expect(leavesOf(tree).map((leaf) => leaf.path)).toEqual(['a.b', 'a.c', 'd.0.e', 'd.1.e', 'f', 'g'])
})

it('makes JSON readable and leaves other text alone', () => {
  expect(prettyIfJson('{"a":1}')).toEqual({ text: '{\n  "a": 1\n}', isJson: true })
  expect(prettyIfJson('{not json')).toEqual({ text: '{not json', isJson: false })
  expect(prettyIfJson('plain')).toEqual({ text: 'plain', isJson: false })
})
