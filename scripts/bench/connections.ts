/**
 * Connections that send bytes which are ready: little more than a write and a look at the answer, so that the sender's
 * core is not the limit. One request at a time on each, as an exporter sends.
 */
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'

/** What became of a request: null when it was taken, else what was answered instead. */
export type Outcome = string | null

export interface Connection {
  send(body: Buffer): Promise<Outcome>
  close(): void
}

export interface Target {
  port: number
  /** Shown as bearer. */
  token: string
  encoding: 'protobuf' | 'json'
  gzip: boolean
}

const HOST = '127.0.0.1'
const MEDIA_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' }

/** A connection that is kept open; opened again when the server has closed it. */
export class HttpConnection implements Connection {
  readonly #target: Target
  #socket: Socket | null = null
  #answered: ((outcome: Outcome) => void) | null = null
  #received = ''

  constructor(target: Target) {
    this.#target = target
  }

  send(body: Buffer): Promise<Outcome> {
    const socket = this.#socket ?? this.#open()
    return new Promise((resolve) => {
      this.#answered = resolve
      socket.cork()
      socket.write(this.#head(body.length))
      socket.write(body)
      socket.uncork()
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #head(length: number): string {
    const { encoding, gzip, token } = this.#target
    return [
      'POST /v1/traces HTTP/1.1',
      `Host: ${HOST}`,
      `Content-Type: ${MEDIA_TYPES[encoding]}`,
      ...(gzip ? ['Content-Encoding: gzip'] : []),
      `Authorization: Bearer ${token}`,
      `Content-Length: ${length}`,
      '\r\n',
    ].join('\r\n')
  }

  #open(): Socket {
    const socket = connect(this.#target.port, HOST)
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text) => this.#receive(String(text)))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#socket = null
      this.#answer('connection closed')
    })
    this.#socket = socket
    return socket
  }

  /** An answer is whole when as much has come as its length says: all that is looked at. */
  #receive(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.slice(0, end)
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (this.#received.length < end + 4 + length) return
    const status = head.slice(9, 12)
    const said = this.#received.slice(end + 4, end + 204)
    this.#received = ''
    this.#answer(status === '200' ? null : `${status} ${said}`)
  }

  #answer(outcome: Outcome): void {
    const answered = this.#answered
    this.#answered = null
    answered?.(outcome)
  }
}

const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** An HTTP/2 connection that calls Export with the message framed as gRPC wants it. */
export class GrpcConnection implements Connection {
  readonly #target: Target
  readonly #session

  constructor(target: Target) {
    this.#target = target
    // The windows of a stock client are of the same order; the default of 64 KB makes large requests crawl.
    this.#session = connectHttp2(`http://${HOST}:${target.port}`, {
      settings: { initialWindowSize: 2 ** 22 },
    })
    this.#session.on('error', () => {})
  }

  send(body: Buffer): Promise<Outcome> {
    const { gzip, token } = this.#target
    const stream = this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: EXPORT_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
      ...(gzip && { 'grpc-encoding': 'gzip' }),
    })
    const prefix = Buffer.alloc(5)
    prefix.writeUInt8(gzip ? 1 : 0, 0)
    prefix.writeUInt32BE(body.length, 1)
    return new Promise((resolve) => {
      let outcome: Outcome = 'no status'
      const note = (headers: Record<string, unknown>) => {
        const status = headers['grpc-status']
        if (status !== undefined) outcome = status === '0' ? null : `${status} ${headers['grpc-message']}`
      }
      stream.on('response', note)
      stream.on('trailers', note)
      stream.on('error', (error) => {
        outcome = error.message
      })
      stream.on('close', () => resolve(outcome))
      stream.resume()
      stream.write(prefix)
      stream.end(body)
    })
  }

  close(): void {
    this.#session.destroy()
  }
}
