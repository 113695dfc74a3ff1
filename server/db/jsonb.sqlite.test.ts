import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { textOfJsonb } from '#server/db/jsonb'

const connection = new Sqlite(':memory:')
const toJsonb = connection.prepare('select jsonb(?)').pluck()
const toText = connection.prepare('select json(?)').pluck()
const roundTrip = (text: string) => textOfJsonb(toJsonb.get(text) as Buffer)

it.each([
  '{}',
  '[]',
  'null',
  '{"a":{"b":[1,2.5,-3e10,true,false,null]},"c":""}',
  '9223372036854775807',
  '[-9223372036854775808,18446744073709551615,1e300,5e-324]',
  '"tab\\t quote\\" slash\\\\ \\u00e9 é 🦉"',
  `{"long":"${'x'.repeat(300)}","longer":"${'y'.repeat(70_000)}"}`,
])('gives back the document as it was written: %s', (text) => {
  expect(roundTrip(text)).toBe(text)
})

it('says what SQLite itself says of any document', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(roundTrip(text)).toBe(toText.get(text))
    }),
  )
})

it('reads text that SQL put in', () => {
  const bytes = connection.prepare(`select jsonb_object('a', 'say "hi"')`).pluck().get() as Buffer
  expect(textOfJsonb(bytes)).toBe('{"a":"say \\"hi\\""}')
})

it.each([
  ['nothing', []],
  ['a size beyond the end', [0x37, 0x31]],
  ['more than one document', [0x01, 0x01]],
  ['an unknown type', [0x0f]],
])('refuses %s', (_, bytes) => {
  expect(() => textOfJsonb(Uint8Array.from(bytes))).toThrow('damaged')
})
