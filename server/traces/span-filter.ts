/** What may be asked of spans on REST, and how the words of a query say it. */
import { AppError } from '#server/errors'
import { isStorable } from '#server/text'
import { type Micros, SPAN_KINDS, type StatusCode } from '#server/traces/model'

/** A test of one attribute: the scalar at a path equals a value. */
export interface AttributeTest {
  path: string[]
  kind: 'boolean' | 'number' | 'string'
  /** `true`, a number as SQL writes it, or the text. */
  value: string
}

/** All parts must hold; of a list, any item. What is left out is not asked. */
export interface SpanFilter {
  startFrom?: Micros | undefined
  startBefore?: Micros | undefined
  traceIds?: string[] | undefined
  spanIds?: string[] | undefined
  /** Null: spans without a parent. */
  parentId?: string | null | undefined
  names?: string[] | undefined
  kinds?: string[] | undefined
  statuses?: StatusCode[] | undefined
  attributes?: AttributeTest[] | undefined
}

/** A query of the two span routes, its texts checked for form. */
export interface SpanQuery {
  start_time?: number | undefined
  end_time?: number | undefined
  trace_id?: string[] | undefined
  span_id?: string[] | undefined
  parent_id?: string | undefined
  name?: string[] | undefined
  span_kind?: string[] | undefined
  status_code?: string[] | undefined
  attribute?: string[] | undefined
}

/**
 * The filter that a query asks for.
 * @throws AppError invalid, with a sentence
 */
export function readSpanFilter(query: SpanQuery): SpanFilter {
  return {
    startFrom: query.start_time,
    startBefore: query.end_time,
    traceIds: query.trace_id,
    spanIds: query.span_id,
    parentId: query.parent_id === 'null' ? null : query.parent_id,
    names: query.name,
    kinds: query.span_kind?.map((word) => oneOf('span_kind', SPAN_KINDS, word)),
    statuses: query.status_code?.map((word) => oneOf('status_code', STATUSES, word)),
    attributes: query.attribute?.map(readAttributeTest),
  }
}

const STATUSES = ['OK', 'ERROR', 'UNSET'] as const satisfies readonly StatusCode[]
const MAX_PATH = 64

function oneOf<T extends string>(parameter: string, words: readonly T[], word: string): T {
  const found = words.find((known) => known === word.toUpperCase())
  if (found) return found
  throw new AppError('invalid', `Invalid ${parameter}: ${quote(word)}. Must be one of ${words.join(', ')}`)
}

/**
 * Reads `key:value`. The key is a dotted path; the value is JSON where it parses, else a text.
 * @throws AppError invalid
 */
export function readAttributeTest(text: string): AttributeTest {
  const refuse = (why: string) => new AppError('invalid', `Invalid attribute filter ${quote(text)}: ${why}`)
  const colon = text.indexOf(':')
  if (colon === -1) throw refuse('expected format key:value')
  const path = text
    .slice(0, colon)
    .split('.')
    .map((segment) => segment.trim())
    .filter((segment) => segment !== '')
  if (path.length === 0) throw refuse('the key must not be empty')
  if (path.length > MAX_PATH) throw refuse(`the key has more than ${MAX_PATH} segments`)
  const literal = text.slice(colon + 1)
  if (literal.trim() === '') throw refuse('the value must not be empty (expected format key:value)')
  const value = readValue(literal)
  if (value === null) throw refuse('a list, an object or null cannot be compared')
  if (value.kind === 'string' && !isStorable(value.value)) throw refuse('the value must not hold a null byte')
  if (value.kind === 'number' && value.value === '') throw refuse('the number is out of range')
  return { path, ...value }
}

function readValue(literal: string): Omit<AttributeTest, 'path'> | null {
  const json = tryJson(literal)
  if (json === undefined) return { kind: 'string', value: literal }
  if (typeof json === 'boolean') return { kind: 'boolean', value: String(json) }
  if (typeof json === 'string') return { kind: 'string', value: json }
  if (typeof json === 'number') return { kind: 'number', value: sqlNumber(literal.trim(), json) }
  return null
}

/** Integers as written, so that 64 bits stay exact; other numbers as the shortest text of the double. */
function sqlNumber(literal: string, value: number): string {
  if (/^-?\d+$/.test(literal)) return literal
  return Number.isFinite(value) ? String(value) : ''
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const quote = (text: string) => JSON.stringify(text.slice(0, 200))
