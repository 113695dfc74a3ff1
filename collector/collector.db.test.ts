import { pino } from 'pino'
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startIngest } from '#server/ingest/start'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { createKey, SYSTEM_USER_ID } from '../test/principals'
import { startCollector } from './server'
import { Metadata } from '@grpc/grpc-js'

let runtime: TestRuntime
let collector: Awaited<ReturnType<typeof startCollector>>
let bearer: string

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { server: { grpcPort: 0 } } })
  runtime.ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  collector = await startCollector(runtime)
  const key = await createKey(runtime, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
  bearer = key.headers.authorization as string
})
afterAll(async () => {
  await collector.stop(1000)
  await runtime.ingest.drain()
})

describe('the collector', () => {
  it('stores what the stock exporter sends', async () => {
    const metadata = new Metadata()
    metadata.set('authorization', bearer)
    const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${collector.port}`, metadata })
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    provider.getTracer('test').startSpan('from grpc').end()
    await provider.forceFlush()
    await provider.shutdown()
    const rows = await runtime.db.read.select().from(runtime.db.t.spans)
    expect(rows.map((row) => row.name)).toEqual(['from grpc'])
    trace.disable()
  })
})
