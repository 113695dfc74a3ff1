/** The form of the log for eyes: `time level name message key=value`, stack traces indented below. */

type RecordOfLine = Record<string, unknown>

/** Turns one JSON line into its readable form. Only the first line of it begins at the margin. */
export function humanLine(json: string): string {
  const { timestamp, level, logger, message, err, ...fields } = JSON.parse(json) as RecordOfLine
  const head = [
    String(timestamp).replace('T', ' ').replace('Z', ''),
    String(level).padEnd(8),
    printable(String(logger)),
    printable(String(message ?? '')),
    ...Object.entries(fields).map(([key, value]) => `${printable(key)}=${fieldText(value)}`),
  ]
  return `${head.filter((part) => part !== '').join(' ')}\n${errorLines(err)}`
}

function fieldText(value: unknown): string {
  if (typeof value !== 'string') return printable(JSON.stringify(value) ?? 'undefined')
  return /^[\w.:/@+-]+$/.test(value) ? value : printable(JSON.stringify(value))
}

/** Every line of a stack is set off by blanks and a bar: none can pass for a record of its own. */
function errorLines(err: unknown, label = ''): string {
  if (err === undefined || err === null) return ''
  if (typeof err !== 'object') return `    | ${label}${printable(String(err))}\n`
  const { type, message, stack, cause, ...fields } = err as RecordOfLine
  const text = typeof stack === 'string' ? stack : `${String(type ?? 'Error')}: ${String(message ?? '')}`
  const own = text
    .split(/\r\n|[\r\n]/)
    .map((line, index) => `    | ${index === 0 ? label : ''}${printable(line)}\n`)
  const rest = Object.keys(fields).length > 0 ? `    | ${printable(JSON.stringify(fields))}\n` : ''
  return own.join('') + rest + errorLines(cause, 'caused by ')
}

/** Control characters as escapes: no line break, no terminal command. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (mark) => {
    const code = mark.codePointAt(0) ?? 0
    return code > 0xffff ? '' : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
