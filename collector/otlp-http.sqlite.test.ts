/** OTLP over HTTP on the collector's own port. What a request is answered with is tested where `handleOtlp` is. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { IngestClient, IngestResult } from '#server/ingest/client'
import { startIngest } from '#server/ingest/start'
import type { Service } from '#server/process/child'
import type { Runtime } from '#server/runtime'
import { freePort } from '../test/free-port'
import { asProtobuf, exportRequest } from '../test/otlp'
import { createPrincipals, type Principals } from '../test/principals'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { startCollector } from './server'

let runtime: TestRuntime
let who: Principals
let collector: Service
let baseUrl: string
let grpcUrl: string
/** Whether the collector has the ports that exporters take by themselves: nobody else on this machine did. */
let isStandard: boolean
const started: Service[] = []

beforeAll(async () => {
  isStandard = (await isFree(4317)) && (await isFree(4318))
  const [grpcPort, port] = isStandard ? [4317, 4318] : [0, await freePort()]
  runtime = await createTestRuntime({
    config: { server: { grpcPort, otlpHttp: { port, chosen: true } } },
  })
  runtime.ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  who = await createPrincipals(runtime)
  collector = await startCollector(runtime)
  baseUrl = `http://127.0.0.1:${collector.otlpHttpPort}`
  grpcUrl = `http://127.0.0.1:${collector.port}`
})
afterEach(async () => {
  for (const service of started.splice(0)) await service.stop(1000)
})
afterAll(async () => {
  await collector.stop(1000)
  await runtime.ingest.drain()
})

/** Another collector; its words in the log. */
async function startAnother(port: number, chosen: boolean, ingest: IngestClient = runtime.ingest) {
  const logged: string[] = []
  const other: Runtime = {
    ...runtime,
    ingest,
    log: pino({ level: 'warn' }, { write: (line) => void logged.push(line) }),
    config: {
      ...runtime.config,
      server: { ...runtime.config.server, grpcPort: 0, otlpHttp: { port, chosen } },
    },
  }
  const service = await startCollector(other)
  started.push(service)
  return { service, logged }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}

async function withTaken(work: (port: number) => Promise<void>) {
  const holder: Server = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  try {
    await work((holder.address() as AddressInfo).port)
  } finally {
    holder.close()
  }
}

const message = (name: string) =>
  asProtobuf(
    exportRequest([
      { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), name },
    ]),
  )
const authorization = () => who['system key MEMBER full'].headers.authorization ?? ''
const post = (path: string, headers: Record<string, string>, body: Uint8Array = message('x')) =>
  fetch(`${baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: new Uint8Array(body),
  })
const storedNames = async () =>
  (await runtime.db.read.select().from(runtime.db.t.spans)).map((row) => row.name)

describe('the port for OTLP over HTTP', () => {
  it.each(['/v1/traces', '/api/v1/traces'])('stores what is sent to %s', async (path) => {
    expect((await post(path, { authorization: authorization() }, message(path))).status).toBe(200)
    expect(await storedNames()).toContain(path)
  })

  it('asks for a credential', async () => {
    const answer = await post('/v1/traces', {})
    expect([answer.status, answer.headers.get('x-phoenix-server-version')]).toEqual([401, '20.3.0'])
  })

  it('answers 405 to a GET', async () => {
    const answer = await fetch(`${baseUrl}/v1/traces`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it.each(['/', '/v1/metrics', '/projects', '/constructor'])('has nothing at %s', async (path) => {
    const answer = await post(path, { authorization: authorization() })
    expect([answer.status, await answer.text()]).toEqual([404, 'Not Found'])
    expect(answer.headers.get('x-phoenix-server-version')).toBe('20.3.0')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('tells how the server is', async () => {
    expect(await (await fetch(`${baseUrl}/healthz`)).text()).toBe('OK')
    expect(await (await fetch(`${baseUrl}/readyz`)).json()).toEqual({})
    expect((await post('/healthz', {})).status).toBe(405)
  })

  it('answers what is no HTTP with 400 and its version', async () => {
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'))
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*x-phoenix-server-version: 20\.3\.0/s)
  })
})

describe('a stock exporter with no settings but a key', () => {
  const exporters: [string, () => SpanExporter, () => string][] = [
    ['over protobuf', () => new ProtobufExporter(), () => baseUrl],
    ['over JSON', () => new JsonExporter(), () => baseUrl],
    ['over gRPC', () => new GrpcExporter(), () => grpcUrl],
  ]

  it.each(exporters)('is served %s', async (name, create, url) => {
    // Where the standard ports are somebody else's, it has to be told where.
    if (!isStandard) process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url()
    process.env.OTEL_EXPORTER_OTLP_HEADERS = `authorization=${encodeURIComponent(authorization())}`
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(create())] })
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT
    delete process.env.OTEL_EXPORTER_OTLP_HEADERS
    provider.getTracer('test').startSpan(name).end()
    await provider.shutdown()
    expect(await storedNames()).toContain(name)
  })
})

describe('a port that somebody else has', () => {
  it('stops the start when it was chosen', async () => {
    await withTaken(async (port) => {
      await expect(startAnother(port, true)).rejects.toThrow(
        `port ${port} on 127.0.0.1 is already in use: stop what listens there, or choose another port with BENNU_OTLP_HTTP_PORT`,
      )
    })
  })

  it('is done without, and warned about, when it is only the standard one', async () => {
    await withTaken(async (port) => {
      const { service, logged } = await startAnother(port, false)
      expect(service.otlpHttpPort).toBeNull()
      expect(logged.join()).toContain('BENNU_OTLP_HTTP_PORT')
    })
  })
})

it('a stop waits for the answer of a request under way', async () => {
  let finish = (_result: IngestResult) => {}
  let submitted = () => {}
  const underWay = new Promise<void>((resolve) => {
    submitted = resolve
  })
  const slow: IngestClient = {
    reserve: () => ({ grow: () => {}, release: () => {} }),
    submit: () => {
      submitted()
      return new Promise((resolve) => {
        finish = resolve
      })
    },
    drain: async () => {},
  }
  const { service } = await startAnother(await freePort(), true, slow)
  const answer = fetch(`http://127.0.0.1:${service.otlpHttpPort}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', authorization: authorization() },
    body: new Uint8Array(message('slow')),
  })
  await underWay
  const stopped = service.stop(5000)
  finish({ accepted: 1, rejected: 0, message: '' })
  expect((await answer).status).toBe(200)
  await stopped
})
