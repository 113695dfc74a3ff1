/** Every call of the collector is counted once, by the code of its answer. */
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startIngest } from '#server/ingest/start'
import type { Service } from '#server/process/child'
import { callRaw, GrpcTestClient } from '../test/grpc'
import { asProtobuf, exportRequest } from '../test/otlp'
import { createPrincipals, type Principals } from '../test/principals'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { startCollector } from './server'

let runtime: TestRuntime
let collector: Service
let who: Principals
let client: GrpcTestClient
const counted: string[] = []

beforeAll(async () => {
  runtime = await createTestRuntime({
    config: { server: { grpcPort: 0 } },
    metrics: { countHttp: () => {}, countGrpc: (code) => void counted.push(code), text: async () => '' },
  })
  runtime.ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  who = await createPrincipals(runtime)
  collector = await startCollector(runtime)
  client = new GrpcTestClient(collector.port)
})
afterAll(async () => {
  client.close()
  await collector.stop(1000)
  await runtime.ingest.drain()
})
beforeEach(() => {
  counted.length = 0
})

const sound = () => who['system key MEMBER full'].headers.authorization
const message = () =>
  asProtobuf(
    exportRequest([{ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }]),
  )

it('a stored one as OK', async () => {
  await client.call(message(), sound())
  expect(counted).toEqual(['OK'])
})

it('one without a key as UNAUTHENTICATED', async () => {
  await client.call(message())
  expect(counted).toEqual(['UNAUTHENTICATED'])
})

it('an undecodable one as INVALID_ARGUMENT', async () => {
  await client.call(Buffer.from([0xff]), sound())
  expect(counted).toEqual(['INVALID_ARGUMENT'])
})

it('one with a broken timeout as what it is told', async () => {
  const headers = { 'content-type': 'application/grpc', 'grpc-timeout': 'soon', authorization: sound() ?? '' }
  const { grpcStatus } = await callRaw(collector.port, headers, Buffer.alloc(0))
  expect([grpcStatus, counted]).toEqual(['INVALID_ARGUMENT', ['INVALID_ARGUMENT']])
})
