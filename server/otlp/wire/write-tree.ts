/** Writes the tree of a span's attributes, its values straight from the bytes. */
import { jsonIn } from '#server/otlp/wire/attributes'
import { transcodeJson } from '#server/otlp/wire/json-text'
import { I64, LEN, tagOf, VARINT, type WireReader } from '#server/otlp/wire/reader'
import type { JsonSink } from '#server/otlp/wire/sink'
import {
  DOUBLE,
  EMPTY,
  FALSE,
  JSON_TEXT,
  LIST,
  type Place,
  slotsOf,
  TEXT,
  TRUE,
} from '#server/otlp/wire/tree'

/** Lists lie no deeper in each other; those who do are left to whoever knows what is too deep. */
const MAX_LISTS = 16

/** The value at a place cannot be written like this. */
export class Uncommon extends Error {}

/**
 * Writes what hangs below a place as an object.
 * @throws Uncommon, Malformed, OverBudget, TooLarge
 */
export function writeObject(place: Place, reader: WireReader, sink: JsonSink): void {
  const opened = sink.openObject()
  for (let child = place.first; child !== null; child = child.next) {
    sink.key(child.label as Uint8Array)
    if (child.type !== EMPTY) writeValueAt(child, reader, sink)
    else if (child.firstSlot !== null) writeSlots(child, reader, sink)
    else writeObject(child, reader, sink)
  }
  sink.closeObject(opened)
}

function writeSlots(place: Place, reader: WireReader, sink: JsonSink): void {
  const opened = sink.openList()
  if (place.isSorted) {
    for (let slot = place.firstSlot; slot !== null; slot = slot.next) writeSlot(slot, reader, sink)
  } else for (const slot of slotsOf(place)) writeSlot(slot, reader, sink)
  sink.closeList(opened)
}

function writeSlot(slot: Place, reader: WireReader, sink: JsonSink): void {
  sink.item()
  if (slot.firstSlot !== null) writeSlots(slot, reader, sink)
  else writeObject(slot, reader, sink)
}

function writeValueAt(place: Place, reader: WireReader, sink: JsonSink): void {
  const { type, start, end } = place
  if (type === TEXT) sink.text(reader, start, end)
  else if (type === JSON_TEXT) writeJsonText(reader, start, end, sink)
  else if (type === TRUE || type === FALSE) sink.bool(type === TRUE)
  else {
    reader.pos = start
    if (type === LIST) writeList(reader, end, sink, 1)
    else if (type === DOUBLE) sink.double(reader.double())
    else {
      reader.varint()
      sink.integer(reader)
    }
  }
}

/** The JSON in a text, else the text. */
function writeJsonText(reader: WireReader, start: number, end: number, sink: JsonSink): void {
  const before = sink.mark()
  if (transcodeJson(reader, start, end, sink)) return
  sink.rewind(before)
  sink.value(jsonIn(reader, start, end))
}

const ITEM = tagOf(1, LEN)
const NO_FIELD = 0

function writeList(reader: WireReader, end: number, sink: JsonSink, depth: number): void {
  if (depth > MAX_LISTS) throw new Uncommon()
  const opened = sink.openList()
  while (reader.pos < end) {
    if (reader.tag() !== ITEM) throw new Uncommon()
    reader.values.add(1)
    sink.item()
    writeItem(reader, reader.end(), sink, depth)
  }
  reader.checkEnd(end)
  sink.closeList(opened)
}

/** An AnyValue of one field, or of none. */
function writeItem(reader: WireReader, end: number, sink: JsonSink, depth: number): void {
  const tag = reader.pos === end ? NO_FIELD : reader.tag()
  if (tag === NO_FIELD) sink.null()
  else if (tag === tagOf(1, LEN)) {
    const textEnd = reader.end()
    sink.text(reader, reader.pos, textEnd)
    reader.pos = textEnd
  } else if (tag === tagOf(4, I64)) sink.double(reader.double())
  else if (tag === tagOf(5, LEN)) writeList(reader, reader.end(), sink, depth + 1)
  else if (tag === tagOf(2, VARINT) || tag === tagOf(3, VARINT)) {
    reader.varint()
    if (tag === tagOf(2, VARINT)) sink.bool((reader.low | reader.high) !== 0)
    else sink.integer(reader)
  } else throw new Uncommon()
  if (reader.pos !== end) throw new Uncommon()
}
