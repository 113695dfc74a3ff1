/** Text and numbers as both databases can hold them, written as JSON by hand so that no digit is lost. */
import type { Value, ValueMap } from '#server/otlp/model'

// ES2024's isWellFormed is in every Node we run on, but not yet in the types we compile against.
type MaybeTorn = string & { isWellFormed(): boolean }

/** NUL and lone surrogates, which PostgreSQL refuses in text and JSON, become U+FFFD. */
export function cleanText(text: string): string {
  if (!text.includes('\0') && (text as MaybeTorn).isWellFormed()) return text
  return text.replace(/[\0\ud800-\udfff]/gu, '\ufffd')
}

/** A text as a JSON string, cleaned. */
export const jsonString = (text: string): string => JSON.stringify(cleanText(text))

/**
 * A value as JSON text. 64-bit integers keep every digit, NaN and the infinities are the strings of the protobuf JSON
 * mapping, bytes are base64, a value without content is null (in a list it holds its place).
 */
export function writeValue(value: Value): string {
  switch (typeof value) {
    case 'string':
      return jsonString(value)
    case 'number':
      return writeDouble(value)
    case 'bigint':
    case 'boolean':
      return String(value)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(writeValue).join(',')}]`
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`
  return writeMap(value)
}

/** A whole double is written `5.0`: without its fraction it would read back as an integer. */
export function writeDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  const text = String(value === 0 ? 0 : value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** A map as a JSON object. */
export function writeMap(map: ValueMap): string {
  const members: string[] = []
  for (const [key, value] of map) members.push(`${jsonString(key)}:${writeValue(value)}`)
  return `{${members.join(',')}}`
}
