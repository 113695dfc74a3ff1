/** Traces and spans as pages and clients see them. Browser-safe: types and constants only. */

export const SPAN_KINDS = [
  'CHAIN',
  'LLM',
  'RETRIEVER',
  'EMBEDDING',
  'TOOL',
  'AGENT',
  'RERANKER',
  'EVALUATOR',
  'GUARDRAIL',
  'PROMPT',
  'UNKNOWN',
] as const
export type SpanKind = (typeof SPAN_KINDS)[number]

export type StatusCode = 'UNSET' | 'OK' | 'ERROR'

/** All span times are integer microseconds since 1970, UTC. */
export type Micros = number

/** A row of the traces table. `root` stands for the trace: the earliest span without a stored parent. */
export interface TraceSummary {
  id: number
  traceId: string
  startTime: Micros
  endTime: Micros
  spanCount: number
  errorCount: number
  promptTokens: number
  completionTokens: number
  root: {
    spanId: string
    name: string
    spanKind: string
    statusCode: StatusCode
    inputPreview: string | null
    outputPreview: string | null
  } | null
}

/** A page of rows and the cursor of the next, or null at the end. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** A span as the tree needs it: narrow, no attributes. */
export interface SpanNode {
  id: number
  spanId: string
  parentId: string | null
  name: string
  spanKind: string
  startTime: Micros
  endTime: Micros
  statusCode: StatusCode
  statusMessage: string
  promptTokens: number | null
  completionTokens: number | null
  cumulativeErrorCount: number
  cumulativePromptTokens: number
  cumulativeCompletionTokens: number
}

export interface TraceDetail extends TraceSummary {
  projectId: number
  projectName: string
  sessionId: string | null
  spans: SpanNode[]
}

/** One span whole, fetched when it is selected. */
export interface SpanDetail extends SpanNode {
  traceId: string
  /** The nested attribute tree as JSON text: 64-bit integers are exact in it. */
  attributesJson: string
  /** A JSON list of `{name, timestamp, attributes}`, as text. */
  eventsJson: string
}
