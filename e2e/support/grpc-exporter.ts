/** A stock OTLP exporter over gRPC, as an application behind a proxy is set up. */
import { credentials, Metadata } from '@grpc/grpc-js'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base'

export interface GrpcTarget {
  port: number
  /** The authority of the server's certificate, in PEM; clear text without one. */
  authority?: Buffer
  /** Sent as metadata. */
  headers: Record<string, string>
}

/** What an exporter said of one batch: `OK`, or the code of its failure. */
export type Exported = 'OK' | number | string

/** Sends batches over one channel until it is closed. */
export function openExporter({ port, authority, headers }: GrpcTarget) {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const exporter = new OTLPTraceExporter({
    url: `${authority ? 'https' : 'http'}://localhost:${port}`,
    credentials: authority ? credentials.createSsl(authority) : credentials.createInsecure(),
    metadata,
    timeoutMillis: 60_000,
  })
  return {
    send: (spans: ReadableSpan[]) =>
      new Promise<Exported>((resolve) =>
        exporter.export(spans, ({ code, error }) => {
          const failure = error as (Error & { code?: number }) | undefined
          resolve(code === 0 ? 'OK' : (failure?.code ?? String(failure)))
        }),
      ),
    close: () => exporter.shutdown(),
  }
}

/** Spans that have just ended, each a trace of its own with so many characters of input. */
export function endedSpans(project: string, count: number, characters = 10): ReadableSpan[] {
  const ended: ReadableSpan[] = []
  const nothing = async () => {}
  const collect = { onStart: () => {}, onEnd: (span: ReadableSpan) => void ended.push(span) }
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'openinference.project.name': project }),
    spanProcessors: [{ ...collect, forceFlush: nothing, shutdown: nothing }],
  })
  const tracer = provider.getTracer('test')
  const attributes = { 'input.value': 'x'.repeat(characters) }
  for (let made = 0; made < count; made++) tracer.startSpan(`span ${made}`, { attributes, root: true }).end()
  return ended
}
