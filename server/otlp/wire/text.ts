/** Text as it lies on the wire: bytes that should be UTF-8. */
import { cleanText } from '#server/otlp/text'

/** UTF-8; what is none becomes U+FFFD, one for each surrogate that was written on its own. */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\ufffd') ? readTornText(bytes.subarray(start, end)) : text
}

/** A lone surrogate is three bytes on the wire (ED A0..BF 80..BF), and would become three replacements. */
function readTornText(bytes: Buffer): string {
  const copy = Buffer.from(bytes)
  for (let at = copy.indexOf(0xed); at !== -1 && at + 2 < copy.length; at = copy.indexOf(0xed, at + 1)) {
    const isSurrogate = ((copy[at + 1] ?? 0) & 0xe0) === 0xa0 && ((copy[at + 2] ?? 0) & 0xc0) === 0x80
    if (isSurrogate) copy.set([0xef, 0xbf, 0xbd], at)
  }
  return copy.toString('utf8')
}

/** The same, as both databases can hold it. */
export const readCleanText = (bytes: Buffer, start: number, end: number): string =>
  cleanText(readText(bytes, start, end))

const isTail = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80

/** How many bytes the character that begins here takes (2 to 4); 0 when it is none (Unicode 16, table 3-7). */
export function sequenceLength(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] as number
  if (first < 0xc2 || first > 0xf4) return 0
  const second = bytes[at + 1]
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + length > end || !isTail(second) || second === undefined) return 0
  if (length === 2) return 2
  if (!isTail(bytes[at + 2])) return 0
  if (length === 3) return (first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) ? 0 : 3
  if (!isTail(bytes[at + 3])) return 0
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f) ? 0 : 4
}

/** At least the first hundred characters of a text. */
export function readBeginning(bytes: Buffer, start: number, end: number): string {
  const plainEnd = Math.min(end, start + BEGINNING_CHARACTERS)
  let at = start
  while (at < plainEnd && isPlain(bytes[at] as number)) at += 1
  if (at === plainEnd) return bytes.toString('latin1', start, plainEnd)
  // A character takes three bytes at most for each unit of UTF-16; one that is cut lies behind those asked for.
  return readText(bytes, start, Math.min(end, start + 3 * BEGINNING_CHARACTERS + 4))
}

const BEGINNING_CHARACTERS = 100

const isPlain = (byte: number) => byte !== 0 && byte < 0x80
