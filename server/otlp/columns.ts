/** What becomes of texts and numbers that stand in columns of their own. */
import { cleanText } from '#server/otlp/text'
import { SPAN_KINDS, type SpanKind, type StatusCode } from '#server/traces/model'

export const PREVIEW_CHARACTERS = 100
const MODEL_NAME_CHARACTERS = 255
/** Longest id of a session or a user that becomes a column: PostgreSQL indexes no longer text. The attribute is kept anyway. */
const MAX_ID_BYTES = 1000
/** More than any span has. Sums stay exact, below 2^53, up to 90 million spans of so many. */
const MAX_TOKENS = 1e8

const KINDS = new Set<string>(SPAN_KINDS)

/** The kind that a text names in letters of either case. */
export function spanKindOf(text: string): SpanKind {
  if (KINDS.has(text)) return text as SpanKind
  const kind = text.replace(/[a-z]/g, (letter) => letter.toUpperCase())
  return KINDS.has(kind) ? (kind as SpanKind) : 'UNKNOWN'
}

/** The status of a code on the wire. */
export function statusOf(code: number): StatusCode {
  if (code === 1) return 'OK'
  return code === 2 ? 'ERROR' : 'UNSET'
}

/** A count of tokens, fractions cut off; 0 for what is none, below zero or out of all reason. */
export function tokensOf(value: number): number {
  const count = Math.trunc(value)
  return count > 0 && count <= MAX_TOKENS ? count : 0
}

/** The beginning of a text, cleaned. */
export function previewOf(text: string): string {
  return firstCharacters(text, PREVIEW_CHARACTERS)
}

/** A model's name as a column takes it; null when it is blank. */
export function modelNameOf(text: string): string | null {
  return firstCharacters(text.trim(), MODEL_NAME_CHARACTERS) || null
}

/** The id of a session or a user as a column takes it; null when it is blank or too long. */
export function idOf(text: string): string | null {
  const id = cleanText(text).trim()
  if (id === '') return null
  // Three bytes at most for each unit of UTF-16.
  return id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES ? null : id
}

function firstCharacters(text: string, count: number): string {
  // A cut through a pair of surrogates leaves half a character, which is cleaned to U+FFFD: cut before it.
  const cut = text.slice(0, count)
  return cleanText(/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut)
}

/**
 * Microseconds of a time in nanoseconds that comes as two halves of 32 bits, exactly as long as a double can say so:
 * beyond, the result is too large too.
 */
export function microsOf(low: number, high: number): number {
  const upper = high >>> 0
  const rest = (upper % 1000) * 2 ** 32 + (low >>> 0)
  return Math.floor(upper / 1000) * 2 ** 32 + Math.floor(rest / 1000)
}
