/**
 * The attribute tree as REST shows it: dotted keys. Objects add a segment; a list with an object anywhere in it
 * adds numbers; any other list stays whole. The way back (section by section of a dotted key) is ingest's.
 */
import { type JsonToken, sliceTokens, tokenize } from '#server/traces/json-text'

/** One attribute: both parts are JSON text, the key without its quotes. */
export interface FlatAttribute {
  /** Escaped as in JSON, ready to stand between quotes. */
  key: string
  value: string
}

interface Level {
  prefix: string
  /** Number of the next item of a list; null in an object. */
  next: number | null
}

/** Flattens a JSON object. Nothing is lost: empty objects and lists, and null, stay as values. */
export function flattenAttributes(text: string): FlatAttribute[] {
  const tokens = tokenize(text)
  const lists = surveyLists(tokens)
  const flat: FlatAttribute[] = []
  const levels: Level[] = [{ prefix: '', next: null }]
  let name = ''
  for (let at = 1; at < tokens.length; at++) {
    const token = tokens[at] as JsonToken
    const level = levels.at(-1)
    if (!level) break
    if (token.kind === 'k') {
      name = level.prefix + text.slice(token.start + 1, token.end - 1)
      continue
    }
    if (token.kind === '}' || token.kind === ']') {
      levels.pop()
      continue
    }
    const key = level.next === null ? name : `${level.prefix}${level.next++}`
    const end = wholeUntil(tokens, lists, at)
    if (end === null) {
      levels.push({ prefix: `${key}.`, next: token.kind === '[' ? 0 : null })
      continue
    }
    flat.push({ key, value: sliceTokens(text, tokens, at, end) })
    at = end - 1
  }
  return flat
}

/** Where a value ends that is written whole; null for one that is taken apart. */
function wholeUntil(tokens: readonly JsonToken[], lists: Map<number, number>, at: number): number | null {
  const kind = tokens[at]?.kind
  if (kind === '{') return tokens[at + 1]?.kind === '}' ? at + 2 : null
  if (kind === '[') return lists.get(at) ?? null
  return at + 1
}

/** The lists without any object in them, by first token, with the index after their last. */
function surveyLists(tokens: readonly JsonToken[]): Map<number, number> {
  const plain = new Map<number, number>()
  const open: { at: number; isList: boolean; hasObject: boolean }[] = []
  tokens.forEach(({ kind }, at) => {
    if (kind === '{' || kind === '[') {
      open.push({ at, isList: kind === '[', hasObject: kind === '{' })
    } else if (kind === '}' || kind === ']') {
      const closed = open.pop()
      if (!closed) return
      if (closed.isList && !closed.hasObject) plain.set(closed.at, at + 1)
      const parent = open.at(-1)
      if (parent && closed.hasObject) parent.hasObject = true
    }
  })
  return plain
}
