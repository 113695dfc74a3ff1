/**
 * A span as it came off the wire, whichever wire it was: both decoders (protobuf.ts, json.ts) make this form, and
 * row.ts makes table rows of it. Nothing is judged here but what no row could hold.
 */

/**
 * An attribute's value. 64-bit integers are bigint and doubles number, so that the two stay apart; null is a value
 * that was sent without content.
 */
export type Value = string | boolean | number | bigint | Uint8Array | Value[] | ValueMap | null
export type ValueMap = Map<string, Value>

/** Attributes as sent: in order, perhaps with one key twice. */
export type Attribute = readonly [key: string, value: Value]

export interface OtlpEvent {
  name: string
  /** Nanoseconds since 1970, 0 when missing. */
  timeNanos: bigint
  attributes: Attribute[]
}

export interface OtlpSpan {
  /** Ids as sent, in hex; of any length, because judging them is row.ts's work. Empty when missing. */
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  /** Nanoseconds since 1970, 0 when missing. */
  startNanos: bigint
  endNanos: bigint
  /** 0 unset, 1 ok, 2 error; anything else counts as unset. */
  statusCode: number
  statusMessage: string
  attributes: Attribute[]
  events: OtlpEvent[]
  /** How many values were counted while decoding, see budget.ts; 0 when nobody did. */
  values?: number
  /** Why the span cannot be stored, noticed while decoding; null for a sound one. */
  fault: string | null
}

/** What a request holds: a span and the project that its resource names. */
export interface ReceivedSpan {
  span: OtlpSpan
  /** The resource's `openinference.project.name`, null when absent. */
  resourceProject: string | null
}

/** Attribute of a resource that names the project. */
export const PROJECT_ATTRIBUTE = 'openinference.project.name'

/** How deep lists and maps may lie in each other inside one value. A span with a deeper one is rejected. */
export const MAX_VALUE_DEPTH = 64

export const TOO_DEEP = `an attribute is nested deeper than ${MAX_VALUE_DEPTH} levels`

/** Resources may repeat the key: the first occurrence with a non-empty text counts. */
export function projectOf(attributes: Iterable<Attribute>): string | null {
  for (const [key, value] of attributes) {
    if (key === PROJECT_ATTRIBUTE && typeof value === 'string' && value !== '') return value
  }
  return null
}
