/** Where JSON documents are written to: memory that grows, in one of the forms in which databases take them. */
import type { Value } from '#server/otlp/model'
import type { WireReader } from '#server/otlp/wire/reader'

/** The form of a document: JSON text, or the binary form that SQLite calls JSONB. */
export type JsonFormat = 'text' | 'sqlite-jsonb'

/** As much as a request may hold; escapes could make six times that of it. */
const MAX_DOCUMENT_BYTES = 128 * 1024 * 1024

/** The document would be longer than any that can be stored. */
export class TooLarge extends Error {}

const CHUNK_BYTES = 1024 * 1024

/** Memory for one document after the other. A full chunk is left to those who hold pieces of it, and a new one begun. */
export abstract class Memory {
  protected bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  protected view = viewOf(this.bytes)
  protected pos = 0
  protected start = 0

  /** Begins a document; one that was not finished is forgotten. */
  begin(): void {
    this.pos = this.start
  }

  /** The document, complete. What comes later does not touch it. */
  finish(): Uint8Array {
    const document = this.bytes.subarray(this.start, this.pos)
    this.start = this.pos
    return document
  }

  /** Where we are, counted from the beginning of the document: memory may move. */
  mark(): number {
    return this.pos - this.start
  }

  rewind(mark: number): void {
    this.pos = this.start + mark
  }

  /** Makes room for so many bytes more. */
  protected ensure(bytes: number): void {
    if (this.pos + bytes > this.bytes.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const used = this.pos - this.start
    if (used + bytes > MAX_DOCUMENT_BYTES) throw new TooLarge()
    const twice = Math.min(2 * (used + bytes), MAX_DOCUMENT_BYTES)
    const chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, twice))
    this.bytes.copy(chunk, 0, this.start, this.pos)
    this.bytes = chunk
    this.view = viewOf(chunk)
    this.pos = used
    this.start = 0
  }

  /** Numbers and words, which are ASCII. */
  protected putAscii(text: string): void {
    const { length } = text
    this.ensure(length)
    for (let index = 0; index < length; index++) this.bytes[this.pos++] = text.charCodeAt(index)
  }

  /** A few bytes. */
  protected putBytes(bytes: Uint8Array): void {
    const { length } = bytes
    this.ensure(length)
    for (let index = 0; index < length; index++) this.bytes[this.pos++] = bytes[index] as number
  }
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Writes a document piece by piece. Members are a key and a value, elements of lists `item()` and a value. */
export interface JsonSink {
  begin(): void
  finish(): Uint8Array
  /** Where we are. */
  mark(): number
  /** Goes back to where we were, to write what stood there anew. */
  rewind(mark: number): void
  /** What begins a member of this name. */
  labelOf(name: string): Uint8Array
  /** Returns what is to be given when it is closed. */
  openObject(): number
  closeObject(opened: number): void
  openList(): number
  closeList(opened: number): void
  key(label: Uint8Array): void
  /** A key that lies on the wire. */
  keyText(from: WireReader, start: number, end: number): void
  item(): void
  /** A text that lies on the wire, cleaned. */
  text(from: WireReader, start: number, end: number): void
  /** The last number the reader read, as a signed integer. */
  integer(from: WireReader): void
  double(value: number): void
  bool(value: boolean): void
  null(): void
  /** Decimal digits, as in JSON, that lie on the wire. */
  digits(from: WireReader, start: number, end: number): void
  /** Anything that is not on the wire. */
  value(value: Value): void
}
