/** Keeps secrets out of the log: by the name of a field, and by their shape inside text. */

export const MASK = '[masked]'
const SECRET_KEY = /authorization|cookie|passw(or)?d|secret|token|api.?key|credential|^key$|private.?key/i
/** Names that end like a secret and are none. */
const HARMLESS_KEY =
  /(count|id|minutes|seconds|bytes|length|expires?_?at|prompt_?tokens|completion_?tokens)$/i
const MAX_DEPTH = 6
/** A client may send names and headers of any length; the log keeps this many characters of one. */
const MAX_TEXT = 8192

/** The same for what a child logger is bound to, which pino writes without asking `maskFields`. */
export const BINDING_PATHS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'adminSecret',
  'token',
  'accessToken',
  'refreshToken',
  'key',
  'apiKey',
  'headers.authorization',
  'headers.cookie',
]

type Fields = Record<string, unknown>

/** A copy of the fields in which every value under a secret's name is masked, errors opened up. */
export function maskFields(fields: Fields): Fields {
  return copy(fields, 0, new Set()) as Fields
}

function copy(value: unknown, depth: number, ancestors: Set<unknown>): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string' && value.length > MAX_TEXT) return `${value.slice(0, MAX_TEXT)}…`
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (ancestors.has(value) || depth > MAX_DEPTH) return '[…]'
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`
  ancestors.add(value)
  const copied = Array.isArray(value)
    ? value.map((item) => copy(item, depth + 1, ancestors))
    : copyFields(value as Fields, depth, ancestors)
  ancestors.delete(value)
  return copied
}

function copyFields(fields: Fields, depth: number, ancestors: Set<unknown>): Fields {
  const source = fields instanceof Error ? errorFields(fields) : fields
  const result: Fields = {}
  for (const [key, value] of Object.entries(source)) {
    result[key] = isSecret(key, value) ? MASK : copy(value, depth + 1, ancestors)
  }
  return result
}

/** An error's own fields (a driver's code, say) with what JSON would leave out. */
function errorFields(error: Error): Fields {
  const { name, message, stack, cause } = error
  return { ...error, type: name, message, stack, ...(cause === undefined ? {} : { cause }) }
}

function isSecret(key: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return false
  return SECRET_KEY.test(key) && !HARMLESS_KEY.test(key)
}

/**
 * Masks bearer tokens, our tokens and URL passwords wherever they stand in a finished JSON line, and escapes what JSON
 * lets through and a terminal may take for a line break. Every repetition that can begin anew at the next character has
 * an upper limit: a client may choose the text, and a search that goes to its end from each place holds up the process.
 */
export function maskLine(line: string): string {
  return line
    .replace(/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1$2${MASK}`)
    .replace(/\beyJ[\w-]{1,400}\.[\w-]+\.[\w-]*/g, MASK)
    .replace(
      /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/?#"@]{0,400}:)(?!\d{1,5}[/?#])[^\s"@]{1,1000}@/gi,
      `$1${MASK}@`,
    )
    .replace(
      /[\u007f-\u009f\u2028\u2029]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
