/** JSON text read without losing digits: what `JSON.parse` would round comes back as bigint. */
import { parse as parseLossless } from 'lossless-json'
import { MAX_VALUE_DEPTH, type Value } from '#server/otlp/model'

/** A run of digits that a double may not hold, where a number may stand. Inside a text it only costs time. */
const LONG_NUMBER = /(?:^|[:[,\s])-?\d{16,}/

const INT64_MIN = -(2n ** 63n)
/** Unsigned, because times in nanoseconds are. */
const UINT64_MAX = 2n ** 64n - 1n

/** Integers of up to 64 bits exactly; whatever is longer, or no integer, as every JSON reader has it. */
function readNumber(text: string): number | bigint {
  if (!/^-?\d{16,20}$/.test(text)) return Number(text)
  const exact = BigInt(text)
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : Number(text)
}

/**
 * What `JSON.parse` gives, but with integers past 2^53 as bigint.
 * @throws SyntaxError, RangeError (nested past all reason)
 */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return parseLossless(text, undefined, {
    parseNumber: readNumber,
    onDuplicateKey: ({ newValue }) => newValue,
  })
}

/**
 * A JSON document that came as the text of an attribute. Whole numbers come back as integers.
 * @throws SyntaxError, RangeError (nested too deeply)
 */
export function parseJsonValue(text: string): Value {
  return toValue(parseJson(text), 0)
}

function toValue(json: unknown, depth: number): Value {
  if (depth > MAX_VALUE_DEPTH) throw new RangeError('nested too deeply')
  if (Array.isArray(json)) return json.map((item) => toValue(item, depth + 1))
  if (typeof json === 'object' && json !== null) {
    return new Map(Object.entries(json).map(([key, item]) => [key, toValue(item, depth + 1)]))
  }
  if (typeof json === 'number' && Number.isSafeInteger(json)) return BigInt(json)
  return json as string | number | bigint | boolean | null
}
