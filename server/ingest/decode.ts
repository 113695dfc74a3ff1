/** From the raw bytes of a request to rows: inflate, decode, judge. Runs in the worker thread. */
import { gunzipSync, inflateSync } from 'node:zlib'
import { errorCodes } from '#server/db/error-codes'
import { AppError } from '#server/errors'
import type { IngestRequest } from '#server/ingest/client'
import type { IncomingSpan } from '#server/ingest/store'
import { parseRequest, readSpans } from '#server/otlp/json'
import { SpanDecoder } from '#server/otlp/span-decoder'
import type { RowOrReason } from '#server/otlp/span-row'
import { cleanText } from '#server/otlp/text'
import { Malformed, WireReader } from '#server/otlp/wire/reader'
import { SpanCursor } from '#server/otlp/wire/request'
import type { JsonFormat } from '#server/otlp/wire/sink'
import { DEFAULT_PROJECT_NAME, isTooLongForProject, MAX_PROJECT_NAME_BYTES } from '#server/projects/model'

/** So many spans are decoded at once; of a request with more, the rest when they are asked for, or rows would fill the memory. */
export const SPANS_AT_ONCE = 2048
/** The same, for spans that are large. */
const BYTES_AT_ONCE = 16 * 1024 * 1024
/** A larger document of JSON is gone through twice. */
const JSON_BYTES_AT_ONCE = 4 * 1024 * 1024
/** Read into objects, JSON takes up to thirty times its bytes: it may be no longer, whatever protobuf may. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024
/** How many times its bytes a document of JSON may take once it is read. */
const JSON_GROWTH = 30

/** A span that came to be a row, or the reason why it did not. */
export type Decoded = IncomingSpan | { reason: string }

/** A decoded request: how many spans it holds, and the spans one by one. */
export interface OpenRequest {
  count: number
  /** About how much it keeps in memory until the last of them is taken, in bytes. */
  heldBytes: number
  spans: Iterator<Decoded>
}

type Spans = Omit<OpenRequest, 'heldBytes'>

export interface OpenOptions {
  maxInflatedBytes: number
  /** Microseconds since 1970. */
  receivedAt: number
  /** The form of the rows' documents. Text by default. */
  json?: JsonFormat
}

/**
 * Opens a request: whatever makes the whole of it unacceptable is thrown here; spans then come one by one.
 * @throws AppError undecodable, too_large
 */
export function openRequest(request: IngestRequest, options: OpenOptions): OpenRequest {
  const { maxInflatedBytes } = options
  const isJson = request.encoding === 'json'
  const body = inflate(request, isJson ? Math.min(maxInflatedBytes, MAX_JSON_BYTES) : maxInflatedBytes)
  const decoder = decoderFor(options.json ?? 'text')
  const finisher = new Finisher(request.projectName)
  const open = isJson ? openJson : openProtobuf
  const heldBytes = body.byteLength * (isJson ? JSON_GROWTH : 1)
  return { ...open(body, decoder, finisher, options.receivedAt), heldBytes }
}

/** They remember the keys they have met, so there is one for all requests. */
const decoders = new Map<JsonFormat, SpanDecoder>()

function decoderFor(format: JsonFormat): SpanDecoder {
  const known = decoders.get(format)
  if (known) return known
  const decoder = new SpanDecoder(format)
  decoders.set(format, decoder)
  return decoder
}

/** Puts rows into their project. */
class Finisher {
  readonly #headerProject: string | null
  /** The last resource's project, and what became of its name. */
  #from: string | null | undefined
  #project = ''
  #isTooLong = false

  constructor(headerProject: string | null) {
    this.#headerProject = headerProject
  }

  /** Null when the project will do. */
  refuse(resourceProject: string | null): Decoded | null {
    if (this.#from !== resourceProject) {
      this.#from = resourceProject
      this.#project = cleanText(this.#headerProject || resourceProject || DEFAULT_PROJECT_NAME)
      this.#isTooLong = isTooLongForProject(this.#project)
    }
    return this.#isTooLong ? { reason: LONG_PROJECT } : null
  }

  place(row: RowOrReason): Decoded {
    return typeof row === 'string' ? { reason: row } : { row, project: this.#project }
  }
}

const LONG_PROJECT = `its project's name is longer than ${MAX_PROJECT_NAME_BYTES} bytes`

function openProtobuf(body: Uint8Array, decoder: SpanDecoder, finisher: Finisher, receivedAt: number): Spans {
  const reader = new WireReader(body)
  const cursor = new SpanCursor(reader)
  const next = (): Decoded | null => {
    if (!cursor.next()) return null
    const refused = finisher.refuse(cursor.resourceProject)
    return refused ?? finisher.place(decoder.decode(reader, cursor.start, cursor.end, receivedAt))
  }
  try {
    const first: Decoded[] = []
    while (first.length < SPANS_AT_ONCE && cursor.end < BYTES_AT_ONCE) {
      const decoded = next()
      if (decoded === null) return { count: first.length, spans: first.values() }
      first.push(decoded)
    }
    return { count: first.length + cursor.countRest(), spans: chain(first, next) }
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
    throw new AppError('undecodable', 'The request body is not a valid ExportTraceServiceRequest', { cause })
  }
}

function* chain(first: Decoded[], next: () => Decoded | null): Generator<Decoded> {
  yield* first
  for (let decoded = next(); decoded !== null; decoded = next()) yield decoded
}

function openJson(body: Uint8Array, decoder: SpanDecoder, finisher: Finisher, receivedAt: number): Spans {
  const document = parseRequest(body)
  function* rows(): Generator<Decoded> {
    for (const { span, resourceProject } of readSpans(document)) {
      const refused = finisher.refuse(resourceProject)
      yield refused ?? finisher.place(decoder.toRow(span, receivedAt))
    }
  }
  if (body.byteLength <= JSON_BYTES_AT_ONCE) {
    const all = [...rows()]
    return { count: all.length, spans: all.values() }
  }
  let count = 0
  for (const _ of readSpans(document)) count += 1
  return { count, spans: rows() }
}

/**
 * The body without its content coding.
 * @throws AppError too_large, undecodable
 */
export function inflate(request: IngestRequest, maxOutputLength: number): Uint8Array {
  const { body, coding } = request
  if (coding === 'identity') {
    if (body.byteLength > maxOutputLength) throw tooLarge(maxOutputLength)
    return body
  }
  try {
    const options = { maxOutputLength, chunkSize: chunkSizeFor(body) }
    return coding === 'gzip' ? gunzipSync(body, options) : inflateSync(body, options)
  } catch (cause) {
    if (errorCodes(cause).includes('ERR_BUFFER_TOO_LARGE')) throw tooLarge(maxOutputLength)
    throw new AppError('undecodable', `The request body is not a valid ${coding} stream`, { cause })
  }
}

/** Large enough that most bodies inflate in one go, and no larger than what is sent makes likely. */
const chunkSizeFor = (body: Uint8Array) => Math.min(Math.max(body.byteLength * 6, 16 * 1024), 4 * 1024 * 1024)

const tooLarge = (limit: number) =>
  new AppError('too_large', `The request body is larger than ${limit} bytes once inflated`)
