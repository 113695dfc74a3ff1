/**
 * The HTTP server that every process of ours listens with: it names each request, decides whose it is, sets the headers
 * that every answer carries, and bounds how long a connection may take. What is answered is the caller's matter.
 */
import { randomUUID } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  type ClientAddress,
  createClientAddressResolver,
  type ResolveClientAddress,
} from '#server/client-address'
import { setAnswerHeaders } from '#server/listener/answer-headers'
import { answerBadSocket } from '#server/listener/bad-socket'
import { answerForeign } from '#server/listener/gates'
import { answerText } from '#server/listener/machine-answers'
import { createProxyWarnings } from '#server/listener/proxy-warnings'
import { cleanHeaders } from '#server/listener/request-headers'
import { normalizePath } from '#server/listener/request-path'
import { loggablePath } from '#server/log/path'
import { routeClass } from '#server/metrics/route-class'
import type { Runtime } from '#server/runtime'
import type { Pair } from '#server/tls/pair'

const HEADERS_TIMEOUT_MS = 15_000
/** A client that begins to speak TLS and stops is let go. */
const HANDSHAKE_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 120_000
const IDLE_SOCKET_TIMEOUT_MS = 150_000
/** Longer than the idle time of common load balancers, so that they close first. */
const KEEP_ALIVE_MS = 75_000

export interface HttpServerOptions {
  /**
   * Answers one request; `path` is its path without the query. The request's address is in its one spelling, and its
   * headers hold what may be believed (see request-headers.ts). What it throws becomes a 500 and a line in the log.
   */
  answer: (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>
  /** Whether some paths are pages, which get their content security policy elsewhere. */
  hasPages: boolean
}

/** What a server needs of its process. */
export type ListenerWorld = Pick<Runtime, 'config' | 'log' | 'metrics' | 'tls'>

/** Makes the server; it does not listen yet. */
export function createHttpServer(runtime: ListenerWorld, { answer, hasPages }: HttpServerOptions): Server {
  const { forwardedAllowIps, rootPath } = runtime.config.server
  const resolveClient = createClientAddressResolver(forwardedAllowIps)
  const warnOnce = createProxyWarnings(runtime)
  const server = createEitherServer(runtime, (request, response) => {
    const requestId = identify(request, rootPath, resolveClient, warnOnce)
    const url = request.url ?? '/'
    setAnswerHeaders(response, url, requestId, runtime.config, hasPages)
    followAnswer(runtime, request, response, requestId)
    const path = url.split('?', 1)[0] ?? '/'
    if (answerForeign(runtime.config, request, response, path)) return
    answer(request, response, path).catch((error) => fail(runtime, response, requestId, error))
  })
  server.timeout = IDLE_SOCKET_TIMEOUT_MS
  server.on('clientError', answerBadSocket)
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    setAnswerHeaders(response, '/', randomUUID(), runtime.config, hasPages)
    answerText(response, 417, 'Only `Expect: 100-continue` is understood')
  })
  return server
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** In clear text, or with TLS whose certificate is changed while connections go on. */
function createEitherServer({ config, tls }: ListenerWorld, handler: Handler): Server {
  const options: ServerOptions = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  if (!tls || !config.tls?.http) return createServer(options, handler)
  const mustShow = config.tls.caFile !== null
  const server = createTlsServer(
    {
      ...options,
      ...contextOf(tls.pair),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestCert: mustShow,
      rejectUnauthorized: mustShow,
    },
    handler,
  )
  const forget = tls.onChange((pair) => server.setSecureContext(contextOf(pair)))
  server.once('close', forget)
  return server
}

const contextOf = ({ certificate, key, authorities }: Pair) => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2' as const,
  ...(authorities === null ? {} : { ca: authorities }),
})

/** Listens, and resolves with the port, which matters when 0 was asked for. Rejects with the system's error. */
export function listenOn(server: Server, target: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off('listening', listening)
      reject(error)
    }
    const listening = () => {
      server.off('error', failed)
      resolve((server.address() as AddressInfo).port)
    }
    server.once('error', failed)
    server.once('listening', listening)
    server.listen({ port: target.port, host: target.host })
  })
}

/** Rewrites the request in place: the path, and the internal headers that our handlers read. */
function identify(
  request: IncomingMessage,
  rootPath: string,
  resolveClient: ResolveClientAddress,
  warnOnce: (client: ClientAddress) => void,
): string {
  const requestId = randomUUID()
  request.url = normalizePath(request.url ?? '/', rootPath)
  const client = resolveClient(request.socket.remoteAddress, (name) => singleHeader(request, name))
  warnOnce(client)
  cleanHeaders(request.headers, {
    requestId,
    path: request.url,
    peer: client.address,
    trusted: client.trusted,
    encrypted: (request.socket as TLSSocket).encrypted === true,
  })
  return requestId
}

function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

function fail(runtime: ListenerWorld, response: ServerResponse, requestId: string, error: unknown): void {
  if (response.destroyed || response.writableEnded) return
  runtime.log.error({ requestId, err: error }, 'request failed')
  if (response.headersSent) response.destroy()
  else answerText(response, 500, 'Internal Server Error')
}

/** Counts the answer, and logs it for whoever looks closely. */
function followAnswer(
  { log, metrics }: ListenerWorld,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): void {
  const isLogged = log.isLevelEnabled('debug')
  if (!isLogged && !metrics) return
  const startedAt = performance.now()
  const { method } = request
  const path = request.url?.split('?', 1)[0] ?? ''
  response.once('close', () => {
    const milliseconds = performance.now() - startedAt
    const { statusCode: status } = response
    metrics?.countHttp({ route: routeClass(path), status, seconds: milliseconds / 1000 })
    if (isLogged) {
      const durationMs = Math.round(milliseconds)
      log.debug({ requestId, method, path: loggablePath(path), status, durationMs }, 'request')
    }
  })
}
