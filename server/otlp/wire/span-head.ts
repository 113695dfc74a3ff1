/** The fields of a span as places in its bytes. Attributes go into the tree of a table of keys. */
import { putAttribute } from '#server/otlp/wire/attributes'
import type { KeyTable } from '#server/otlp/wire/keys'
import { I64, LEN, Malformed, tagOf, VARINT, type WireReader } from '#server/otlp/wire/reader'

/** A span with more attributes is none of those we are made for. */
const MAX_ATTRIBUTES = 4096
/** Nor is one with more events; start and end of each are kept. */
const MAX_EVENT_PLACES = 2 * 4096

const TRACE_ID = tagOf(1, LEN)
const SPAN_ID = tagOf(2, LEN)
const PARENT_ID = tagOf(4, LEN)
const NAME = tagOf(5, LEN)
const START_TIME = tagOf(7, I64)
const END_TIME = tagOf(8, I64)
const ATTRIBUTE = tagOf(9, LEN)
const EVENT = tagOf(11, LEN)
const STATUS = tagOf(15, LEN)

/** One for all spans: it is filled anew for each. Of a field that comes twice the last counts, as everywhere. */
export class SpanHead {
  traceIdStart = 0
  traceIdEnd = 0
  spanIdStart = 0
  spanIdEnd = 0
  parentIdStart = 0
  parentIdEnd = 0
  nameStart = 0
  nameEnd = 0
  // Nanoseconds in halves.
  startLow = 0
  startHigh = 0
  endLow = 0
  endHigh = 0
  statusCode = 0
  messageStart = 0
  messageEnd = 0
  /** Where each event's message starts and ends, in turns. */
  readonly events: number[] = []

  #clear(): void {
    this.traceIdStart = this.traceIdEnd = 0
    this.spanIdStart = this.spanIdEnd = 0
    this.parentIdStart = this.parentIdEnd = 0
    this.nameStart = this.nameEnd = 0
    this.startLow = this.startHigh = 0
    this.endLow = this.endHigh = 0
    this.statusCode = 0
    this.messageStart = this.messageEnd = 0
    this.events.length = 0
  }

  /**
   * Reads the span from here to `end`; false when something in it is uncommon.
   * @throws Malformed, OverBudget
   */
  read(reader: WireReader, end: number, keys: KeyTable): boolean {
    this.#clear()
    keys.begin()
    let attributes = 0
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag === ATTRIBUTE) {
        const attributeEnd = reader.end()
        reader.values.add(1)
        if (++attributes > MAX_ATTRIBUTES || !putAttribute(reader, attributeEnd, keys)) return false
        reader.pos = attributeEnd
      } else this.#field(tag, reader)
      if (this.events.length > MAX_EVENT_PLACES) return false
    }
    reader.checkEnd(end)
    return !keys.tree.hasConflict
  }

  #field(tag: number, reader: WireReader): void {
    if (tag === START_TIME) {
      reader.fixed64()
      this.startLow = reader.low
      this.startHigh = reader.high
    } else if (tag === END_TIME) {
      reader.fixed64()
      this.endLow = reader.low
      this.endHigh = reader.high
    } else if (tag === STATUS) this.#status(reader, reader.end())
    else if ((tag & 7) === LEN) this.#bytes(tag, reader)
    else reader.skip(tag)
  }

  #bytes(tag: number, reader: WireReader): void {
    const end = reader.end()
    const start = reader.pos
    reader.pos = end
    if (tag === TRACE_ID) {
      this.traceIdStart = start
      this.traceIdEnd = end
    } else if (tag === SPAN_ID) {
      this.spanIdStart = start
      this.spanIdEnd = end
    } else if (tag === PARENT_ID) {
      this.parentIdStart = start
      this.parentIdEnd = end
    } else if (tag === NAME) {
      this.nameStart = start
      this.nameEnd = end
    } else if (tag === EVENT) this.events.push(start, end)
    else if (tag >>> 3 === 0) throw new Malformed('field number 0')
  }

  #status(reader: WireReader, end: number): void {
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag === tagOf(2, LEN)) {
        this.messageEnd = reader.end()
        this.messageStart = reader.pos
        reader.pos = this.messageEnd
      } else if (tag === tagOf(3, VARINT)) {
        reader.varint()
        this.statusCode = reader.low
      } else reader.skip(tag)
    }
    reader.checkEnd(end)
  }
}
