import { beforeEach, describe, expect, test } from 'vitest'
import { type ReindexProgress, reindex } from '#server/ingest/reindex'
import { storeSpans } from '#server/ingest/store'
import { createTestDatabase, type TestDatabase } from '../../test/database'
import { incoming } from '../../test/received-spans'
import { readSums } from '../../test/sums'

let db: TestDatabase
const clock = () => new Date()
const HOUR = 3_600_000_000

beforeEach(async () => {
  db = await createTestDatabase()
  // More traces than a page holds, in two projects, with children, errors and sessions.
  const spans = Array.from({ length: 500 }, (_, index) => {
    const trace = Math.floor(index / 2)
    const isChild = index % 2 === 1
    return incoming({
      ...{
        trace,
        span: isChild ? 2 : 1,
        start: (trace % 5) * HOUR,
        end: (trace % 5) * HOUR + trace * 1000 + 5,
      },
      ...(isChild ? { parent: 1, error: trace % 3 === 0, tokens: [trace, 1] as [number, number] } : {}),
      ...(trace % 2 === 0 ? { session: `s${trace % 7}` } : {}),
      project: trace % 5 === 0 ? 'few' : 'many',
    })
  })
  await storeSpans(db, spans, clock)
})

describe('a reindex', () => {
  test.each(['traces', 'spanRollups', 'projectSessions', 'projectBuckets'] as const)(
    'mends %s that were spoiled by hand',
    async (table) => {
      const right = await readSums(db)
      await db.write((tx) => tx.update(db.t[table]).set(SPOILED[table]))
      expect(await readSums(db)).not.toEqual(right)
      await reindex(db)
      expect(await readSums(db)).toEqual(right)
    },
  )

  test.each(['spanRollups', 'projectBuckets'] as const)('makes rows of %s that are gone', async (table) => {
    const right = await readSums(db)
    await db.write((tx) => tx.delete(db.t[table]))
    await reindex(db)
    expect(await readSums(db)).toEqual(right)
  })

  test('changes nothing where all is right', async () => {
    const right = await readSums(db)
    expect(await reindex(db)).toEqual({ traces: 250, sessions: 7, projects: 2 })
    expect(await readSums(db)).toEqual(right)
  })

  test('that is cut short leaves right sums behind it, and the next one does the rest', async () => {
    const right = await readSums(db)
    await db.write((tx) => tx.update(db.t.traces).set(SPOILED.traces))
    const cut = reindex(db, ({ done }) => {
      if (done > 0) throw new Error('cut')
    })
    await expect(cut).rejects.toThrow('cut')
    const [first] = (await readSums(db)).traces
    expect(first).toEqual(right.traces[0])
    await reindex(db)
    expect(await readSums(db)).toEqual(right)
  })

  test('tells how far it is', async () => {
    const told: ReindexProgress[] = []
    await reindex(db, (progress) => told.push(progress))
    const of = (step: string) => told.filter((progress) => progress.step === step).map(({ done }) => done)
    expect(of('traces')).toEqual([0, 200, 250, 250])
    expect(of('sessions')).toEqual([0, 7, 7])
    // 50 traces in each of five hours.
    expect(of('traces by project')).toEqual([0, 50, 100, 150, 200, 250, 250])
    expect(told.map(({ step }) => step)).toEqual([
      ...Array(4).fill('traces'),
      ...Array(3).fill('sessions'),
      ...Array(7).fill('traces by project'),
    ])
  })

  test('of an empty database has nothing to do', async () => {
    const empty = await createTestDatabase()
    expect(await reindex(empty)).toEqual({ traces: 0, sessions: 0, projects: 0 })
  })
})

const SPOILED = {
  traces: { spanCount: 7, errorCount: 7, promptTokens: 7, completionTokens: 7, rootSpanRowId: null },
  spanRollups: {
    cumulativeErrorCount: 7,
    cumulativeLlmTokenCountPrompt: 7,
    cumulativeLlmTokenCountCompletion: 7,
  },
  projectSessions: { traceCount: 7, spanCount: 7, errorCount: 7, promptTokens: 7, completionTokens: 7 },
  projectBuckets: { traceCount: 7, spanCount: -7, latencySketch: Buffer.alloc(0) },
} as const
