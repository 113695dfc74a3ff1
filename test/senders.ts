/** Applications that send spans through stock OTLP exporters and remember what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
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
  /** What the server answered to those, where it did: HTTP or gRPC status. */
  readonly refusals: number[]
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
  /** More than one: each is a child of the one before, with tokens, errors and a session, whatever batch it is in. */
  spansPerTrace?: number
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
  { spansPerBatch = 5, valueCharacters, timeoutMs, spansPerTrace }: SenderOptions = {},
): Sender {
  const exporter = createExporter(transport, target, timeoutMs)
  const batches = createBatches(`crash-${transport}`, { valueCharacters, spansPerTrace })
  let stopping = false
  let givingUp = false
  const refusals: number[] = []
  const sender = { transport, acknowledged: new Set<string>(), failures: 0, refusals, stop, abandon }
  const loop = run()

  async function run() {
    while (!stopping) {
      const spans = batches.next(spansPerBatch)
      for (let failure = await send(exporter, spans); failure; failure = await send(exporter, spans)) {
        if (givingUp) return
        sender.failures += 1
        if (failure.status !== null) refusals.push(failure.status)
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
    if (await send(exporter, spans)) failures += 1
    else ids.push(...spans.map(idOf))
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

/** What an exporter reported as a failure, with the status that the server answered, if it did. */
interface Failure {
  status: number | null
}

/** Resolves with null when the exporter reported success; its own retries are over then. */
function send(exporter: SpanExporter, spans: ReadableSpan[]): Promise<Failure | null> {
  return new Promise((resolve) =>
    exporter.export(spans, ({ code, error }) => {
      const status = error && 'code' in error && typeof error.code === 'number' ? error.code : null
      resolve(code === 0 ? null : { status })
    }),
  )
}

const idOf = (span: ReadableSpan) => `${span.spanContext().traceId}:${span.spanContext().spanId}`

function createBatches(
  project: string,
  { valueCharacters = 200, spansPerTrace = 1 }: SenderOptions = {},
): { next(count: number): ReadableSpan[] } {
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
  let started = 0
  let last: Span | null = null
  const startNext = (name: string) => {
    const place = started % spansPerTrace
    const family = spansPerTrace === 1 ? {} : familyOf(`${project} ${Math.floor(started / 50)}`, place)
    const attributes = { 'input.value': 'x'.repeat(valueCharacters), ...family }
    const parent = last && place > 0 ? trace.setSpan(ROOT_CONTEXT, last) : ROOT_CONTEXT
    const span = tracer.startSpan(name, { attributes }, parent)
    if (place % 3 === 2) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    started += 1
    last = span
  }
  return {
    next: (count) => {
      for (let index = 0; index < count; index++) startNext(`span ${index}`)
      const batch = ended
      ended = []
      return batch
    },
  }
}

/** What makes sums of a trace, and of a session that several senders share. */
const familyOf = (session: string, place: number) => ({
  'openinference.span.kind': 'LLM',
  'session.id': session,
  'llm.token_count.prompt': place,
  'llm.token_count.completion': 1,
})
