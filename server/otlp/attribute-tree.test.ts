import { describe, expect, it } from 'vitest'
import type { Attribute, Value } from '#server/otlp/model'
import { rowOf } from '../../test/received-spans'

const map = (entries: Record<string, Value>) => new Map(Object.entries(entries))

/** Flat attributes, and the tree they become. Written from the rules of docs/ingest.md, one row per rule. */
const CASES: [rule: string, flat: Attribute[], tree: unknown][] = [
  ['nests at the dots', [['llm.token_count.prompt', 3n]], { llm: { token_count: { prompt: 3 } } }],
  [
    'makes a list of numbers between names',
    [
      ['a.0.b', 1n],
      ['a.1.b', 2n],
    ],
    { a: [{ b: 1 }, { b: 2 }] },
  ],
  [
    'takes a number at the end for a name',
    [
      ['a.0', 1n],
      ['a.1', 2n],
    ],
    { a: { '0': 1, '1': 2 } },
  ],
  [
    'closes gaps in a list',
    [
      ['a.0.b', 1n],
      ['a.2.b', 2n],
    ],
    { a: [{ b: 1 }, { b: 2 }] },
  ],
  [
    'orders a list by index, not by arrival',
    [
      ['a.10.b', 3n],
      ['a.9.b', 2n],
      ['a.1.b', 1n],
    ],
    { a: [{ b: 1 }, { b: 2 }, { b: 3 }] },
  ],
  [
    'orders indexes of any length',
    [
      ['a.99999999999999999999.b', 2n],
      ['a.5.b', 1n],
    ],
    { a: [{ b: 1 }, { b: 2 }] },
  ],
  [
    'ignores leading zeros of an index, the later value wins',
    [
      ['a.01.b', 1n],
      ['a.1.b', 2n],
    ],
    { a: [{ b: 2 }] },
  ],
  [
    'keeps numbers at the very top as names',
    [
      ['0.x', 1n],
      ['1.x', 2n],
    ],
    { '0': { x: 1 }, '1': { x: 2 } },
  ],
  [
    'lets the list win over other children',
    [
      ['a.0.b', 1n],
      ['a.c', 2n],
    ],
    { a: [{ b: 1 }], 'a.c': 2 },
  ],
  [
    'keeps what is below those other children',
    [
      ['x.a.0.b', 1n],
      ['x.a.c.d', 2n],
    ],
    { x: { a: [{ b: 1 }], 'a.c': { d: 2 } } },
  ],
  [
    'keeps a value and its children',
    [
      ['a', 5n],
      ['a.b', 6n],
    ],
    { a: 5, 'a.b': 6 },
  ],
  [
    'keeps them in either order',
    [
      ['a.b', 6n],
      ['a', 5n],
    ],
    { a: 5, 'a.b': 6 },
  ],
  [
    'keeps a value that is an object and its children',
    [
      ['a', map({ x: 1n })],
      ['a.b', 6n],
    ],
    { a: { x: 1 }, 'a.b': 6 },
  ],
  [
    'keeps a value and a list below it',
    [
      ['a', 5n],
      ['a.0.b', 6n],
      ['a.1.b', 7n],
    ],
    { a: 5, 'a.0': { b: 6 }, 'a.1': { b: 7 } },
  ],
  [
    'keeps a value and children inside a list',
    [
      ['a.0.b', 1n],
      ['a.0.b.c', 2n],
    ],
    { a: [{ b: 1, 'b.c': 2 }] },
  ],
  ['makes lists of lists', [['a.0.1.b', 1n]], { a: [[{ b: 1 }]] }],
  [
    'puts what finds no place in a list of lists beside the outer one',
    [
      ['a.0.1.b', 1n],
      ['a.0.c', 2n],
    ],
    { a: [[{ b: 1 }]], 'a.0.c': 2 },
  ],
  [
    'skips empty segments',
    [
      ['a..b', 1n],
      ['.c', 2n],
      ['d.', 3n],
    ],
    { a: { b: 1 }, c: 2, d: 3 },
  ],
  [
    'takes keys that differ by empty segments for one, the later value wins',
    [
      ['a..b', 1n],
      ['a.b', 2n],
    ],
    { a: { b: 2 } },
  ],
  ['trims segments', [[' a . b ', 1n]], { a: { b: 1 } }],
  ['keeps an empty key', [['', 1n]], { '': 1 }],
  [
    'skips values without content',
    [
      ['a', null],
      ['b', 1n],
    ],
    { b: 1 },
  ],
  [
    'takes negative and mixed segments for names',
    [
      ['a.-1.b', 1n],
      ['a.1x.b', 2n],
    ],
    { a: { '-1': { b: 1 }, '1x': { b: 2 } } },
  ],
  [
    'takes digits of other scripts for names',
    [
      ['a.².b', 1n],
      ['a.٣.b', 2n],
    ],
    { a: { '²': { b: 1 }, '٣': { b: 2 } } },
  ],
  ['does not split keys inside a map', [['a', map({ 'x.y': 1n })]], { a: { 'x.y': 1 } }],
  [
    'lets the last of two equal keys win',
    [
      ['a', 1n],
      ['a', 2n],
    ],
    { a: 2 },
  ],
  [
    'holds names that JavaScript has a meaning for',
    [
      ['constructor.x', 1n],
      ['toString', 2n],
    ],
    { constructor: { x: 1 }, toString: 2 },
  ],
]

describe('the attribute tree', () => {
  it.each(CASES)('%s', (_rule, flat, tree) => {
    expect(JSON.parse(rowOf({ attributes: flat }).attributes)).toEqual(tree)
  })

  it('holds a name that JavaScript gives to prototypes', () => {
    const { attributes } = rowOf({ attributes: [['__proto__.x', 1n]] })
    expect(attributes).toBe('{"__proto__":{"x":1}}')
  })

  it('cuts a key into 64 segments at most, the last of which keeps its dots', () => {
    const key = Array.from({ length: 70 }, (_, index) => `s${index}`).join('.')
    let tree = JSON.parse(rowOf({ attributes: [[key, 1n]] }).attributes)
    for (let depth = 0; depth < 63; depth++) tree = tree[`s${depth}`]
    expect(tree).toEqual({ 's63.s64.s65.s66.s67.s68.s69': 1 })
  })
})
