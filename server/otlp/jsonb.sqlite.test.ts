/** The JSONB we write, as SQLite itself reads it. */
import Sqlite from 'better-sqlite3'
import { expect, it } from 'vitest'
import { parseJsonValue } from '#server/otlp/lossless'
import type { Value } from '#server/otlp/model'
import { SpanDecoder } from '#server/otlp/span-decoder'
import { WireReader } from '#server/otlp/wire/reader'
import { SpanCursor } from '#server/otlp/wire/request'
import { GEN_AI_SPANS } from '../../test/fixtures/otlp/gen-ai'
import { OPEN_INFERENCE_SPANS } from '../../test/fixtures/otlp/open-inference'
import { asProtobuf, exportRequest } from '../../test/otlp'
import { anyValue, attribute, RandomMessages, requestWith } from '../../test/wire-messages'

const connection = new Sqlite(':memory:')
const read = connection.prepare('select json(:it) as text, json_valid(:it, 8) as valid')
const through = connection.prepare('select json(jsonb(:it)) as text')

const asText = new SpanDecoder('text')
const asJsonb = new SpanDecoder('sqlite-jsonb')

/** Every document of a request: as text, and as SQLite reads the binary form of it. */
function documents(
  body: Uint8Array,
): { text: string; bySqlite: { text: string; valid: number }; blob: Buffer }[] {
  const reader = new WireReader(body)
  const cursor = new SpanCursor(reader)
  const found: ReturnType<typeof documents> = []
  while (cursor.next()) {
    const text = asText.decode(reader, cursor.start, cursor.end, 1)
    const jsonb = asJsonb.decode(reader, cursor.start, cursor.end, 1)
    if (typeof text === 'string' || typeof jsonb === 'string') continue
    for (const column of ['attributes', 'events'] as const) {
      const blob = Buffer.from(jsonb[column] as Uint8Array)
      found.push({
        text: Buffer.from(text[column] as Uint8Array).toString('utf8'),
        bySqlite: read.get({ it: blob }) as { text: string; valid: number },
        blob,
      })
    }
  }
  return found
}

function expectSame(body: Uint8Array): void {
  for (const { text, bySqlite } of documents(body)) {
    if (bySqlite.valid === 1 && bySqlite.text === text) continue
    // Escapes may be spelled otherwise; order and digits may not.
    expect(bySqlite.valid).toBe(1)
    expect(parseJsonValue(bySqlite.text)).toEqual(parseJsonValue(text))
  }
}

it('says the same as the text, in fixtures', () => {
  expectSame(asProtobuf(exportRequest([...OPEN_INFERENCE_SPANS, ...GEN_AI_SPANS])))
})

it('says the same as the text, in 3,000 random requests', () => {
  const messages = new RandomMessages({ seed: 46, torn: true })
  for (let index = 0; index < 3_000; index++) expectSame(messages.next())
}, 120_000)

it('passes through jsonb() as it is', () => {
  const [attributes] = documents(asProtobuf(exportRequest(OPEN_INFERENCE_SPANS)))
  expect(through.get({ it: attributes?.blob })).toEqual({ text: attributes?.bySqlite.text })
})

it.each([
  [11, '[1, 2, 3, 4 ]'],
  [12, 'the first size that needs a byte of its own'],
  [255, 'the last of one byte'],
  [256, 'two bytes'],
  [319, 'the last that is copied by hand'],
  [320, 'the first that is copied at once'],
  [65_535, 'the last of two bytes'],
  [65_536, 'four bytes, and the objects around it too'],
  [1_100_000, 'more than a chunk of memory'],
])('holds a text of %i bytes (%s)', (length) => {
  expectSame(
    requestWith(attribute('a.b.0.c', anyValue.text('x'.repeat(length))), attribute('d', anyValue.int(1))),
  )
})

it('answers paths', () => {
  const [attributes] = documents(
    requestWith(
      attribute('llm.model_name', anyValue.text('a "model"')),
      attribute('llm.input_messages.0.message.content', anyValue.text('hi')),
      attribute('größe', anyValue.int(5)),
    ),
  )
  const path = connection.prepare('select :it ->> :path').pluck()
  const at = (where: string) => path.get({ it: attributes?.blob, path: where })
  expect(at('$.llm.model_name')).toBe('a "model"')
  expect(at('$.llm.input_messages[0].message.content')).toBe('hi')
  expect(at('$."größe"')).toBe(5)
})

/** So that the comparison above compares something. */
it('would notice a digit that is lost', () => {
  const value: Value = parseJsonValue('{"a":9007199254740993}')
  expect(value).not.toEqual(parseJsonValue('{"a":9007199254740992}'))
})
