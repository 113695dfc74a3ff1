/**
 * The listener in front of Next. It names every request, decides whose it is, sets the headers that every answer carries,
 * answers what a machine asks often (health, OTLP), and hands the rest to Next.
 */
import { randomUUID } from 'node:crypto'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { ANNOUNCED_VERSION } from '#server/build-info'
import { createClientAddressResolver, type ResolveClientAddress } from '#server/client-address'
import type { Runtime } from '#server/runtime'
import { setAnswerHeaders } from './answer-headers'
import { answerBadSocket } from './bad-socket'
import { answerHealth, answerReadiness, answerText } from './machine-answers'
import { answerOtlp } from './otlp'
import { cleanHeaders } from './request-headers'
import { methodsOf, refuseMethod } from './request-method'
import { isDecodable, isSignInPath, normalizePath } from './request-path'

const HEADERS_TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 120_000
const IDLE_SOCKET_TIMEOUT_MS = 150_000
/** Longer than the idle time of common load balancers, so that they close first. */
const KEEP_ALIVE_MS = 75_000

/** Makes the server; it does not listen yet. `pages` is Next's handler. */
export function createListener(runtime: Runtime, pages: RequestListener): Server {
  const resolveClient = createClientAddressResolver(runtime.config.server.forwardedAllowIps)
  const warnOnce = createProxyWarning(runtime)
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      const requestId = identify(request, resolveClient, warnOnce)
      setAnswerHeaders(response, request.url ?? '/', requestId, runtime.config)
      logAnswer(runtime, request, response, requestId)
      answer(runtime, request, response, pages).catch((error) => fail(runtime, response, requestId, error))
    },
  )
  server.timeout = IDLE_SOCKET_TIMEOUT_MS
  server.on('clientError', answerBadSocket)
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    setAnswerHeaders(response, '/', randomUUID(), runtime.config)
    answerText(response, 417, 'Only `Expect: 100-continue` is understood')
  })
  return server
}

/** Rewrites the request in place: the path, and the internal headers that our handlers read. */
function identify(
  request: IncomingMessage,
  resolveClient: ResolveClientAddress,
  warnOnce: (address: string) => void,
): string {
  const requestId = randomUUID()
  request.url = normalizePath(request.url ?? '/')
  const client = resolveClient(request.socket.remoteAddress, (name) => singleHeader(request, name))
  if (client.ignoredPrivateProxy && client.address) warnOnce(client.address)
  cleanHeaders(request.headers, {
    requestId,
    path: request.url,
    peer: client.address,
    trusted: client.trusted,
  })
  return requestId
}

function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

async function answer(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  pages: RequestListener,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (!isDecodable(path)) {
    response.setHeader('x-error-code', 'undecodable')
    return answerText(response, 400, 'The path is not percent-encoded UTF-8')
  }
  if (!runtime.config.auth.enabled && isSignInPath(path)) {
    response.setHeader('x-error-code', 'not_found')
    return answerText(response, 404, 'Not Found')
  }
  const methods = methodsOf(path)
  if (!methods.includes(request.method ?? '')) return refuseMethod(response, methods)
  if (path === '/v1/traces' && request.method === 'POST') return answerOtlp(runtime, request, response)
  if (path === '/healthz') return answerHealth(runtime, response)
  if (path === '/readyz') return answerReadiness(runtime, response)
  if (path === '/arize_phoenix_version') return answerText(response, 200, ANNOUNCED_VERSION)
  pages(request, response)
}

function fail(runtime: Runtime, response: ServerResponse, requestId: string, error: unknown): void {
  if (response.destroyed || response.writableEnded) return
  runtime.log.error({ requestId, err: error }, 'request failed')
  if (response.headersSent) response.destroy()
  else answerText(response, 500, 'Internal Server Error')
}

function logAnswer(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): void {
  if (!runtime.log.isLevelEnabled('debug')) return
  const startedAt = performance.now()
  const { method, url } = request
  response.once('close', () => {
    const path = url?.split('?', 1)[0]
    const durationMs = Math.round(performance.now() - startedAt)
    runtime.log.debug({ requestId, method, path, status: response.statusCode, durationMs }, 'request')
  })
}

function createProxyWarning(runtime: Runtime): (address: string) => void {
  let warned = false
  return (address) => {
    if (warned) return
    warned = true
    runtime.log.warn(
      { peer: address },
      `forwarded headers from ${address} are ignored: if it is your proxy, add it to FORWARDED_ALLOW_IPS`,
    )
  }
}
