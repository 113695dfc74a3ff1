/**
 * OTLP over HTTP on the port that exporters expect, so that one with no settings but its key works, and so that what is
 * sent need not touch the process that serves pages.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { closeServer } from '#server/listener/close-server'
import { answerTooOften } from '#server/listener/gates'
import { createHttpServer, listenOn } from '#server/listener/http-server'
import {
  answerHealth,
  answerReadiness,
  answerText,
  READING,
  refuseMethod,
} from '#server/listener/machine-answers'
import { answerOtlp } from '#server/listener/otlp'
import { isTaken, listenPatiently } from '#server/process/listen'
import type { Runtime } from '#server/runtime'

const SETTING = 'BENNU_OTLP_HTTP_PORT'

export interface OtlpHttp {
  port: number
  stop(graceMs: number): Promise<void>
}

/**
 * Starts listening on PHOENIX_HOST:BENNU_OTLP_HTTP_PORT; null when that is switched off, or when nobody chose the port
 * and somebody else has it.
 * @throws StartError when a port that was chosen cannot be had
 */
export async function startOtlpHttp(runtime: Runtime): Promise<OtlpHttp | null> {
  const { host, otlpHttp } = runtime.config.server
  if (otlpHttp.port === 0) return null
  const server = createHttpServer(runtime, {
    hasPages: false,
    answer: (request, response, path) => answer(runtime, request, response, path),
  })
  const target = { host, port: otlpHttp.port, setting: SETTING }
  try {
    const port = await listenPatiently(target, () => listenOn(server, target))
    return { port, stop: (graceMs) => closeServer(server, graceMs) }
  } catch (error) {
    if (otlpHttp.chosen || !isTaken(error)) throw error
    runtime.log.warn(
      `port ${otlpHttp.port} on ${host} is already in use, so the collector takes no OTLP over HTTP: ` +
        `stop what listens there, choose another port with ${SETTING}, or switch it off with 0`,
    )
    return null
  }
}

async function answer(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  if (await answerTooOften(runtime, request, response, path)) return
  if (path === '/v1/traces') return answerOtlp(runtime, request, response)
  const health = HEALTH[path]
  if (!health) {
    response.setHeader('x-error-code', 'not_found')
    return answerText(response, 404, 'Not Found')
  }
  if (!READING.includes(request.method ?? '')) return refuseMethod(response, READING)
  return health(runtime, response)
}

const HEALTH: Record<string, (runtime: Runtime, response: ServerResponse) => Promise<void>> = {
  '/healthz': answerHealth,
  '/readyz': answerReadiness,
}
