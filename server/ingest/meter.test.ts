import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { IngestMeter } from '#server/ingest/meter'

test('a committed group counts once, its spans by what became of them', () => {
  const meter = new IngestMeter()
  meter.committed({ requests: 3, stored: 500, duplicates: 12, milliseconds: 20 })
  meter.committed({ requests: 1, stored: 1, duplicates: 0, milliseconds: 2 })
  expect(meter.read()).toMatchObject({ commits: 2, stored: 501, duplicates: 12 })
})

test('a value that is a bound belongs to the bucket below it, and one above all bounds to the last', () => {
  const meter = new IngestMeter()
  for (const milliseconds of [2, 2.1, 60_000]) {
    meter.committed({ requests: 1, stored: 1, duplicates: 0, milliseconds })
  }
  const { counts, sum } = meter.read().commitSeconds
  expect(counts).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  expect(sum).toBeCloseTo(60.0041, 6)
})

test('group sizes are kept in spans and in requests', () => {
  const meter = new IngestMeter()
  meter.committed({ requests: 64, stored: 60, duplicates: 4, milliseconds: 1 })
  expect(meter.read().groupSpans).toMatchObject({ counts: [0, 0, 0, 1, 0, 0, 0, 0, 0], sum: 64 })
  expect(meter.read().groupRequests).toMatchObject({ counts: [0, 0, 0, 0, 0, 0, 1, 0, 0], sum: 64 })
})

test('rejections, retries and decoding add up', () => {
  const meter = new IngestMeter()
  meter.rejected(2)
  meter.rejected(3)
  meter.retried()
  meter.decoded(1500)
  meter.decoded(500)
  expect(meter.read()).toMatchObject({ rejected: 5, retries: 1, decodeSeconds: 2 })
})

test('the request that is being decoded is told once', () => {
  const meter = new IngestMeter()
  meter.decoding(7)
  meter.decoding(null)
  meter.decoding(8)
  expect([meter.takeDecoding(), meter.takeDecoding()]).toEqual([8, null])
})

test('another thread counts in the same memory', async () => {
  const meter = new IngestMeter()
  const code = `const { workerData } = require('node:worker_threads'); new Float64Array(workerData)[0] += 7`
  const worker = new Worker(code, { eval: true, workerData: meter.memory })
  await new Promise((resolve) => worker.once('exit', resolve))
  expect(meter.read().commits).toBe(7)
})
