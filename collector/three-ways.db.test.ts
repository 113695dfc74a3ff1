/** One set of requests goes in over HTTP as protobuf, over HTTP as JSON and over gRPC, and must leave the same rows. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Metadata } from '@grpc/grpc-js'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { asc, eq } from 'drizzle-orm'
import { parse as parseLossless } from 'lossless-json'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startIngest } from '#server/ingest/start'
import { handleOtlp } from '#server/otlp/http'
import { GEN_AI_SPANS } from '../test/fixtures/otlp/gen-ai'
import { ODD_VALUES } from '../test/fixtures/otlp/odd-values'
import { OPEN_INFERENCE_SPANS } from '../test/fixtures/otlp/open-inference'
import { GrpcTestClient } from '../test/grpc'
import { asJson, asProtobuf, exportRequest, type JsonRequest, type JsonSpan } from '../test/otlp'
import { createKey, SYSTEM_USER_ID } from '../test/principals'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { startCollector } from './server'

let runtime: TestRuntime
let collector: Awaited<ReturnType<typeof startCollector>>
let client: GrpcTestClient
let bearer: string
let web: Server
let webUrl: string

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { server: { grpcPort: 0 } } })
  runtime.ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  collector = await startCollector(runtime)
  client = new GrpcTestClient(collector.port)
  const key = await createKey(runtime, { userId: SYSTEM_USER_ID, scope: 'ingest', role: 'MEMBER' })
  bearer = key.headers.authorization as string
  web = createServer(async (request, response) => {
    const header = (name: string) => (request.headers[name] as string | undefined) ?? null
    const reply = await handleOtlp(
      { method: 'POST', header, body: request, peer: null, requestId: 't' },
      runtime,
    )
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/v1/traces`
})
afterAll(async () => {
  client.close()
  web.close()
  await collector.stop(1000)
  await runtime.ingest.drain()
})

const clear = () =>
  runtime.db.write(async (tx) => {
    await tx.delete(runtime.db.t.traces)
    await tx.delete(runtime.db.t.projectSessions)
  })
beforeEach(clear)

const WAYS = {
  'HTTP protobuf': (request: JsonRequest) => post('application/x-protobuf', asProtobuf(request)),
  'HTTP JSON': (request: JsonRequest) => post('application/json', asJson(request)),
  gRPC: async (request: JsonRequest) => {
    expect((await client.call(asProtobuf(request), bearer)).code).toBe('OK')
  },
}

async function post(type: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': type, authorization: bearer }
  const response = await fetch(webUrl, { method: 'POST', headers, body: new Uint8Array(body) })
  expect(response.status).toBe(200)
}

/** Everything stored, without the ids of rows. */
async function stored() {
  const { spans, traces, spanRollups, projects, projectSessions } = runtime.db.t
  const rows = await runtime.db.read
    .select()
    .from(spans)
    .leftJoin(spanRollups, eq(spanRollups.spanRowId, spans.id))
    .innerJoin(traces, eq(traces.id, spans.traceRowId))
    .innerJoin(projects, eq(projects.id, traces.projectId))
    .leftJoin(projectSessions, eq(projectSessions.id, traces.projectSessionId))
    .orderBy(asc(spans.id))
  const firstId = rows[0]?.spans.id ?? 0
  return rows.map((row) => {
    const { id, traceRowId: _t, projectId: _p, attributes, events, ...span } = row.spans
    // Null where a span counts for itself alone.
    const { spanRowId: _s, traceRowId: _r, ...sums } = row.span_rollups ?? {}
    const { id: _i, projectId: _pp, projectSessionId: _ps, rootSpanRowId, ...trace } = row.traces
    return {
      ...{ span, sums, trace, project: row.projects.name, session: row.project_sessions?.sessionId },
      attributes: parseLossless(attributes),
      events: parseLossless(events),
      isRoot: rootSpanRowId === id,
      position: id - firstId,
    }
  })
}

/** The traces, one per case: name, its spans, and the project of the resource. */
const FIXTURES: [name: string, spans: JsonSpan[], project?: string][] = [
  ['twenty spans with every OpenInference field', OPEN_INFERENCE_SPANS, 'open inference'],
  ['spans of the generative AI conventions', GEN_AI_SPANS],
  [
    'a span with nothing but ids',
    [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startTimeUnixNano: '1000' }],
  ],
  [
    'odd values',
    [
      {
        traceId: 'c'.repeat(32),
        spanId: 'd'.repeat(16),
        name: 'odd \0 name',
        startTimeUnixNano: '1704164645123456999',
        endTimeUnixNano: '1704164645123456000',
        status: { code: 7, message: 'm\0' },
        attributes: ODD_VALUES.map(([key, value]) => ({ key, value })),
      },
    ],
    'p\0',
  ],
]

describe('whichever way it comes in', () => {
  it.each(FIXTURES)('%s leaves the same rows', async (_name, spans, project) => {
    const request = exportRequest(spans, project)
    const left: Record<string, unknown> = {}
    for (const [way, send] of Object.entries(WAYS)) {
      await clear()
      await send(request)
      left[way] = await stored()
      expect(left[way]).toHaveLength(spans.length)
    }
    expect(left['HTTP JSON']).toEqual(left['HTTP protobuf'])
    expect(left.gRPC).toEqual(left['HTTP protobuf'])
  })
})

describe('odd but legal values', () => {
  it.each(ODD_VALUES)('%s reads back as it should', async (name, value, expected) => {
    for (const send of Object.values(WAYS)) {
      await clear()
      const span = {
        traceId: 'c'.repeat(32),
        spanId: 'd'.repeat(16),
        attributes: [{ key: `v.${name}`, value }],
      }
      await send(exportRequest([span]))
      const [row] = await stored()
      const { v } = (row?.attributes ?? { v: {} }) as { v: Record<string, unknown> }
      const found = v[name]
      expect(sameJson(found, parseLossless(expected)), JSON.stringify(found)).toBe(true)
    }
  })
})

/** Integers digit by digit, other numbers by what they are: engines write 1e300 each in its own way. */
function sameJson(found: unknown, expected: unknown): boolean {
  const plain = (value: unknown): unknown =>
    JSON.stringify(value, (_key, item: unknown) => {
      const isNumber = typeof item === 'object' && item !== null && 'isLosslessNumber' in item
      if (!isNumber) return item
      const digits = String(item)
      return /^-?\d{1,20}$/.test(digits) ? `integer ${digits}` : `double ${Number(digits)}`
    })
  return plain(found) === plain(expected)
}

describe('half a surrogate pair', () => {
  it('reads back as one replacement character, from JSON and from protobuf', async () => {
    const span = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), name: 'a???b' }
    const json = Buffer.from(
      asJson(exportRequest([span]))
        .toString()
        .replace('???', '\\ud800'),
    )
    await post('application/json', json)
    expect((await stored())[0]?.span.name).toBe('a\ufffdb')
    await clear()
    const torn = asProtobuf(exportRequest([span]))
      .toString('latin1')
      .replace('???', '\xed\xa0\x80')
    await post('application/x-protobuf', Buffer.from(torn, 'latin1'))
    expect((await stored())[0]?.span.name).toBe('a\ufffdb')
  })
})

describe('the trace with every OpenInference field', () => {
  it('has the columns, sums and tree that its spans say', async () => {
    await WAYS.gRPC(exportRequest(OPEN_INFERENCE_SPANS, 'open inference'))
    const rows = await stored()
    const [root, , llm] = rows
    expect(root).toMatchObject({ isRoot: true, project: 'open inference', session: 'session-1' })
    expect(root?.trace).toMatchObject({
      spanCount: 20,
      errorCount: 1,
      promptTokens: 150,
      completionTokens: 25,
    })
    expect(root?.sums).toEqual({
      cumulativeErrorCount: 1,
      cumulativeLlmTokenCountPrompt: 150,
      cumulativeLlmTokenCountCompletion: 25,
    })
    expect(root?.span).toMatchObject({ sessionId: 'session-1', userId: 'user-1', modelName: null })
    expect(llm?.span).toMatchObject({ spanKind: 'LLM', llmTokenCountPrompt: 100, inputPreview: 'prompt' })
    expect(llm?.span.modelName).toBe('a-model')
    expect(rows[14]?.span.spanKind).toBe('UNKNOWN')
    const retriever = JSON.parse(JSON.stringify(rows[7]?.attributes ?? {}))
    expect(retriever.retrieval.documents[1]).toMatchObject({
      document: { id: 'd1', content: 'document 1', metadata: { tags: ['x'] } },
    })
    expect(rows[13]?.events).toHaveLength(2)
  })
})

describe('the stock exporters', () => {
  const metadata = () => {
    const value = new Metadata()
    value.set('authorization', bearer)
    return value
  }
  const headers = () => ({ authorization: bearer })
  const EXPORTERS: [string, () => SpanExporter][] = [
    ['exporter-trace-otlp-proto', () => new ProtobufExporter({ url: webUrl, headers: headers() })],
    ['exporter-trace-otlp-http', () => new JsonExporter({ url: webUrl, headers: headers() })],
    [
      'exporter-trace-otlp-grpc',
      () => new GrpcExporter({ url: `http://127.0.0.1:${collector.port}`, metadata: metadata() }),
    ],
  ]

  it.each(EXPORTERS)('%s stores a trace', async (name, makeExporter) => {
    const results: number[] = []
    const exporter = makeExporter()
    const counting: SpanExporter = {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          results.push(result.code)
          done(result)
        }),
      shutdown: () => exporter.shutdown(),
    }
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'openinference.project.name': name }),
      spanProcessors: [new SimpleSpanProcessor(counting)],
    })
    const span = provider.getTracer('test').startSpan('hello')
    span.setAttributes({ 'llm.token_count.prompt': 3, 'openinference.span.kind': 'LLM', 'a.0.b': [1, 2.5] })
    span.recordException(new Error('boom'))
    span.end()
    await provider.forceFlush()
    await provider.shutdown()
    expect(results).toEqual([0])
    const [row] = await stored()
    expect(row).toMatchObject({ project: name, span: { name: 'hello', llmTokenCountPrompt: 3 } })
    expect(row?.events).toMatchObject([{ name: 'exception', attributes: { 'exception.message': 'boom' } }])
  })
})
