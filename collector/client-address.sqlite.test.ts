/** Whose call it was, behind a proxy in front of the gRPC port. */
import { desc } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { settleBackground } from '#server/audit/background'
import { callRaw, frame } from '../test/grpc'
import { createTestRuntime, type TestRuntime } from '../test/runtime'
import { startCollector } from './server'

let runtime: TestRuntime
const collectors: Awaited<ReturnType<typeof startCollector>>[] = []

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { server: { grpcPort: 0 } } })
})
afterAll(async () => {
  for (const collector of collectors) await collector.stop(500)
})

/** The port of a collector that believes the proxies at these addresses. */
async function portTrusting(...forwardedAllowIps: string[]): Promise<number> {
  const { config } = runtime
  const server = { ...config.server, forwardedAllowIps, otlpHttp: { port: 0, chosen: false } }
  const collector = await startCollector({ ...runtime, config: { ...config, server } })
  collectors.push(collector)
  return collector.port as number
}

/** The address on record of a call with a wrong key and these headers. */
async function recorded(port: number, headers: Record<string, string>): Promise<string | null | undefined> {
  const fixed = { 'content-type': 'application/grpc', authorization: 'Bearer wrong' }
  const answer = await callRaw(port, { ...fixed, ...headers }, frame(new Uint8Array()))
  expect(answer.grpcStatus).toBe('UNAUTHENTICATED')
  await settleBackground(runtime.db)
  const { auditEvents: t } = runtime.db.t
  const [last] = await runtime.db.read.select({ address: t.address }).from(t).orderBy(desc(t.id)).limit(1)
  return last?.address
}

it('is read from what a trusted proxy forwards', async () => {
  const port = await portTrusting('127.0.0.1')
  expect(await recorded(port, { 'x-forwarded-for': '203.0.113.7' })).toBe('203.0.113.7')
  expect(await recorded(port, { 'x-forwarded-for': '198.51.100.1, 203.0.113.8' })).toBe('203.0.113.8')
  expect(await recorded(port, {})).toBe('127.0.0.1')
})

it('is the address of the connection where nobody is trusted to forward', async () => {
  const port = await portTrusting()
  expect(await recorded(port, { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' })).toBe(
    '127.0.0.1',
  )
})
