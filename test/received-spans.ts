/** Received spans for tests: a sound one, with whatever a test is about put over it. */
import { parseRequest, readSpans } from '#server/otlp/json'
import type { OtlpSpan, ReceivedSpan, Value } from '#server/otlp/model'
import { readSpan } from '#server/otlp/protobuf'
import { toRow } from '#server/otlp/row'
import type { SpanRow } from '#server/otlp/span-row'
import { WireReader } from '#server/otlp/wire/reader'
import { SpanCursor } from '#server/otlp/wire/request'

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
/** 2024-01-02T03:04:05.123456Z, microseconds. */
export const START = 1_704_164_645_123_456
export const RECEIVED_AT = 1_800_000_000_000_000

/** A span of one millisecond without attributes. */
export function otlpSpan(over: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    parentSpanId: '',
    name: 'a span',
    startNanos: BigInt(START) * 1000n,
    endNanos: BigInt(START + 1000) * 1000n,
    statusCode: 0,
    statusMessage: '',
    attributes: [],
    events: [],
    fault: null,
    ...over,
  }
}

/** A row with its documents as text. */
export type TextRow = SpanRow & { attributes: string; events: string }

/** The row of a sound span; throws the reason when there is none. */
export function rowOf(over: Partial<OtlpSpan> = {}): TextRow {
  const row = toRow(otlpSpan(over), RECEIVED_AT)
  if (typeof row === 'string') throw new Error(row)
  return row as TextRow
}

/** The stored attributes of a span with these, as JSON text. */
export const storedAttributes = (attributes: Record<string, Value>): string =>
  rowOf({ attributes: Object.entries(attributes) }).attributes

/** The spans of a request, read field by field. @throws Malformed */
export function decodeProtobuf(body: Uint8Array): ReceivedSpan[] {
  const reader = new WireReader(body)
  const cursor = new SpanCursor(reader)
  const spans: ReceivedSpan[] = []
  while (cursor.next()) {
    reader.pos = cursor.start
    spans.push({ span: readSpan(reader, cursor.end), resourceProject: cursor.resourceProject })
  }
  return spans
}

/** The spans of a request in JSON. @throws AppError undecodable */
export const decodeJson = (body: Uint8Array): ReceivedSpan[] => [...readSpans(parseRequest(body))]

/** `1` as a trace id and as a span id. */
export const traceIdOf = (n: number): string => (n + 1).toString(16).padStart(32, '0')
export const spanIdOf = (n: number): string => (n + 1).toString(16).padStart(16, '0')

/** A row to store, named by small numbers. Times are microseconds after START. */
export function incoming(span: {
  trace?: number
  span: number
  parent?: number
  start?: number
  end?: number
  error?: boolean
  tokens?: [prompt: number, completion: number]
  session?: string
  name?: string
  project?: string
}): { row: SpanRow; project: string } {
  const { trace = 0, start = 0, end = start + 10, tokens } = span
  const row: SpanRow = {
    ...rowOf({ name: span.name ?? `span ${span.span}` }),
    traceId: traceIdOf(trace),
    spanId: spanIdOf(span.span),
    parentId: span.parent === undefined ? null : spanIdOf(span.parent),
    startTime: START + start,
    endTime: START + end,
    statusCode: span.error ? 'ERROR' : 'OK',
    spanKind: tokens ? 'LLM' : 'CHAIN',
    llmTokenCountPrompt: tokens?.[0] ?? null,
    llmTokenCountCompletion: tokens?.[1] ?? null,
    sessionId: span.session ?? null,
  }
  return { row, project: span.project ?? 'default' }
}
