/** The form in which a span reaches the store, whatever wire it came by. */
import type { SpanKind, StatusCode } from '#server/traces/model'

/**
 * A JSON document: text, or bytes in the form that the decoder was asked for (UTF-8, or SQLite's JSONB). Bytes are a
 * piece of a larger buffer that nobody writes to again: they may be kept, and keep the memory of their neighbours.
 */
export type JsonDocument = string | Uint8Array

/** A span ready to be stored; the store adds the ids of rows. Times are integer microseconds. */
export interface SpanRow {
  /** 32 lower-case hex digits. */
  traceId: string
  /** 16 lower-case hex digits, as is the parent's. */
  spanId: string
  parentId: string | null
  name: string
  spanKind: SpanKind
  startTime: number
  endTime: number
  statusCode: StatusCode
  statusMessage: string
  /** The nested attribute tree. */
  attributes: JsonDocument
  /** A list of `{name, timestamp, attributes}`. */
  events: JsonDocument
  /** Only for spans of kind LLM. */
  llmTokenCountPrompt: number | null
  llmTokenCountCompletion: number | null
  /** The first characters of input.value and output.value. */
  inputPreview: string | null
  outputPreview: string | null
  /** `llm.model_name`, else `embedding.model_name`, else `reranker.model_name`: the first 255 characters. */
  modelName: string | null
  /** The session and the user that the span names, as text of at most 1000 bytes; null when it names none. */
  sessionId: string | null
  userId: string | null
}

/** A row, or the reason why there can be none: part of a sentence for the sender. */
export type RowOrReason = SpanRow | string
