/**
 * The attributes of a span, read without loss: numbers stay as they were written, so that a 64-bit integer
 * shows all of its digits.
 */
import { isLosslessNumber, type LosslessNumber, parse, stringify } from 'lossless-json'

export type Json = null | boolean | string | LosslessNumber | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** The attribute tree of a span; an empty one when the text is none. */
export function parseAttributes(text: string): JsonObject {
  const value = parseJson(text)
  return isObject(value) ? value : {}
}

/** Any JSON text, or undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return parse(text) as Json
  } catch {
    return undefined
  }
}

/** Pretty JSON with every digit kept. */
export function toPrettyJson(value: Json): string {
  return stringify(value, undefined, 2) ?? ''
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value)
}

/** What lies at a dotted path, whether the tree is nested or has the dotted name as a key. */
export function at(tree: Json | undefined, path: string): Json | undefined {
  if (!isObject(tree)) return undefined
  if (Object.hasOwn(tree, path)) return tree[path]
  let cut = path.lastIndexOf('.')
  while (cut > 0) {
    const head = path.slice(0, cut)
    if (Object.hasOwn(tree, head)) return at(tree[head], path.slice(cut + 1))
    cut = path.lastIndexOf('.', cut - 1)
  }
  return undefined
}

/** A leaf as text: strings as they are, the rest as JSON; null when there is nothing. */
export function textAt(tree: Json | undefined, path: string): string | null {
  const value = at(tree, path)
  if (value === undefined || value === null || value === '') return null
  return toText(value)
}

export function toText(value: Json): string {
  if (typeof value === 'string') return value
  if (isLosslessNumber(value)) return value.toString()
  return typeof value === 'object' && value !== null ? toPrettyJson(value) : String(value)
}

export function listAt(tree: Json | undefined, path: string): Json[] {
  const value = at(tree, path)
  return Array.isArray(value) ? value : []
}

export interface Leaf {
  path: string
  value: Json
}

/** Every leaf with its dotted path; lists of plain values are one leaf. */
export function leavesOf(tree: JsonObject): Leaf[] {
  const leaves: Leaf[] = []
  const waiting: Leaf[] = [{ path: '', value: tree }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const entries = entriesOf(next.value)
    if (entries === null) leaves.push(next)
    else for (const [key, value] of entries.reverse()) waiting.push({ path: join(next.path, key), value })
  }
  return leaves
}

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)

function entriesOf(value: Json): [string, Json][] | null {
  if (isObject(value)) {
    const entries = Object.entries(value)
    return entries.length > 0 ? entries : null
  }
  if (Array.isArray(value) && value.some((item) => isObject(item) || Array.isArray(item)))
    return value.map((item, index) => [String(index), item])
  return null
}

/** Text that is JSON, made readable; other text as it is. */
export function prettyIfJson(text: string): { text: string; isJson: boolean } {
  if (!/^\s*[[{]/.test(text)) return { text, isJson: false }
  const value = parseJson(text)
  return value === undefined ? { text, isJson: false } : { text: toPrettyJson(value), isJson: true }
}
