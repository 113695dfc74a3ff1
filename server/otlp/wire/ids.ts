/** The ids of a span as lower-case hex. */
import type { WireReader } from '#server/otlp/wire/reader'
import type { SpanHead } from '#server/otlp/wire/span-head'

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

export class IdReader {
  traceId = ''
  spanId = ''
  /** Null for none, which some senders write as zeros. */
  parentId: string | null = null
  /** The bytes of `traceId`: spans of one trace come together. */
  readonly #traceBytes = Buffer.alloc(TRACE_ID_BYTES)

  /** Takes the ids of a span; false when they are none. */
  read(reader: WireReader, head: SpanHead): boolean {
    const { traceIdStart, traceIdEnd, spanIdStart, spanIdEnd, parentIdStart, parentIdEnd } = head
    if (traceIdEnd - traceIdStart !== TRACE_ID_BYTES || spanIdEnd - spanIdStart !== SPAN_ID_BYTES)
      return false
    const hasParent = parentIdEnd !== parentIdStart
    if (hasParent && parentIdEnd - parentIdStart !== SPAN_ID_BYTES) return false
    const { bytes, view } = reader
    if (isZero(view, spanIdStart)) return false
    if (isZero(view, traceIdStart) && isZero(view, traceIdStart + SPAN_ID_BYTES)) return false
    this.#readTraceId(bytes, traceIdStart)
    this.spanId = bytes.toString('hex', spanIdStart, spanIdEnd)
    this.parentId =
      hasParent && !isZero(view, parentIdStart) ? bytes.toString('hex', parentIdStart, parentIdEnd) : null
    return true
  }

  #readTraceId(bytes: Buffer, start: number): void {
    const last = this.#traceBytes
    let index = 0
    while (index < TRACE_ID_BYTES && last[index] === bytes[start + index]) index += 1
    if (index === TRACE_ID_BYTES) return
    bytes.copy(last, 0, start, start + TRACE_ID_BYTES)
    this.traceId = last.toString('hex')
  }
}

const isZero = (view: DataView, start: number) => (view.getInt32(start) | view.getInt32(start + 4)) === 0
