/** The listener for Prometheus. It asks every child each time, and adds what only the supervisor knows. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { VERSION } from '#server/build-info'
import type { Config } from '#server/config/model'
import { closeServer } from '#server/listener/close-server'
import { createHttpServer, listenOn } from '#server/listener/http-server'
import { answerText, READING, refuseMethod } from '#server/listener/machine-answers'
import { mergeTexts } from '#server/metrics/merge'
import { type Reading, register } from '#server/metrics/readings'
import { isTaken, listenPatiently } from '#server/process/listen'
import type { ProcessName } from '#server/process/messages'

const SETTING = 'BENNU_METRICS_PORT'
/** A child that is silent for so long is left out; Prometheus itself waits ten seconds. */
const PATIENCE_MS = 3_000
const GRACE_MS = 1_000

/** Who is asked. */
export interface MetricsChild {
  readonly name: ProcessName
  readonly restarts: number
  askMetrics(patienceMs: number): Promise<string | null>
}

export interface MetricsListener {
  port: number
  stop(): Promise<void>
}

/**
 * Starts listening on BENNU_METRICS_HOST:BENNU_METRICS_PORT; null when nobody chose the port and somebody else has it.
 * @throws StartError when a port that was chosen cannot be had
 */
export async function startMetrics(
  world: { config: Config; log: Logger },
  children: readonly MetricsChild[],
  readings: readonly Reading[] = [],
): Promise<MetricsListener | null> {
  const { host, port, chosen } = world.config.metrics
  const collect = createCollector(children, readings)
  const server = createHttpServer(
    { ...world, metrics: null, tls: null },
    {
      hasPages: false,
      answer: (request, response, path) => answer(request, response, path, collect),
    },
  )
  const target = { host, port, setting: SETTING }
  try {
    const bound = await listenPatiently(target, () => listenOn(server, target))
    return { port: bound, stop: () => closeServer(server, GRACE_MS) }
  } catch (error) {
    if (chosen || !isTaken(error)) throw error
    world.log.warn(
      `port ${port} on ${host} is already in use, so no metrics are served: ` +
        `stop what listens there, or choose another port with ${SETTING}`,
    )
    return null
  }
}

/** `/metrics` is what Prometheus asks for, `/` what a person types. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  collect: () => Promise<string>,
): Promise<void> {
  if (path !== '/metrics' && path !== '/') {
    response.setHeader('x-error-code', 'not_found')
    return answerText(response, 404, 'Not Found')
  }
  if (!READING.includes(request.method ?? '')) return refuseMethod(response, READING)
  const text = await collect()
  response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' })
  response.end(text)
}

/** Asks everybody once for all who ask at the same time. */
function createCollector(children: readonly MetricsChild[], readings: readonly Reading[]) {
  const registry = new Registry()
  registry.setDefaultLabels({ process: 'supervisor' })
  collectDefaultMetrics({ register: registry })
  const answering = new Map<ProcessName, number>()
  register(registry, [...processReadings(children, answering), ...readings])
  let underWay: Promise<string> | null = null

  async function collect(): Promise<string> {
    const texts = await Promise.all(children.map((child) => child.askMetrics(PATIENCE_MS)))
    for (const [index, { name }] of children.entries()) answering.set(name, texts[index] === null ? 0 : 1)
    return mergeTexts([await registry.metrics(), ...texts.filter((text) => text !== null)])
  }

  return () => {
    underWay ??= collect().finally(() => {
      underWay = null
    })
    return underWay
  }
}

function processReadings(
  children: readonly MetricsChild[],
  answering: ReadonlyMap<ProcessName, number>,
): Reading[] {
  return [
    {
      name: 'bennu_info',
      help: 'The version that runs.',
      type: 'gauge',
      read: () => [[{ version: VERSION }, 1]],
    },
    {
      name: 'bennu_process_up',
      help: 'Whether a process answers when it is asked for its metrics.',
      type: 'gauge',
      read: () => children.map(({ name }) => [{ process: name }, answering.get(name) ?? 0]),
    },
    {
      name: 'bennu_process_restarts_total',
      help: 'How often a process was started again after its death.',
      type: 'counter',
      read: () => children.map(({ name, restarts }) => [{ process: name }, restarts]),
    },
  ]
}
