import { expect, it } from 'vitest'
import { IngestPipeline } from '#server/ingest/pipeline'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { recountTrace, storedCounts } from '../../test/recount'
import { makeSharedLoad } from '../../test/shared-load'

/** What one collector has inside: a pipeline with a database of its own. */
function openCollector(db: TestDatabase, troubles: unknown[]) {
  const results = new Map<number, (failure: unknown) => void>()
  const pipeline = new IngestPipeline({
    db,
    maxInflatedBytes: 10_000_000,
    maxQueuedSpans: 20_000,
    clock: () => new Date(),
    onDecoded: () => {},
    onDone: (id, { rejected }) => results.get(id)?.(rejected === 0 ? null : `${rejected} rejected`),
    onFailed: (id, error) => results.get(id)?.(error),
    onTrouble: (error) => void troubles.push(error),
  })
  const send = (id: number, body: Buffer) =>
    new Promise<unknown>((resolve) => {
      results.set(id, resolve)
      pipeline.add(id, { body, encoding: 'protobuf', coding: 'identity', projectName: null }, new Date())
    })
  return { pipeline, send }
}

it('four collectors that get spans of the same traces at once store each once, without an error', {
  timeout: 60_000,
}, async () => {
  const db = await createTestDatabase()
  const dbs = await Promise.all(Array.from({ length: 4 }, () => openTestDatabase(db.config)))
  const troubles: unknown[] = []
  const collectors = dbs.map((each) => openCollector(each, troubles))
  const { requestsFor, spans, traces } = makeSharedLoad()
  const answers = await Promise.all(
    collectors.map(({ send }, index) =>
      Promise.all(requestsFor(index).map((body, request) => send(index * 1000 + request, body))),
    ),
  )
  await Promise.all(collectors.map(({ pipeline }) => pipeline.drain()))
  expect(answers.flat().filter((failure) => failure !== null)).toEqual([])
  expect(troubles).toEqual([])
  expect(await db.read.$count(db.t.spans)).toBe(spans)
  const rows = await db.read.select({ id: db.t.traces.id }).from(db.t.traces)
  expect(rows).toHaveLength(traces)
  for (const { id } of rows) expect(await storedCounts(db, id)).toEqual(await recountTrace(db, id))
})
