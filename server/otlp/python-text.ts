/**
 * A session id that is no text becomes text the way Python writes it: `True`, `3.0`, `[1, 'a']`. Instrumentation in
 * Python and our stored sessions must agree on it.
 */
import type { Value } from '#server/otlp/model'

/** What Python's `str()` makes of the value; null for a value without content. */
export function pythonText(value: Value): string | null {
  if (value === null) return null
  return typeof value === 'string' ? value : repr(value)
}

function repr(value: Value): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'boolean':
      return value ? 'True' : 'False'
    case 'bigint':
      return String(value)
    case 'number':
      return pythonFloat(value)
  }
  if (value === null) return 'None'
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${quote(k)}: ${repr(v)}`).join(', ')}}`
  return quote(Buffer.from(value).toString('base64'))
}

/** Shortest digits as in JavaScript, but with a fraction always, and an exponent from 1e16 and below 1e-4. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return withTwoDigitExponent(value.toExponential())
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

const withTwoDigitExponent = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2')

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replace(/\\/g, '\\\\')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
    .replaceAll(mark, `\\${mark}`)
  return mark + escaped + mark
}
