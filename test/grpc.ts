/** A gRPC client that sends the bytes it is given, and a plain HTTP/2 one for what gRPC would not send. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import {
  Client,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import protobuf from 'protobufjs/minimal.js'

export const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

export interface GrpcAnswer {
  /** The name of the code: `OK`, `UNAUTHENTICATED` … */
  code: string
  details: string
  /** The answer's bytes, empty after a failure. */
  body: Buffer
  /** Seconds of a RetryInfo detail, null without one. */
  retryDelaySeconds: number | null
}

export class GrpcTestClient {
  readonly #client: Client

  constructor(port: number, compression: keyof typeof compressionAlgorithms = 'identity') {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.default_compression_algorithm': compressionAlgorithms[compression],
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
    })
  }

  /** Calls Export (or another path) with these bytes as the message. */
  call(body: Uint8Array, authorization?: string, path = EXPORT_PATH): Promise<GrpcAnswer> {
    const metadata = new Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    const asIs = (bytes: Buffer) => bytes
    return new Promise((resolve) => {
      const deadline = Date.now() + 15_000
      this.#client.makeUnaryRequest(
        path,
        asIs,
        asIs,
        Buffer.from(body),
        metadata,
        { deadline },
        (error, answer) =>
          resolve(
            error
              ? failed(error)
              : { code: 'OK', details: '', body: answer as Buffer, retryDelaySeconds: null },
          ),
      )
    })
  }

  close(): void {
    this.#client.close()
  }
}

function failed(error: ServiceError): GrpcAnswer {
  const [details] = error.metadata.get('grpc-status-details-bin')
  return {
    code: status[error.code],
    details: error.details,
    body: Buffer.alloc(0),
    retryDelaySeconds: details instanceof Buffer ? readRetryDelay(details) : null,
  }
}

/** Status { details = 3 Any { value = 2 RetryInfo { retry_delay = 1 Duration { seconds = 1 } } } } */
function readRetryDelay(bytes: Uint8Array): number | null {
  const inside = (message: Uint8Array, wanted: number): Uint8Array | null => {
    const reader = protobuf.Reader.create(message)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag >>> 3 === wanted && (tag & 7) === 2) return reader.bytes()
      reader.skipType(tag & 7)
    }
    return null
  }
  const any = inside(bytes, 3)
  const retryInfo = any && inside(any, 2)
  const duration = retryInfo && inside(retryInfo, 1)
  return duration ? Number(protobuf.Reader.create(duration.subarray(1)).int64()) : null
}

/** A call whose bytes the test writes itself, on a connection of its own: destroy the session at the end. */
export function openStream(
  port: number,
  headers: Record<string, string>,
): { session: ClientHttp2Session; stream: ClientHttp2Stream } {
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const fixed = {
    ':method': 'POST',
    ':path': EXPORT_PATH,
    te: 'trailers',
    'content-type': 'application/grpc',
  }
  const stream = session.request({ ...fixed, ...headers })
  stream.on('error', () => {})
  stream.resume()
  return { session, stream }
}

/** One stream of HTTP/2 with these headers and bytes; the names of its final status, or what the transport said. */
export async function callRaw(
  port: number,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<{ grpcStatus: string | null; message: string; httpStatus: number | null }> {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const answer = { grpcStatus: null as string | null, message: '', httpStatus: null as number | null }
  const note = (received: Record<string, unknown>) => {
    if (received[':status'] !== undefined) answer.httpStatus = Number(received[':status'])
    if (received['grpc-status'] !== undefined)
      answer.grpcStatus = status[Number(received['grpc-status'])] ?? 'none'
    if (received['grpc-message'] !== undefined) answer.message = String(received['grpc-message'])
  }
  const stream = session.request({ ':method': 'POST', ':path': EXPORT_PATH, te: 'trailers', ...headers })
  const over = new Promise<void>((resolve) => {
    stream.on('close', resolve)
    stream.on('error', () => {})
  })
  stream.setTimeout(10_000, () => stream.close())
  stream.on('response', note)
  stream.on('trailers', note)
  stream.resume()
  stream.end(Buffer.from(body))
  await over
  session.destroy()
  return answer
}

/** A message as it stands on the wire: flag, length, bytes. */
export function frame(body: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(flag, 0)
  prefix.writeUInt32BE(body.byteLength, 1)
  return Buffer.concat([prefix, body])
}
