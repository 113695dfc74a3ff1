/** The listener in front of Next: answers what a machine asks often (health, OTLP) and hands the rest to Next. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { ANNOUNCED_VERSION } from '#server/build-info'
import { answerTooOften } from '#server/listener/gates'
import { createHttpServer } from '#server/listener/http-server'
import { answerHealth, answerReadiness, answerText, refuseMethod } from '#server/listener/machine-answers'
import { answerOtlp } from '#server/listener/otlp'
import { isDecodable, isSignInPath } from '#server/listener/request-path'
import type { Runtime } from '#server/runtime'
import { methodsOf } from './request-method'

/** Makes the server; it does not listen yet. `pages` is Next's handler. */
export function createListener(runtime: Runtime, pages: RequestListener): Server {
  return createHttpServer(runtime, {
    hasPages: true,
    answer: (request, response, path) => answer(runtime, request, response, path, pages),
  })
}

async function answer(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  pages: RequestListener,
): Promise<void> {
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
  if (await answerTooOften(runtime, request, response, path)) return
  if (path === '/v1/traces' && request.method === 'POST') return answerOtlp(runtime, request, response)
  if (path === '/healthz') return answerHealth(runtime, response)
  if (path === '/readyz') return answerReadiness(runtime, response)
  if (path === '/arize_phoenix_version') return answerText(response, 200, ANNOUNCED_VERSION)
  pages(request, response)
}
