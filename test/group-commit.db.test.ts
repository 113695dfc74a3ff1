/** Exporters that send single spans share commits. Counted, not timed: `npm run bench -- single` measures. */
import { expect, it } from 'vitest'
import type { Database } from '#server/db/database'
import { IngestPipeline } from '#server/ingest/pipeline'
import { createTestDatabase } from './database'
import { asProtobuf, exportRequest } from './otlp'
import { spanIdOf, traceIdOf } from './received-spans'

const EXPORTERS = 64
const REQUESTS_EACH = 20

it('64 exporters that send single spans make a commit for ten requests at most', async () => {
  const db = await createTestDatabase()
  let commits = 0
  const write: Database['write'] = async (work) => {
    const result = await db.write(work)
    commits += 1
    return result
  }
  const answered = new Map<number, () => void>()
  const failures: unknown[] = []
  const pipeline = new IngestPipeline({
    db: { ...db, write },
    maxInflatedBytes: 1_000_000,
    maxQueuedSpans: 20_000,
    clock: () => new Date(),
    onDecoded: () => {},
    onDone: (id) => answered.get(id)?.(),
    onFailed: (id, error) => {
      failures.push(error)
      answered.get(id)?.()
    },
    onTrouble: (error) => void failures.push(error),
  })
  const runExporter = async (exporter: number) => {
    for (let index = 0; index < REQUESTS_EACH; index++) {
      const id = exporter * REQUESTS_EACH + index
      const span = { traceId: traceIdOf(id + 1), spanId: spanIdOf(id + 1), name: 'single' }
      const body = asProtobuf(exportRequest([span]))
      const request = { body, encoding: 'protobuf', coding: 'identity', projectName: null } as const
      await new Promise<void>((resolve) => {
        answered.set(id, resolve)
        pipeline.add(id, request, new Date())
      })
      // As over a network, the next request does not come in the same breath as the answer.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
    }
  }
  await Promise.all(Array.from({ length: EXPORTERS }, (_, exporter) => runExporter(exporter)))
  await pipeline.drain()
  expect(failures).toEqual([])
  expect(await db.read.$count(db.t.spans)).toBe(EXPORTERS * REQUESTS_EACH)
  expect(commits).toBeLessThanOrEqual((EXPORTERS * REQUESTS_EACH) / 10)
})
