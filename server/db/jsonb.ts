/**
 * SQLite's binary JSON (https://sqlite.org/jsonb.html) read as text. Numbers and strings come out as they were written,
 * so 64-bit integers survive.
 */

const NULL = 0
const TRUE = 1
const FALSE = 2
const INT = 3
const FLOAT = 5
const TEXT = 7
const TEXT_WITH_ESCAPES = 8
const RAW_TEXT = 10
const ARRAY = 11
const OBJECT = 12

/** An element: its type, and where its payload begins and ends. */
interface Element {
  type: number
  from: number
  to: number
}

/**
 * The JSON text of a document that SQLite's `jsonb()` made.
 * @throws Error for anything else
 */
export function textOfJsonb(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = elementAt(buffer, 0)
  if (whole.to !== buffer.length) throw malformed()
  return write(buffer, whole)
}

function elementAt(buffer: Buffer, at: number): Element {
  const head = buffer[at]
  if (head === undefined) throw malformed()
  const short = head >> 4
  // 12, 13, 14: the size follows in 1, 2 or 4 bytes. 15, for 8 bytes, is longer than any value may be.
  if (short === 15) throw malformed()
  const sizeBytes = short < 12 ? 0 : 2 ** (short - 12)
  const from = at + 1 + sizeBytes
  const size = sizeBytes === 0 ? short : buffer.readUIntBE(at + 1, sizeBytes)
  if (from + size > buffer.length) throw malformed()
  return { type: head & 15, from, to: from + size }
}

function write(buffer: Buffer, { type, from, to }: Element): string {
  switch (type) {
    case NULL:
      return 'null'
    case TRUE:
      return 'true'
    case FALSE:
      return 'false'
    case INT:
    case FLOAT:
      return buffer.toString('latin1', from, to)
    case TEXT:
    case TEXT_WITH_ESCAPES:
      return `"${buffer.toString('utf8', from, to)}"`
    case RAW_TEXT:
      return JSON.stringify(buffer.toString('utf8', from, to))
    case ARRAY:
      return `[${members(buffer, from, to).join(',')}]`
    case OBJECT:
      return writeObject(members(buffer, from, to))
    default:
      throw malformed()
  }
}

function members(buffer: Buffer, from: number, to: number): string[] {
  const list: string[] = []
  for (let at = from; at < to; ) {
    const element = elementAt(buffer, at)
    list.push(write(buffer, element))
    at = element.to
  }
  return list
}

/** Names and values take turns. */
function writeObject(list: readonly string[]): string {
  let text = '{'
  for (let at = 0; at < list.length; at += 2) text += `${at === 0 ? '' : ','}${list[at]}:${list[at + 1]}`
  return `${text}}`
}

const malformed = () => new Error('The JSON of a row is damaged')
