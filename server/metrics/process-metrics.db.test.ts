import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAuditHead } from '#server/audit/head'
import { hashQueue } from '#server/auth/hash-queue'
import { openDatabase } from '#server/db/open'
import { startIngest } from '#server/ingest/start'
import type { IngestThread } from '#server/ingest/thread'
import type { ProcessMetrics } from '#server/metrics/model'
import { createProcessMetrics } from '#server/metrics/process-metrics'
import { asProtobuf, exportRequest, type JsonSpan } from '../../test/otlp'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime
let ingest: IngestThread
let metrics: ProcessMetrics

beforeAll(async () => {
  runtime = await createTestRuntime()
  ingest = await startIngest(runtime.config, pino({ level: 'silent' }))
  metrics = createProcessMetrics({
    process: 'collector',
    ingest: () => ingest.stats(),
    pool: () => null,
    writesWaiting: () => 3,
    auditHead: () => ({ count: 7, hash: 'ab'.repeat(32) }),
  })
})
afterAll(() => ingest.drain())

const send = (...spans: JsonSpan[]) =>
  ingest.submit({
    body: asProtobuf(exportRequest(spans)),
    encoding: 'protobuf',
    coding: 'identity',
    projectName: null,
  })
const span = (spanId: string) => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId, name: 'x' })
/** The samples of these metrics, without the label that all have. */
async function samples(pattern: RegExp): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines
    .filter((line) => pattern.test(line) && !line.startsWith('#'))
    .map((line) => line.replace(/,?process="collector"/, '').replace('{}', ''))
}

test('spans are counted by what became of them, commits by their number', async () => {
  await send(span('b7ad6b7169203331'), span('00f067aa0ba902b7'))
  await send(span('b7ad6b7169203331'), { ...span('00'), name: 'no id' })
  await send({ traceId: '00' }).catch(() => {})
  await ingest
    .submit({ body: Buffer.from('zz'), encoding: 'json', coding: 'identity', projectName: null })
    .catch(() => {})
  expect(await samples(/^bennu_ingest_(spans|commits|requests|retries)_total/)).toEqual([
    'bennu_ingest_requests_total{outcome="stored"} 3',
    'bennu_ingest_requests_total{outcome="undecodable"} 1',
    'bennu_ingest_spans_total{result="stored"} 2',
    'bennu_ingest_spans_total{result="duplicate"} 1',
    'bennu_ingest_spans_total{result="rejected"} 2',
    'bennu_ingest_commits_total 2',
    'bennu_ingest_retries_total 0',
  ])
  expect(await samples(/^bennu_ingest_commit_(duration_seconds|spans|requests)_count/)).toEqual([
    'bennu_ingest_commit_duration_seconds_count 2',
    'bennu_ingest_commit_spans_count 2',
    'bennu_ingest_commit_requests_count 2',
  ])
  expect(await samples(/^bennu_ingest_commit_spans_sum/)).toEqual(['bennu_ingest_commit_spans_sum 3'])
})

test('what is in flight shows while it is', async () => {
  const place = ingest.reserve()
  place.grow(1234)
  expect(await samples(/^bennu_ingest_queue/)).toEqual([
    'bennu_ingest_queue_requests 1',
    'bennu_ingest_queue_spans 0',
    'bennu_ingest_queue_bytes 1234',
  ])
  place.release()
})

test('requests are counted by class of path and status, calls by code', async () => {
  metrics.countHttp({ route: 'otlp', status: 200, seconds: 0.002 })
  metrics.countHttp({ route: 'otlp', status: 200, seconds: 0.002 })
  metrics.countHttp({ route: 'pages', status: 404, seconds: 0.002 })
  metrics.countGrpc('UNAVAILABLE')
  expect(await samples(/^bennu_(http|grpc)_requests_total/)).toEqual([
    'bennu_http_requests_total{route="otlp",status="200"} 2',
    'bennu_http_requests_total{route="pages",status="404"} 1',
    'bennu_grpc_requests_total{code="UNAVAILABLE"} 1',
  ])
})

test('the worker tells how long it was at work, and nothing is old when nothing waits', async () => {
  const [busy] = await samples(/^bennu_ingest_worker_busy_seconds_total/)
  expect(Number(busy?.split(' ')[1])).toBeGreaterThan(0)
  expect(await samples(/^bennu_ingest_oldest_request_seconds/)).toEqual([
    'bennu_ingest_oldest_request_seconds 0',
  ])
})

test('transactions and passwords that wait are told', async () => {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const hashes = ['a', 'b', 'c'].map((client) => hashQueue().run(client, () => gate))
  expect(await samples(/_waiting\{/)).toEqual([
    'bennu_sqlite_writes_waiting 3',
    'bennu_password_hashes_waiting 1',
  ])
  open()
  await Promise.all(hashes)
})

test('the audit head is told by its length and the beginning of its hash', async () => {
  expect(await samples(/^bennu_audit/)).toEqual([
    'bennu_audit_entries 7',
    'bennu_audit_head_info{hash="abababababababab"} 1',
  ])
  expect(await readAuditHead(runtime.db)).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
})

test('a pool tells its connections where there is one', async () => {
  const db = await openDatabase(runtime.db.config)
  await db.ping()
  const withPool = createProcessMetrics({
    process: 'web',
    ingest: () => ingest.stats(),
    pool: () => db.pool?.() ?? null,
    writesWaiting: () => null,
    auditHead: () => null,
  })
  const text = await withPool.text()
  await db.close()
  const found = /^bennu_database_connections\{pool="serving",state="idle",process="web"\} 1$/m.test(text)
  expect(found).toBe(runtime.db.config.dialect === 'postgres')
})
