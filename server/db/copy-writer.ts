/** Rows in the binary form of PostgreSQL's COPY: https://www.postgresql.org/docs/current/sql-copy.html. */

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const CHUNK_BYTES = 512 * 1024
const ABSENT = -1
const END = -1
const JSONB_VERSION = 1
/** PostgreSQL counts microseconds from 2000-01-01. */
const EPOCH_MS = Date.UTC(2000, 0, 1)

/** Writes one value, after its length in bytes. */
export type WriteField = (writer: CopyWriter, value: never) => void

const writeJsonb = (writer: CopyWriter, value: string | Uint8Array) => writer.text(value, JSONB_VERSION)
const writeText = (writer: CopyWriter, value: string | Uint8Array) => writer.text(value)
const writeBigint = (writer: CopyWriter, value: number) => writer.bigint(value)
const writeInteger = (writer: CopyWriter, value: number) => writer.integer(value)
const writeTime = (writer: CopyWriter, value: Date) => writer.bigint((value.getTime() - EPOCH_MS) * 1000)
const writeBoolean = (writer: CopyWriter, value: boolean) => writer.bytes(Uint8Array.of(value ? 1 : 0))
const writeBytes = (writer: CopyWriter, value: Uint8Array) => writer.bytes(value)

const BY_TYPE: Record<string, WriteField> = {
  bigint: writeBigint,
  integer: writeInteger,
  text: writeText,
  jsonb: writeJsonb,
  bytea: writeBytes,
  boolean: writeBoolean,
  'timestamp (3) with time zone': writeTime,
}

/**
 * How values of a column type are written.
 * @throws Error for a type that no table of ours has
 */
export function fieldWriter(type: string): WriteField {
  const write = BY_TYPE[type]
  if (!write) throw new Error(`Values of type ${type} are not written in bulk`)
  return write
}

/** Collects rows; `finish` gives the chunks to send. */
export class CopyWriter {
  readonly #chunks: Buffer[] = []
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  #at = SIGNATURE.copy(this.#buffer)

  row(fields: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeInt16BE(fields, this.#at)
  }

  absent(): void {
    this.#room(4)
    this.#at = this.#buffer.writeInt32BE(ABSENT, this.#at)
  }

  /** Any integer up to 2^53. */
  bigint(value: number): void {
    this.#room(12)
    this.#at = this.#buffer.writeInt32BE(8, this.#at)
    const high = Math.floor(value / 2 ** 32)
    this.#at = this.#buffer.writeInt32BE(high, this.#at)
    this.#at = this.#buffer.writeUInt32BE(value - high * 2 ** 32, this.#at)
  }

  integer(value: number): void {
    this.#room(8)
    this.#at = this.#buffer.writeInt32BE(4, this.#at)
    this.#at = this.#buffer.writeInt32BE(value, this.#at)
  }

  /** A string or its UTF-8 bytes, after a byte of its own where the type wants one. */
  text(value: string | Uint8Array, first?: number): void {
    if (typeof value !== 'string') {
      this.bytes(value, first)
      return
    }
    // Three bytes are the most that one unit of a JavaScript string becomes.
    this.#room(5 + value.length * 3)
    const lengthAt = this.#at
    this.#at += 4
    if (first !== undefined) this.#buffer[this.#at++] = first
    this.#at += this.#buffer.write(value, this.#at, 'utf8')
    this.#buffer.writeInt32BE(this.#at - lengthAt - 4, lengthAt)
  }

  bytes(value: Uint8Array, first?: number): void {
    this.#room(5 + value.byteLength)
    this.#at = this.#buffer.writeInt32BE(value.byteLength + (first === undefined ? 0 : 1), this.#at)
    if (first !== undefined) this.#buffer[this.#at++] = first
    this.#buffer.set(value, this.#at)
    this.#at += value.byteLength
  }

  /** Ends the rows. */
  finish(): readonly Buffer[] {
    this.row(END)
    this.#chunks.push(this.#buffer.subarray(0, this.#at))
    return this.#chunks
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    this.#chunks.push(this.#buffer.subarray(0, this.#at))
    this.#buffer = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes))
    this.#at = 0
  }
}
