/** A received span as the row that is stored. Pure: what the clock says is passed in. */

import { buildTree, type KeyPath, valueAt } from '#server/otlp/attribute-tree'
import { OverBudget, ValueCount } from '#server/otlp/budget'
import { idOf, modelNameOf, previewOf, spanKindOf, statusOf, tokensOf } from '#server/otlp/columns'
import { listEvents } from '#server/otlp/events'
import { addGenAiAttributes } from '#server/otlp/gen-ai'
import { parseJsonValue } from '#server/otlp/lossless'
import type { OtlpSpan, Value, ValueMap } from '#server/otlp/model'
import { pythonText } from '#server/otlp/python-text'
import type { JsonDocument, RowOrReason } from '#server/otlp/span-row'
import { cleanText, writeValue } from '#server/otlp/text'

/**
 * @param receivedAt microseconds since 1970: the start of a span that names none
 * @param write makes a document of a value
 * @throws OverBudget, and what `write` throws
 */
export function toRow(
  span: OtlpSpan,
  receivedAt: number,
  write: (value: Value) => JsonDocument = writeValue,
): RowOrReason {
  const fault = span.fault ?? faultOfIds(span)
  if (fault !== null) return fault
  const times = timesOf(span, receivedAt)
  if (times === null) return 'its time is later than the year 2255'
  const tree = treeOf(span)
  const kind = valueAt(tree, 'openinference', 'span', 'kind')
  const spanKind = typeof kind === 'string' ? spanKindOf(kind) : 'UNKNOWN'
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: /^0*$/.test(span.parentSpanId) ? null : span.parentSpanId,
    name: cleanText(span.name),
    spanKind,
    ...times,
    statusCode: statusOf(span.statusCode),
    statusMessage: cleanText(span.statusMessage),
    attributes: write(tree),
    events: write(listEvents(span.events, times.startTime)),
    llmTokenCountPrompt: spanKind === 'LLM' ? tokensAt(tree, 'prompt') : null,
    llmTokenCountCompletion: spanKind === 'LLM' ? tokensAt(tree, 'completion') : null,
    inputPreview: previewAt(tree, 'input'),
    outputPreview: previewAt(tree, 'output'),
    modelName: modelNameIn(tree),
    sessionId: idAt(tree, 'session'),
    userId: idAt(tree, 'user'),
  }
}

function faultOfIds(span: OtlpSpan): string | null {
  if (!isId(span.traceId, 32)) return 'its trace id is not 16 bytes, or is all zero'
  if (!isId(span.spanId, 16)) return 'its span id is not 8 bytes, or is all zero'
  // All zero means "no parent" to some senders.
  const { parentSpanId } = span
  return parentSpanId === '' || /^0{16}$/.test(parentSpanId) || isId(parentSpanId, 16)
    ? null
    : 'its parent span id is not 8 bytes'
}

const isId = (text: string, digits: number) =>
  text.length === digits && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text)

const MAX_MICROS = BigInt(Number.MAX_SAFE_INTEGER)

/** A missing start is the time of receipt; a missing end, or one before the start, is the start. */
function timesOf(span: OtlpSpan, receivedAt: number): { startTime: number; endTime: number } | null {
  const start = span.startNanos / 1000n
  const end = span.endNanos / 1000n
  if (start > MAX_MICROS || end > MAX_MICROS) return null
  const startTime = span.startNanos === 0n ? receivedAt : Number(start)
  return { startTime, endTime: Math.max(startTime, Number(end)) }
}

function treeOf(span: OtlpSpan): ValueMap {
  const values = new ValueCount(span.values)
  const treat = (path: KeyPath, value: Value) => treatValue(path, value, values)
  const tree = buildTree(addGenAiAttributes(span.attributes), treat)
  const input = tree.get('input')
  if (input instanceof Map) writeInputAsText(input)
  return tree
}

/** What some keys' values are before they enter the tree; a text that is no JSON, or no number, stays as it is. */
function treatValue(path: KeyPath, value: Value, values: ValueCount): Value {
  if (path.treatment === 'toInteger') return toInteger(value) ?? value
  if (typeof value !== 'string') return value
  try {
    return parseJsonValue(value, values)
  } catch (error) {
    if (error instanceof OverBudget) throw error
    return value
  }
}

/** The integer that a number or a decimal text is, fractions cut off; null when it is none. */
function toInteger(value: Value): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  if (typeof value === 'string' && /^\s*[+-]?\d{1,18}\s*$/.test(value))
    return BigInt(value.trim().replace('+', ''))
  return null
}

/** An input that is a list, an object or a number is kept as JSON text, and says so. */
function writeInputAsText(input: ValueMap): void {
  const value = input.get('value')
  if (value === undefined || typeof value === 'string') return
  const json = writeValue(value)
  // Bytes, NaN and the infinities are plain text already.
  if (json.startsWith('"')) input.set('value', json.slice(1, -1))
  else input.set('value', json).set('mime_type', 'application/json')
}

function tokensAt(tree: ValueMap, which: 'prompt' | 'completion'): number {
  const value = valueAt(tree, 'llm', 'token_count', which)
  return typeof value === 'bigint' || typeof value === 'number' ? tokensOf(Number(value)) : 0
}

function previewAt(tree: ValueMap, owner: 'input' | 'output'): string | null {
  const value = valueAt(tree, owner, 'value')
  if (value === undefined || value === null) return null
  return previewOf(typeof value === 'string' ? value : writeValue(value))
}

/** The first of the names that says something; one that is no text does not. */
function modelNameIn(tree: ValueMap): string | null {
  for (const owner of ['llm', 'embedding', 'reranker']) {
    const value = valueAt(tree, owner, 'model_name')
    const name = typeof value === 'string' ? modelNameOf(value) : null
    if (name !== null) return name
  }
  return null
}

function idAt(tree: ValueMap, owner: 'session' | 'user'): string | null {
  const value = valueAt(tree, owner, 'id')
  const text = value === undefined ? null : pythonText(value)
  return text === null ? null : idOf(text)
}
