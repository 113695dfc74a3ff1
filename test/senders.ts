/** Applications that send spans through stock OTLP exporters and remember what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as HttpExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base'

export interface Sender {
  readonly transport: 'http' | 'grpc'
  /** `<trace id>:<span id>` of every span whose export was reported as a success. */
  readonly acknowledged: Set<string>
  /** Exports that were reported as failed; their spans are sent again until they succeed. */
  failures: number
  /** Resolves when the last export has been acknowledged. */
  stop(): Promise<void>
  /** Gives up, whatever has not been acknowledged. */
  abandon(): Promise<void>
}

export interface SenderOptions {
  spansPerBatch?: number
  /** Length of each span's `input.value`. */
  valueCharacters?: number
  /** How long an exporter tries before it reports a failure; its own default when left out. */
  timeoutMs?: number
}

export interface Target {
  baseUrl: string
  grpcPort: number
  /** Sent as bearer when authentication is on. */
  token?: string
}

/** Sends batches without a pause until stopped. */
export function startSender(
  transport: 'http' | 'grpc',
  target: Target,
  { spansPerBatch = 5, valueCharacters, timeoutMs }: SenderOptions = {},
): Sender {
  const exporter = createExporter(transport, target, timeoutMs)
  const batches = createBatches(`crash-${transport}`, valueCharacters)
  let stopping = false
  let givingUp = false
  const sender = { transport, acknowledged: new Set<string>(), failures: 0, stop, abandon }
  const loop = run()

  async function run() {
    while (!stopping) {
      const spans = batches.next(spansPerBatch)
      while (!(await send(exporter, spans))) {
        if (givingUp) return
        sender.failures += 1
        await sleep(30)
      }
      for (const span of spans) sender.acknowledged.add(idOf(span))
    }
  }

  async function abandon() {
    givingUp = true
    await stop()
  }

  async function stop() {
    stopping = true
    await loop
    await exporter.shutdown()
  }

  return sender
}

/** Sends a number of batches, one after the other; answers the ids and how many exports failed. */
export async function sendBatches(
  transport: 'http' | 'grpc',
  target: Target,
  { batches, spansPerBatch }: { batches: number; spansPerBatch: number },
): Promise<{ ids: string[]; failures: number }> {
  const exporter = createExporter(transport, target)
  const source = createBatches(`load-${transport}`)
  const ids: string[] = []
  let failures = 0
  for (let sent = 0; sent < batches; sent++) {
    const spans = source.next(spansPerBatch)
    if (await send(exporter, spans)) ids.push(...spans.map(idOf))
    else failures += 1
  }
  await exporter.shutdown()
  return { ids, failures }
}

function createExporter(
  transport: 'http' | 'grpc',
  { baseUrl, grpcPort, token }: Target,
  timeoutMs?: number,
): SpanExporter {
  const timeout = timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }
  if (transport === 'grpc') return new GrpcExporter({ url: `http://127.0.0.1:${grpcPort}`, ...timeout })
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return new HttpExporter({ url: `${baseUrl}/v1/traces`, headers, ...timeout })
}

/** Resolves with whether the exporter reported success; its own retries are over then. */
function send(exporter: SpanExporter, spans: ReadableSpan[]): Promise<boolean> {
  return new Promise((resolve) => exporter.export(spans, (result) => resolve(result.code === 0)))
}

const idOf = (span: ReadableSpan) => `${span.spanContext().traceId}:${span.spanContext().spanId}`

function createBatches(project: string, valueCharacters = 200): { next(count: number): ReadableSpan[] } {
  let ended: ReadableSpan[] = []
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'openinference.project.name': project }),
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  })
  const tracer = provider.getTracer('test')
  return {
    next: (count) => {
      for (let index = 0; index < count; index++) {
        tracer
          .startSpan(`span ${index}`, { attributes: { 'input.value': 'x'.repeat(valueCharacters) } })
          .end()
      }
      const batch = ended
      ended = []
      return batch
    },
  }
}
