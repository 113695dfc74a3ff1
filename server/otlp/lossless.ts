/**
 * JSON text read without losing digits. The reader is JavaScript's own, which takes little time and memory; integers that
 * it would round are put between quotes before it sees them.
 */
import { randomBytes } from 'node:crypto'
import { MAX_SPAN_VALUES, type ValueCount } from '#server/otlp/budget'
import { MAX_VALUE_DEPTH, type Value } from '#server/otlp/model'

/** A run of digits that a double may not hold, where a number may stand. Inside a text it only costs time. */
const MAYBE_LONG = /(?:^|[:[,\s])-?\d{16,}/
const LONG_INTEGER = /^-?[1-9]\d{15,19}$/
const LONG_DIGITS = 16

const INT64_MIN = -(2n ** 63n)
/** Unsigned, because times in nanoseconds are. */
const UINT64_MAX = 2n ** 64n - 1n

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const COLON = 0x3a
const BACKSLASH = 0x5c

/**
 * What `JSON.parse` gives, but integers past 2^53 are texts of their digits, which OTLP's JSON allows for any number.
 * @throws SyntaxError, RangeError (nested past all reason)
 */
export function parseBody(text: string): unknown {
  return JSON.parse(MAYBE_LONG.test(text) ? quoteLongIntegers(text, '') : text)
}

/**
 * A JSON document that came as the text of an attribute. Whole numbers come back as integers, up to 64 bits exactly.
 * @param values counts what it holds
 * @throws SyntaxError, RangeError (nested too deeply, or more values than a span may hold), OverBudget
 */
export function parseJsonValue(text: string, values?: ValueCount): Value {
  const count = countValues(text)
  if (count > MAX_SPAN_VALUES) throw new RangeError('too many values')
  // Nobody can know it, so no text of a sender begins with it.
  const mark = MAYBE_LONG.test(text) ? randomBytes(12).toString('base64') : null
  const value = toValue(JSON.parse(mark === null ? text : quoteLongIntegers(text, mark)), 0, mark)
  values?.add(count)
  return value
}

function toValue(json: unknown, depth: number, mark: string | null): Value {
  if (depth > MAX_VALUE_DEPTH) throw new RangeError('nested too deeply')
  if (Array.isArray(json)) return json.map((item) => toValue(item, depth + 1, mark))
  if (typeof json === 'object' && json !== null) {
    return new Map(Object.entries(json).map(([key, item]) => [key, toValue(item, depth + 1, mark)]))
  }
  if (mark !== null && typeof json === 'string' && json.startsWith(mark)) {
    return exactly(json.slice(mark.length))
  }
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json)
  return json as string | number | boolean | null
}

/** What is longer than 64 bits is as every JSON reader has it. */
function exactly(digits: string): number | bigint {
  const exact = BigInt(digits)
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : Number(digits)
}

/** How many values a JSON text holds: itself, every item, every member. Of a text that is no JSON, some number. */
function countValues(text: string): number {
  let count = 1
  let isOpened = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x20) continue
    const isOpening = code === 0x5b || code === 0x7b
    const isClosing = code === 0x5d || code === 0x7d
    // What is opened and not closed at once holds one more value than commas.
    if (code === COMMA || (isOpened && !isClosing)) count += 1
    isOpened = isOpening
    if (code === QUOTE) at = endOfText(text, at) - 1
  }
  return count
}

/** Puts each integer of 16 to 20 digits between quotes, after the mark. Names and texts stay as they are. */
function quoteLongIntegers(text: string, mark: string): string {
  const pieces: string[] = []
  let copied = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at)
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      if (end - at >= LONG_DIGITS && isLongInteger(text, at, end)) {
        pieces.push(text.slice(copied, at), `"${mark}${text.slice(at, end)}"`)
        copied = end
      }
      at = end
    } else at += 1
  }
  return pieces.join('') + text.slice(copied)
}

/** A number before a colon is a fault that quotes would mend. */
function isLongInteger(text: string, start: number, end: number): boolean {
  if (!LONG_INTEGER.test(text.slice(start, end))) return false
  let next = end
  while (text.charCodeAt(next) <= 0x20) next += 1
  return text.charCodeAt(next) !== COLON
}

/** After the closing quote of the text that begins here. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) at += 1
  }
  return text.length
}

/** After all that can belong to the number that begins here. */
function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && isOfNumber(text.charCodeAt(at))) at += 1
  return at
}

const isDigit = (code: number) => code >= 0x30 && code <= 0x39
/** Digits, `+`, `-`, `.`, `E` and `e`. */
const isOfNumber = (code: number) =>
  isDigit(code) || code === 0x2b || code === MINUS || code === 0x2e || code === 0x45 || code === 0x65
