/**
 * Stored JSON read as text, without turning it into values: numbers keep every digit, keys may be `__proto__`,
 * and depth costs no stack. What goes in has been checked by the database or was written by us.
 */

/** A piece of JSON text: a bracket, or a whole string, number or word. */
export interface JsonToken {
  /** `{`, `}`, `[`, `]`; `"` for a string, `0` for a number, `w` for true, false and null; `k` for a key. */
  kind: '{' | '}' | '[' | ']' | '"' | '0' | 'w' | 'k'
  start: number
  end: number
}

/** Cuts JSON text into tokens; commas, colons and blanks are left out. */
export function tokenize(text: string): JsonToken[] {
  const tokens: JsonToken[] = []
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string
    if (character === '"') {
      const end = afterString(text, at)
      tokens.push({ kind: isFollowedByColon(text, end) ? 'k' : '"', start: at, end })
      at = end
    } else if ('{}[]'.includes(character)) {
      tokens.push({ kind: character as JsonToken['kind'], start: at, end: at + 1 })
      at++
    } else if (',: \n\r\t'.includes(character)) {
      at++
    } else {
      let end = at + 1
      while (end < text.length && !',]} \n\r\t'.includes(text[end] as string)) end++
      tokens.push({ kind: /[-\d]/.test(character) ? '0' : 'w', start: at, end })
      at = end
    }
  }
  return tokens
}

// By hand, because a regular expression keeps a way back for every character of a text of megabytes.
function afterString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  return text.length
}

function isFollowedByColon(text: string, at: number): boolean {
  let next = at
  while (' \n\r\t'.includes(text[next] ?? ',')) next++
  return text[next] === ':'
}

/** The index after the value that begins at token `at`. */
export function afterValue(tokens: readonly JsonToken[], at: number): number {
  let depth = 0
  for (let index = at; index < tokens.length; index++) {
    const kind = tokens[index]?.kind
    if (kind === '{' || kind === '[') depth++
    else if (kind === '}' || kind === ']') depth--
    if (depth === 0 && kind !== 'k') return index + 1
  }
  return tokens.length
}

/** The items of a JSON list as texts; none when the text is no list. */
export function listItems(text: string): string[] {
  const tokens = tokenize(text)
  if (tokens[0]?.kind !== '[') return []
  const items: string[] = []
  for (let at = 1; at < tokens.length && tokens[at]?.kind !== ']'; ) {
    const next = afterValue(tokens, at)
    items.push(sliceTokens(text, tokens, at, next))
    at = next
  }
  return items
}

/** The properties of a JSON object, their values as texts; empty when the text is no object. */
export function objectEntries(text: string): Map<string, string> {
  const tokens = tokenize(text)
  const entries = new Map<string, string>()
  if (tokens[0]?.kind !== '{') return entries
  for (let at = 1; at < tokens.length && tokens[at]?.kind === 'k'; ) {
    const key = tokens[at] as JsonToken
    const next = afterValue(tokens, at + 1)
    entries.set(JSON.parse(text.slice(key.start, key.end)), sliceTokens(text, tokens, at + 1, next))
    at = next
  }
  return entries
}

/** The text from token `from` up to, not including, token `to`. */
export function sliceTokens(text: string, tokens: readonly JsonToken[], from: number, to: number): string {
  return text.slice(tokens[from]?.start, tokens[to - 1]?.end)
}
