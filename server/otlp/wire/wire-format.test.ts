import { describe, expect, it } from 'vitest'
import { Malformed } from '#server/otlp/wire/reader'
import { decodeProtobuf } from '../../../test/received-spans'
import {
  anyValue,
  attribute,
  field,
  fixed64Field,
  I64,
  IDS,
  keyValue,
  LEN,
  requestWith,
  tag,
  VARINT,
  varint,
  varintField,
} from '../../../test/wire-messages'

const spanOf = (...fields: Buffer[]) => decodeProtobuf(requestWith(...fields))[0]?.span
const attributesOf = (...fields: Buffer[]) => spanOf(...fields)?.attributes
const group = (number: number, ...content: Buffer[]) =>
  Buffer.concat([tag(number, 3), ...content, tag(number, 4)])

describe('unknown fields are stepped over', () => {
  it.each([
    ['a number', varintField(90, 5)],
    ['eight bytes', fixed64Field(90, 5n)],
    ['four bytes', Buffer.concat([tag(90, 5), Buffer.alloc(4)])],
    ['bytes', field(90, 'x')],
    ['a group', group(90, varintField(1, 5), field(2, 'x'))],
    ['a group in a group', group(90, group(91, group(90)))],
    ['a known field that is a number here', varintField(5, 1)],
    ['a known field that is eight bytes here', fixed64Field(9, 1n)],
    ['the largest field number', varintField(2 ** 29 - 1, 1)],
  ])('%s', (_what, unknown) => {
    expect(spanOf(unknown, field(5, 'n'))?.name).toBe('n')
  })
})

describe('a message that comes in parts is one', () => {
  it('a value: what a later part does not say stands', () => {
    const parts = field(9, field(1, 'k'), field(2, anyValue.int(5)), field(2))
    expect(attributesOf(parts)).toEqual([['k', 5n]])
  })

  it('a value: what a later part says counts', () => {
    const parts = field(9, field(1, 'k'), field(2, anyValue.int(5)), field(2, anyValue.text('x')))
    expect(attributesOf(parts)).toEqual([['k', 'x']])
  })

  it('a list: the items of all parts', () => {
    const list = (value: number) => field(2, anyValue.list([anyValue.int(value)]))
    expect(attributesOf(field(9, field(1, 'k'), list(1), list(2)))).toEqual([['k', [1n, 2n]]])
  })

  it('a map: the members of all parts', () => {
    const map = (key: string) => field(2, anyValue.map([keyValue(key, anyValue.int(1))]))
    const expected = new Map([
      ['a', 1n],
      ['b', 1n],
    ])
    expect(attributesOf(field(9, field(1, 'k'), map('a'), map('b')))).toEqual([['k', expected]])
  })

  it('a status', () => {
    const span = spanOf(field(15, field(2, 'boom')), field(15, varintField(3, 2)))
    expect([span?.statusCode, span?.statusMessage]).toEqual([2, 'boom'])
  })

  it('a resource: the first project that is named', () => {
    const resource = (name: string) =>
      field(1, field(1, keyValue('openinference.project.name', anyValue.text(name))))
    const body = field(1, resource(''), resource('first'), resource('second'), field(2, field(2, IDS)))
    expect(decodeProtobuf(body).map(({ resourceProject }) => resourceProject)).toEqual(['first'])
  })
})

describe('of a field that comes twice', () => {
  it('the last counts', () => expect(spanOf(field(5, 'a'), field(5, 'b'))?.name).toBe('b'))
  it('the last counts, empty or not', () => expect(spanOf(field(5, 'a'), field(5))?.name).toBe(''))
})

describe('numbers', () => {
  it.each([
    [0n],
    [1n],
    [127n],
    [128n],
    [2n ** 28n],
    [2n ** 31n],
    [2n ** 32n - 1n],
    [2n ** 32n],
    [2n ** 35n],
    [2n ** 53n + 1n],
    [2n ** 63n - 1n],
    [-1n],
    [-(2n ** 31n)],
    [-(2n ** 31n) - 1n],
    [-(2n ** 63n)],
  ])('%i is read exactly', (value) => {
    expect(attributesOf(attribute('k', anyValue.int(value)))).toEqual([['k', value]])
  })

  it('may be longer than they need be', () => {
    expect(attributesOf(attribute('k', varintField(3, 5, 9)))).toEqual([['k', 5n]])
  })

  it('are true in any bit', () => {
    expect(attributesOf(attribute('k', varintField(2, 2n ** 40n)))).toEqual([['k', true]])
  })

  it('may be unsigned with all bits set', () => {
    expect(spanOf(fixed64Field(8, 2n ** 64n - 1n))?.endNanos).toBe(2n ** 64n - 1n)
  })
})

/** [what, a request] */
const REFUSED: [what: string, body: Buffer][] = [
  ['a tag alone', tag(1, LEN)],
  ['a length past the end', Buffer.concat([tag(1, LEN), varint(5), Buffer.from('x')])],
  ['a length of 2^31', Buffer.concat([tag(1, LEN), varint(2 ** 31)])],
  ['a length of 2^64 - 1', Buffer.concat([tag(1, LEN), varint(2n ** 64n - 1n)])],
  ['a length of six bytes', Buffer.concat([tag(1, LEN), varint(0, 5)])],
  ['a tag of six bytes', varint(10, 5)],
  ['a tag past 32 bits', varint(2n ** 32n + 10n)],
  ['field number 0', Buffer.from([0x02, 0])],
  ['field number 0 in a span', requestWith(Buffer.from([0x02, 0]))],
  ['wire type 6', requestWith(tag(90, 6))],
  ['wire type 7', requestWith(tag(90, 7))],
  ['the end of a group that was not begun', requestWith(tag(90, 4))],
  ['a group without an end', requestWith(tag(90, 3))],
  ['a group that ends as another', requestWith(tag(90, 3), tag(91, 4))],
  [
    'a hundred and one groups in each other',
    requestWith(...Array(101).fill(tag(90, 3)), ...Array(101).fill(tag(90, 4))),
  ],
  ['a number of eleven bytes', requestWith(attribute('k', varintField(3, 5, 10)))],
  ['an unknown number of eleven bytes', requestWith(varintField(90, 5, 10))],
  ['a number cut off', requestWith(Buffer.concat([tag(6, VARINT), Buffer.from([0x80])]))],
  ['a time cut off', requestWith(Buffer.concat([tag(7, I64), Buffer.alloc(7)]))],
  [
    'a value that runs over the end of its attribute',
    requestWith(field(9, field(1, 'k'), tag(2, LEN), varint(9))),
  ],
  [
    'a text that runs over the end of its value',
    requestWith(field(9, field(1, 'k'), field(2, tag(1, LEN), varint(3), 'ab')), field(5, 'n')),
  ],
  ['an attribute that ends inside a field', requestWith(field(9, field(1, 'k'), tag(2, LEN)))],
  ['a span that ends inside a field', Buffer.concat([field(1, field(2, tag(2, LEN), varint(3), 'x'))])],
]

it.each(REFUSED)('refuses %s', (_what, body) => {
  expect(() => decodeProtobuf(body)).toThrow(Malformed)
})

it('refuses a sound request cut off anywhere but between two groups of spans', () => {
  const body = requestWith(field(5, 'n'), attribute('k', anyValue.list([anyValue.int(1)])))
  for (let length = 1; length < body.length; length++) {
    expect(() => decodeProtobuf(body.subarray(0, length)), `${length} bytes`).toThrow(Malformed)
  }
})
