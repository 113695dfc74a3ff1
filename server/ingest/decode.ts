/** From the raw bytes of a request to rows: inflate, decode, judge. Runs in the worker thread. */
import { gunzipSync, inflateSync } from 'node:zlib'
import { errorCodes } from '#server/db/error-codes'
import { AppError } from '#server/errors'
import type { IngestRequest } from '#server/ingest/client'
import type { IncomingSpan } from '#server/ingest/store'
import { decodeJson } from '#server/otlp/json'
import type { ReceivedSpan } from '#server/otlp/model'
import { decodeProtobuf } from '#server/otlp/protobuf'
import { toRow } from '#server/otlp/row'
import { cleanText } from '#server/otlp/text'
import { DEFAULT_PROJECT_NAME, isTooLongForProject, MAX_PROJECT_NAME_BYTES } from '#server/projects/model'

/** Larger bodies are checked first and decoded piece by piece, so that a tiny span's row cannot fill the memory. */
const SMALL_BODY_BYTES = 8 * 1024 * 1024

/** A span that came to be a row, or the reason why it did not. */
export type Decoded = IncomingSpan | { reason: string }

/** A decoded request: how many spans it holds, and the spans one by one. */
export interface OpenRequest {
  count: number
  spans: Iterator<Decoded>
}

/**
 * Opens a request: whatever makes the whole of it unacceptable is thrown here; spans then come one by one.
 * @param receivedAt microseconds since 1970
 * @throws AppError undecodable, too_large
 */
export function openRequest(
  request: IngestRequest,
  options: { maxInflatedBytes: number; receivedAt: number },
): OpenRequest {
  const body = inflate(request, options.maxInflatedBytes)
  const decode = request.encoding === 'json' ? decodeJson : decodeProtobuf
  const rows = (spans: Iterable<ReceivedSpan>) => decodeRows(spans, request.projectName, options.receivedAt)
  if (body.byteLength <= SMALL_BODY_BYTES) {
    const all = [...rows(decode(body))]
    return { count: all.length, spans: all.values() }
  }
  let count = 0
  for (const _ of decode(body)) count += 1
  return { count, spans: rows(decode(body)) }
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

function* decodeRows(
  spans: Iterable<ReceivedSpan>,
  headerProject: string | null,
  receivedAt: number,
): Generator<Decoded> {
  for (const { span, resourceProject } of spans) {
    const project = cleanText(headerProject || resourceProject || DEFAULT_PROJECT_NAME)
    const row = isTooLongForProject(project) ? LONG_PROJECT : toRow(span, receivedAt)
    yield typeof row === 'string' ? { reason: row } : { row, project }
  }
}

const LONG_PROJECT = `its project's name is longer than ${MAX_PROJECT_NAME_BYTES} bytes`
