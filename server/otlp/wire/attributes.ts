/** Puts attributes, as they lie on the wire, into the tree of a table of keys. */

import { OverBudget } from '#server/otlp/budget'
import { parseJsonValue } from '#server/otlp/lossless'
import type { Value } from '#server/otlp/model'
import type { KeyTable } from '#server/otlp/wire/keys'
import type { WireReader } from '#server/otlp/wire/reader'
import { readText } from '#server/otlp/wire/text'
import { DOUBLE, FALSE, INTEGER, JSON_TEXT, LIST, TEXT, TRUE } from '#server/otlp/wire/tree'

// The tags of a KeyValue and of an AnyValue as every exporter writes them: one byte each.
const KEY_FIELD = 0x0a
const VALUE_FIELD = 0x12
const STRING_VALUE = 0x0a
const BOOL_VALUE = 0x10
const INT_VALUE = 0x18
const DOUBLE_VALUE = 0x21
const ARRAY_VALUE = 0x2a

/**
 * Puts the attribute from here to `end` into the tree. False when it is anything but a key and then one value of a kind
 * that is common, and when the key asks for more than a place: whoever reads the span slowly knows what is meant.
 * @throws Malformed
 */
export function putAttribute(reader: WireReader, end: number, keys: KeyTable): boolean {
  const { bytes } = reader
  if (bytes[reader.pos] !== KEY_FIELD) return false
  reader.pos += 1
  const keyEnd = reader.end()
  const keyStart = reader.pos
  if (keyEnd >= end || bytes[keyEnd] !== VALUE_FIELD) return false
  reader.pos = keyEnd + 1
  if (reader.end() !== end) return false
  // Sent without a value: left out.
  if (reader.pos === end) return true
  const key = keys.find(reader, keyStart, keyEnd)
  if (key === null) return false
  const { place, treatment } = key
  const { tree } = keys
  const tag = bytes[reader.pos++] as number
  switch (tag) {
    case STRING_VALUE: {
      if (treatment === 'toInteger' || reader.end() !== end) return false
      if (treatment === null) tree.put(place, TEXT, reader.pos, end)
      else if (isNull(bytes, reader.pos, end)) reader.values.add(1)
      else tree.put(place, JSON_TEXT, reader.pos, end)
      return true
    }
    case INT_VALUE: {
      const start = reader.pos
      reader.varint()
      tree.put(place, INTEGER, start, end)
      return reader.pos === end
    }
    case DOUBLE_VALUE:
      tree.put(place, DOUBLE, reader.pos, end)
      return treatment !== 'toInteger' && end - reader.pos === 8
    case BOOL_VALUE:
      reader.varint()
      tree.put(place, (reader.low | reader.high) !== 0 ? TRUE : FALSE, end, end)
      return reader.pos === end
    case ARRAY_VALUE:
      if (reader.end() !== end) return false
      tree.put(place, LIST, reader.pos, end)
      return true
  }
  return false
}

const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Whether a text is the JSON `null`, blanks around it or not: the attribute is left out. */
function isNull(bytes: Buffer, start: number, end: number): boolean {
  let from = start
  while (from < end && isBlank(bytes[from])) from += 1
  if (bytes[from] !== 0x6e) return false
  let to = end
  while (to > from && isBlank(bytes[to - 1])) to -= 1
  return to - from === 4 && bytes.toString('latin1', from, to) === 'null'
}

/** The JSON in a text, its values counted, else the text. @throws OverBudget */
export function jsonIn({ bytes, values }: WireReader, start: number, end: number): Value {
  const text = readText(bytes, start, end)
  try {
    return parseJsonValue(text, values)
  } catch (error) {
    if (error instanceof OverBudget) throw error
    return text
  }
}
