/**
 * Makes a row of a span straight from its bytes. What nearly every span is made of is written without a detour; a span
 * with anything else in it is read field by field (protobuf.ts) and made a row by row.ts, where the rules stand. Both
 * ways give the same row.
 */
import { OverBudget } from '#server/otlp/budget'
import { idOf, microsOf, modelNameOf, previewOf, spanKindOf, statusOf, tokensOf } from '#server/otlp/columns'
import { listEvents } from '#server/otlp/events'
import type { OtlpEvent, OtlpSpan, Value } from '#server/otlp/model'
import { readEvent, readSpan } from '#server/otlp/protobuf'
import { toRow } from '#server/otlp/row'
import type { RowOrReason, SpanRow } from '#server/otlp/span-row'
import { IdReader } from '#server/otlp/wire/ids'
import { JsonbSink } from '#server/otlp/wire/jsonb-sink'
import { KeyTable } from '#server/otlp/wire/keys'
import { Malformed, type WireReader } from '#server/otlp/wire/reader'
import { type JsonFormat, type JsonSink, TooLarge } from '#server/otlp/wire/sink'
import { SpanHead } from '#server/otlp/wire/span-head'
import { StringCache } from '#server/otlp/wire/strings'
import { readBeginning } from '#server/otlp/wire/text'
import { TextSink } from '#server/otlp/wire/text-sink'
import { INTEGER, type Place, TEXT } from '#server/otlp/wire/tree'
import { Uncommon, writeObject } from '#server/otlp/wire/write-tree'

const TOO_LARGE = 'it is too large'

export class SpanDecoder {
  readonly #sink: JsonSink
  readonly #noEvents: Uint8Array
  readonly #strings = new StringCache()
  readonly #ids = new IdReader()
  readonly #head = new SpanHead()
  #keys: KeyTable

  /** @param format the form of a row's documents */
  constructor(format: JsonFormat) {
    this.#sink = format === 'text' ? new TextSink() : new JsonbSink()
    this.#keys = this.#newKeys()
    this.#noEvents = this.write([])
  }

  #newKeys(): KeyTable {
    return new KeyTable((name) => this.#sink.labelOf(name))
  }

  /** A value as a document. @throws TooLarge */
  readonly write = (value: Value): Uint8Array => {
    this.#sink.begin()
    this.#sink.value(value)
    return this.#sink.finish()
  }

  /**
   * The row of the span from `start` to `end`, or why there is none.
   * @param receivedAt microseconds since 1970: the start of a span that names none
   * @throws Malformed
   */
  decode(reader: WireReader, start: number, end: number, receivedAt: number): RowOrReason {
    return (
      this.decodeCommon(reader, start, end, receivedAt) ?? this.#decodeAny(reader, start, end, receivedAt)
    )
  }

  /** The row of a span that came some other way. */
  toRow(span: OtlpSpan, receivedAt: number): RowOrReason {
    try {
      return toRow(span, receivedAt, this.write)
    } catch (error) {
      // A RangeError is a string longer than JavaScript's longest.
      if (error instanceof TooLarge || error instanceof RangeError) return TOO_LARGE
      if (error instanceof OverBudget) return error.message
      throw error
    }
  }

  #decodeAny(reader: WireReader, start: number, end: number, receivedAt: number): RowOrReason {
    reader.pos = start
    return this.toRow(readSpan(reader, end), receivedAt)
  }

  /** The same for a span that has nothing uncommon in it; null for any other. For `decode` and for its tests. */
  decodeCommon(reader: WireReader, start: number, end: number, receivedAt: number): RowOrReason | null {
    if (this.#keys.isFull) this.#keys = this.#newKeys()
    reader.pos = start
    reader.values.reset()
    try {
      return this.#head.read(reader, end, this.#keys) ? this.#makeRow(reader, receivedAt) : null
    } catch (error) {
      // What is wrong, the other way says better.
      if (error instanceof Uncommon || error instanceof Malformed || error instanceof OverBudget) return null
      if (error instanceof TooLarge) return TOO_LARGE
      throw error
    }
  }

  #makeRow(reader: WireReader, receivedAt: number): SpanRow | null {
    const head = this.#head
    const ids = this.#ids
    if (!ids.read(reader, head) || !this.#hasPlainColumns()) return null
    const startTime =
      head.startLow === 0 && head.startHigh === 0 ? receivedAt : microsOf(head.startLow, head.startHigh)
    const endTime = Math.max(startTime, microsOf(head.endLow, head.endHigh))
    if (endTime > Number.MAX_SAFE_INTEGER) return null
    const { columns } = this.#keys
    const strings = this.#strings
    const kind = this.#textAt(reader, columns.kind)
    const spanKind = kind === null ? 'UNKNOWN' : spanKindOf(kind)
    const session = this.#textAt(reader, columns.session)
    const user = this.#textAt(reader, columns.user)
    return {
      traceId: ids.traceId,
      spanId: ids.spanId,
      parentId: ids.parentId,
      name: strings.read(reader, head.nameStart, head.nameEnd),
      spanKind,
      startTime,
      endTime,
      statusCode: statusOf(head.statusCode),
      statusMessage: strings.read(reader, head.messageStart, head.messageEnd),
      attributes: this.#writeAttributes(reader),
      events: head.events.length === 0 ? this.#noEvents : this.#writeEvents(reader, startTime),
      llmTokenCountPrompt: spanKind === 'LLM' ? this.#tokensAt(reader, columns.promptTokens) : null,
      llmTokenCountCompletion: spanKind === 'LLM' ? this.#tokensAt(reader, columns.completionTokens) : null,
      inputPreview: this.#previewAt(reader, columns.input),
      outputPreview: this.#previewAt(reader, columns.output),
      modelName: this.#modelName(reader),
      sessionId: session === null ? null : idOf(session),
      userId: user === null ? null : idOf(user),
    }
  }

  /** Whether whatever has a column of its own is a text, or a whole number where tokens are counted. */
  #hasPlainColumns(): boolean {
    const { texts, promptTokens, completionTokens } = this.#keys.columns
    for (const place of texts) if (this.#isOther(place, TEXT)) return false
    return !this.#isOther(promptTokens, INTEGER) && !this.#isOther(completionTokens, INTEGER)
  }

  #isOther(place: Place, type: number): boolean {
    return this.#keys.tree.isUsed(place) && place.type !== type
  }

  #textAt(reader: WireReader, place: Place): string | null {
    return this.#keys.tree.isUsed(place) ? this.#strings.read(reader, place.start, place.end) : null
  }

  #tokensAt(reader: WireReader, place: Place): number {
    if (!this.#keys.tree.isUsed(place)) return 0
    reader.pos = place.start
    reader.varint()
    return tokensOf(Number(reader.int64))
  }

  #previewAt({ bytes }: WireReader, place: Place): string | null {
    return this.#keys.tree.isUsed(place) ? previewOf(readBeginning(bytes, place.start, place.end)) : null
  }

  #modelName(reader: WireReader): string | null {
    for (const place of this.#keys.columns.models) {
      const text = this.#textAt(reader, place)
      const name = text === null ? null : modelNameOf(text)
      if (name !== null) return name
    }
    return null
  }

  #writeAttributes(reader: WireReader): Uint8Array {
    this.#sink.begin()
    writeObject(this.#keys.tree.root, reader, this.#sink)
    return this.#sink.finish()
  }

  #writeEvents(reader: WireReader, startTime: number): Uint8Array {
    const { events: places } = this.#head
    const faulty: Pick<OtlpSpan, 'fault'> = { fault: null }
    const events: OtlpEvent[] = []
    for (let index = 0; index < places.length; index += 2) {
      reader.pos = places[index] as number
      events.push(readEvent(faulty, reader, places[index + 1] as number))
    }
    if (faulty.fault !== null) throw new Uncommon()
    return this.write(listEvents(events, startTime))
  }
}
