/**
 * OTLP over HTTP: POST /v1/traces. Free of Next and of node:http, because the web listener answers this path before
 * Next sees it and the route of the same name answers it where there is no listener.
 *
 * Order of gates: credential (401), permission (403), room (503), media type and content coding (415), size (413),
 * and then the worker: undecodable (400), storage (507), database (503).
 */

import { ACCESS_COOKIE, readCookie } from '#server/auth/cookies'
import { refuseForeignOrigin } from '#server/auth/origin'
import { AppError, ERROR_KINDS, isAppError, toAppError } from '#server/errors'
import type { ContentCoding, IngestResult, OtlpEncoding, Reservation } from '#server/ingest/client'
import { admitSender } from '#server/ingest/sender'
import { writeStatus, writeSuccess } from '#server/otlp/reply'
import type { Runtime } from '#server/runtime'

export interface OtlpHttpRequest {
  method: string
  /** A header's value by its name in lower case. */
  header(name: string): string | null
  body: AsyncIterable<Uint8Array>
  /** The client's address as far as it can be trusted. */
  peer: string | null
  requestId: string
}

export interface OtlpHttpReply {
  status: number
  headers: Record<string, string>
  body: Uint8Array | string
}

const MEDIA_TYPES: Record<string, OtlpEncoding> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
}
const MEDIA_TYPE_OF: Record<OtlpEncoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}
const CODINGS: Record<string, ContentCoding> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
}

/** Answers one export request. Never throws. */
export async function handleOtlp(request: OtlpHttpRequest, runtime: Runtime): Promise<OtlpHttpReply> {
  const log = runtime.log.child({ requestId: request.requestId })
  const encoding = encodingOf(request)
  try {
    if (request.method !== 'POST') return methodNotAllowed()
    await admit(request, { ...runtime, log })
    const result = await receive(request, encoding, runtime)
    return {
      status: 200,
      headers: { 'content-type': MEDIA_TYPE_OF[encoding ?? 'protobuf'] },
      body: writeSuccess(encoding ?? 'protobuf', result),
    }
  } catch (caught) {
    const error = toAppError(caught)
    if (error.kind === 'internal') log.error({ err: error.cause ?? error }, 'an export request failed')
    return refuse(error, encoding)
  }
}

/**
 * Lets in who may store spans, unless another site's page sent it with our cookie.
 * @throws AppError unauthenticated, forbidden, unavailable
 */
async function admit(request: OtlpHttpRequest, runtime: Runtime): Promise<void> {
  const authorization = request.header('authorization')
  const accessCookie = readCookie(request.header('cookie'), ACCESS_COOKIE)
  refuseForeignOrigin(runtime.config, {
    method: 'POST',
    path: '/v1/traces',
    headers: headersOf(request, ['origin', 'referer', 'host', 'x-forwarded-host', 'authorization']),
    byCookie: authorization === null && accessCookie !== null,
  })
  const { requestId, peer } = request
  const info = { requestId, address: peer, userAgent: request.header('user-agent') }
  await admitSender(runtime, { authorization, accessCookie }, info)
}

function headersOf(request: OtlpHttpRequest, names: string[]): Headers {
  const headers = new Headers()
  for (const name of names) {
    const value = request.header(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}

/**
 * Reads the body and hands it to the worker.
 * @throws AppError unavailable, unsupported_media, too_large, undecodable, storage_full
 */
async function receive(
  request: OtlpHttpRequest,
  encoding: OtlpEncoding | null,
  { ingest, config }: Runtime,
): Promise<IngestResult> {
  const place = ingest.reserve()
  try {
    if (encoding === null) throw unsupportedType(request.header('content-type'))
    const coding = codingOf(request)
    const body = await readBody(request, place, config.ingest.maxRequestBytes)
    return await ingest.submit({ body, encoding, coding, projectName: projectNameOf(request) }, place)
  } finally {
    place.release()
  }
}

function encodingOf(request: OtlpHttpRequest): OtlpEncoding | null {
  const [mediaType = ''] = (request.header('content-type') ?? '').split(';')
  return MEDIA_TYPES[mediaType.trim().toLowerCase()] ?? null
}

const unsupportedType = (found: string | null) =>
  new AppError(
    'unsupported_media',
    `Unsupported content type ${quoted(found)}: send application/x-protobuf or application/json`,
  )

function codingOf(request: OtlpHttpRequest): ContentCoding {
  const found = request.header('content-encoding')
  const coding = CODINGS[(found ?? '').trim().toLowerCase()]
  if (coding) return coding
  throw new AppError(
    'unsupported_media',
    `Unsupported content encoding ${quoted(found)}: send gzip, deflate or none`,
  )
}

const quoted = (text: string | null) => (text === null ? '(none)' : JSON.stringify(text.slice(0, 100)))

/** Header values arrive as one character per byte; a name in UTF-8 is put together again. */
function projectNameOf(request: OtlpHttpRequest): string | null {
  const value = request.header('x-project-name')
  if (!value) return null
  const bytes = Buffer.from(value, 'latin1')
  const text = bytes.toString('utf8')
  return text.includes('\ufffd') || bytes.toString('latin1') !== value ? value : text
}

async function readBody(request: OtlpHttpRequest, place: Reservation, limit: number): Promise<Uint8Array> {
  const tooLarge = () => new AppError('too_large', `The request body is larger than ${limit} bytes`)
  if (Number(request.header('content-length') ?? 0) > limit) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength
      if (size > limit) throw tooLarge()
      place.grow(chunk.byteLength)
      chunks.push(chunk)
    }
  } catch (cause) {
    if (isAppError(cause)) throw cause
    throw new AppError('undecodable', 'The request body ended early', { cause })
  }
  return Buffer.concat(chunks)
}

/** OTLP asks for a Status in the encoding of the request; whoever sent something else, or nobody, gets text. */
function refuse(error: AppError, encoding: OtlpEncoding | null): OtlpHttpReply {
  const headers: Record<string, string> = { 'x-error-code': error.code, 'cache-control': 'no-store' }
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds)
  const { status } = ERROR_KINDS[error.kind]
  if (error.kind === 'unauthenticated') headers['www-authenticate'] = 'Bearer realm="Bennu"'
  if (encoding === null || error.kind === 'unauthenticated') {
    return {
      status,
      headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      body: error.message,
    }
  }
  const body = writeStatus(encoding, error)
  return { status, headers: { ...headers, 'content-type': MEDIA_TYPE_OF[encoding] }, body }
}

const methodNotAllowed = (): OtlpHttpReply => ({
  status: 405,
  headers: { allow: 'POST', 'content-type': 'text/plain; charset=utf-8' },
  body: 'Method Not Allowed',
})
