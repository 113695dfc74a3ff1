/**
 * The JSON of spans on REST. Answers are put together as text: attribute values are passed on as they are stored,
 * because parsing them would round 64-bit integers.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import 'zod-openapi'
import { encodeGlobalId } from '#server/global-id'
import { CursorParam, limitParam, OptionalQueryText, QueryTexts, TimeParam } from '#server/query'
import { readEvents } from '#server/traces/events'
import { flattenAttributes } from '#server/traces/flatten'
import type { SpanRow } from '#server/traces/list-spans'
import { formatTime } from '#server/wire-time'

const WireTime = z.iso.datetime({ offset: true })
const Attributes = z.record(z.string(), z.unknown())

export const WireSpan = z
  .object({
    id: z.string(),
    name: z.string(),
    context: z.object({ trace_id: z.string(), span_id: z.string() }).meta({ id: 'SpanContext' }),
    span_kind: z.string(),
    parent_id: z.string().nullable(),
    start_time: WireTime,
    end_time: WireTime,
    status_code: z.string(),
    status_message: z.string(),
    attributes: Attributes,
    events: z.array(
      z.object({ name: z.string(), timestamp: WireTime, attributes: Attributes }).meta({ id: 'SpanEvent' }),
    ),
  })
  .meta({ id: 'Span' })
export type WireSpan = z.infer<typeof WireSpan>

export const SpansAnswer = z.object({ data: z.array(WireSpan), next_cursor: z.string().nullable() })

/** The query of the OTLP form. */
export const OtlpSpansQuery = z.object({
  cursor: CursorParam,
  limit: limitParam({ default: 100, max: 1000 }),
  start_time: TimeParam,
  end_time: TimeParam,
  trace_id: QueryTexts,
  span_id: QueryTexts,
  parent_id: OptionalQueryText,
  name: QueryTexts,
  status_code: QueryTexts,
  // A few: each is a condition of its own, and engines limit how deep conditions nest.
  attribute: QueryTexts.refine((tests) => (tests?.length ?? 0) <= 50, 'At most 50 values'),
})

export const SpansQuery = OtlpSpansQuery.extend({ span_kind: QueryTexts })

const KIND_KEY = 'openinference.span.kind'
const SPANS_PER_TURN = 25

/** One span as JSON text. */
export function spanToWire(span: SpanRow): string {
  const attributes = new Map(flattenAttributes(span.attributesJson).map(({ key, value }) => [key, value]))
  const kind = attributes.get(KIND_KEY)
  const isText = kind?.startsWith('"') === true && kind !== '""'
  if (isText) attributes.delete(KIND_KEY)
  const head = JSON.stringify({
    id: encodeGlobalId('Span', span.id),
    name: span.name,
    context: { trace_id: span.traceId, span_id: span.spanId },
    parent_id: span.parentId,
    start_time: formatTime(span.startTime),
    end_time: formatTime(span.endTime),
    status_code: span.statusCode,
    status_message: span.statusMessage,
  }).slice(0, -1)
  const pairs = [...attributes].map(([key, value]) => `"${key}":${value}`).join(',')
  const spanKind = isText ? kind : JSON.stringify(span.spanKind)
  return `${head},"span_kind":${spanKind},"attributes":{${pairs}},"events":${eventsToWire(span.eventsJson)}}`
}

function eventsToWire(eventsJson: string): string {
  const events = readEvents(eventsJson).map(
    ({ name, timestamp, attributes }) =>
      `{"name":${name},"timestamp":"${timestamp}","attributes":${attributes}}`,
  )
  return `[${events.join(',')}]`
}

/** A page as JSON text, made a few spans at a time so that other requests get their turn. */
export async function pageToWire(
  page: { items: SpanRow[]; nextId: number | null },
  write: (span: SpanRow) => string,
): Promise<string> {
  const items: string[] = []
  for (const [index, span] of page.items.entries()) {
    items.push(write(span))
    if (index % SPANS_PER_TURN === SPANS_PER_TURN - 1) await nextTurn()
  }
  const next = page.nextId === null ? 'null' : `"${encodeGlobalId('Span', page.nextId)}"`
  return `{"data":[${items.join(',')}],"next_cursor":${next}}`
}

/** Ready JSON text as an answer. */
export function jsonText(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}
