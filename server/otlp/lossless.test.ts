import { describe, expect, it } from 'vitest'
import { OverBudget, ValueCount } from '#server/otlp/budget'
import { parseBody, parseJsonValue } from '#server/otlp/lossless'

describe('JSON in an attribute', () => {
  it.each([
    ['an integer past 2^53', '9007199254740993', 9007199254740993n],
    ['the least of 64 bits', '-9223372036854775808', -9223372036854775808n],
    ['one of 20 digits that fits', '18446744073709551615', 18446744073709551615n],
    ['one of 20 digits that does not', '18446744073709551616', 18446744073709552000],
    ['one of 21 digits', '123456789012345678901', 123456789012345680000],
    ['a fraction of many digits', '1234567890123456.5', 1234567890123456.5],
    ['an exponent', '1234567890123456e2', 123456789012345600],
    ['digits in a text', '["1234567890123456789"]', ['1234567890123456789']],
    ['digits after a quote in a text', '["\\",1234567890123456789"]', ['",1234567890123456789']],
    ['blanks around', '[ -9007199254740993 ,1]', [-9007199254740993n, 1n]],
    ['a number as a name', '{"1234567890123456789":1}', new Map([['1234567890123456789', 1n]])],
    ['a name twice', '{"a":1,"a":9007199254740993}', new Map([['a', 9007199254740993n]])],
  ])('reads %s', (_what, text, value) => expect(parseJsonValue(text)).toEqual(value))

  it.each([
    ['a long number as a name', '{1234567890123456:1}'],
    ['a long number with zeros before it', '[0001234567890123456]'],
    ['two long numbers in a row', '[1234567890123456 1234567890123456]'],
    ['a text that is not closed', '[1234567890123456,"'],
  ])('refuses %s', (_what, text) => expect(() => parseJsonValue(text)).toThrow(SyntaxError))

  it.each([
    ['1', 1],
    ['[]', 1],
    ['{ }', 1],
    ['[[],{}]', 3],
    ['[1,"a,b\\",[",{"k":[null],"l":2}]', 7],
  ])('counts the values of %s', (text, count) => {
    const values = new ValueCount()
    parseJsonValue(text, values)
    expect(values.total).toBe(count)
  })

  it('is read up to 100,000 values, itself among them', () => {
    const list = (items: number) => `[${'0,'.repeat(items - 1)}0]`
    expect(parseJsonValue(list(99_999))).toHaveLength(99_999)
    expect(() => parseJsonValue(list(100_000))).toThrow(RangeError)
  })

  it('rejects the span when it holds too much together with the rest', () => {
    expect(() => parseJsonValue('[1]', new ValueCount(99_999))).toThrow(OverBudget)
  })
})

it('a body has the digits of long integers as texts', () => {
  expect(parseBody('{"a":1704164645123456999,"b":[1,-9223372036854775808]}')).toEqual({
    a: '1704164645123456999',
    b: [1, '-9223372036854775808'],
  })
})
