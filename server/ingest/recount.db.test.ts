import { asc, eq } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '#server/db/database'
import { recountTraces } from '#server/ingest/recount'
import { recountBuckets } from '#server/ingest/recount-buckets'
import { recountSessions } from '#server/ingest/recount-sessions'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'
import { WHOLE_LIFE } from '#server/projects/model'
import { LatencySketch } from '#server/sketch/latency-sketch'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { incoming, START } from '../../test/received-spans'
import { recountTrace, storedCounts } from '../../test/recount'
import { readSums } from '../../test/sums'

const HOUR = 3_600_000_000
const clock = () => new Date('2026-01-01T00:00:00Z')

let db: TestDatabase
let writers: TestDatabase[]
beforeAll(async () => {
  db = await createTestDatabase()
  writers = await Promise.all(Array.from({ length: 4 }, () => openTestDatabase(db.config)))
})
beforeEach(async () => {
  await db.write(async (tx) => void (await tx.delete(db.t.projects)))
})

async function recountAll(by: Database = db): Promise<void> {
  for (const step of [recountTraces, recountSessions]) {
    let page = await step(by, { afterId: 0, limit: 3 })
    while (page) page = await step(by, { afterId: page.lastId, limit: 3 })
  }
  for (const { id } of await by.read.select({ id: by.t.projects.id }).from(by.t.projects)) {
    await recountBuckets(by, id, { rowsPerPage: 3 })
  }
}

/** The sums of a project's hour, and of its whole life, counted in the plainest way from the traces. */
async function plainBuckets() {
  const buckets: Record<string, { traces: number; latencies: number[] }> = {}
  for (const { projectId, startTime, endTime } of await db.read.select().from(db.t.traces)) {
    for (const bucket of [Math.floor(startTime / HOUR), WHOLE_LIFE]) {
      const known = buckets[`${projectId}/${bucket}`] ?? { traces: 0, latencies: [] }
      buckets[`${projectId}/${bucket}`] = known
      known.traces += 1
      known.latencies.push(endTime - startTime)
    }
  }
  return Object.fromEntries(
    Object.entries(buckets).map(([key, { traces, latencies }]) => {
      const sketch = new LatencySketch()
      for (const latency of latencies) sketch.add(latency)
      return [key, [traces, sketch.encode().toString('hex')]]
    }),
  )
}

const span = fc.record({
  trace: fc.nat(5),
  span: fc.nat(9),
  parent: fc.option(fc.nat(9), { nil: undefined }),
  start: fc.oneof(fc.nat(1000), fc.nat(3 * HOUR)),
  end: fc.oneof(fc.nat(1000), fc.nat(4 * HOUR)),
  error: fc.boolean(),
  tokens: fc.option(fc.tuple(fc.nat(9), fc.nat(9)), { nil: undefined }),
  session: fc.option(fc.constantFrom('s', 't'), { nil: undefined }),
  project: fc.constantFrom('p', 'q'),
})

describe('the sums kept at ingest', () => {
  it('equal a recount, whatever arrives in whatever order, also twice', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(span, { minLength: 1, maxLength: 30 }), fc.nat(6), async (list, size) => {
        await db.write(async (tx) => void (await tx.delete(db.t.projects)))
        const spans = list.map((each) => incoming({ ...each, end: each.start + each.end } as never))
        for (let at = 0; at < spans.length; at += size + 1) {
          await storeSpans(db, spans.slice(at, at + size + 1), clock)
        }
        await expectSumsRight()
      }),
      { seed: 5, numRuns: 40 },
    )
  })

  it('equal a recount when four collectors store spans of the same traces at once', {
    timeout: 120_000,
  }, async () => {
    const random = fc.sample(span, { numRuns: 400, seed: 9 })
    const spans = random.map((each) => incoming({ ...each, end: each.start + each.end } as never))
    await Promise.all(
      writers.map(async (writer, w) => {
        // Half of them are the same for everybody; each takes them in an order of its own.
        const mine = spans.filter((_, n) => n % 8 < 4 || n % 4 === w)
        const turned = [...mine.slice(w * 40), ...mine.slice(0, w * 40)]
        for (let at = 0; at < turned.length; at += 9)
          await storeSpans(writer, turned.slice(at, at + 9), clock, { lane: w % 2 })
      }),
    )
    const pairs = new Set(spans.map(({ row }) => `${row.traceId} ${row.spanId}`))
    expect(await db.read.$count(db.t.spans)).toBe(pairs.size)
    await expectSumsRight()
  })

  /** Four writers store the same number of spans, a few at a time. */
  async function storeMuch(seed: number, numRuns: number): Promise<void> {
    const random = fc.sample(span, { numRuns, seed })
    const spans = random.map((each) => incoming({ ...each, end: each.start + each.end } as never))
    await Promise.all(
      writers.map(async (writer, w) => {
        const mine: IncomingSpan[] = spans.filter((_, n) => n % 4 === w)
        for (let at = 0; at < mine.length; at += 5) await storeSpans(writer, mine.slice(at, at + 5), clock)
      }),
    )
  }

  it('stay right while they are recounted', { timeout: 120_000 }, async () => {
    let isDone = false
    const storing = storeMuch(3, 300).then(() => {
      isDone = true
    })
    while (!isDone) await recountAll()
    await storing
    await expectSumsRight()
  })

  it('that were spoiled are mended by two recounts at once while spans arrive', {
    timeout: 120_000,
  }, async () => {
    await storeMuch(7, 200)
    const { traces, projectBuckets } = db.t
    await db.write(async (tx) => {
      await tx.update(traces).set({ spanCount: 9, errorCount: 4, promptTokens: 3 })
      await tx
        .update(projectBuckets)
        .set({ traceCount: 7, errorCount: -7, latencySketch: Buffer.from('000500000003', 'hex') })
    })
    const other = await openTestDatabase(db.config)
    await Promise.all([storeMuch(8, 200), recountAll(), recountAll(other)])
    await expectSumsRight()
  })
})

async function expectSumsRight(): Promise<void> {
  const kept = await readSums(db)
  for (const { id } of kept.traces) expect(await storedCounts(db, id)).toEqual(await recountTrace(db, id))
  const plain = await plainBuckets()
  const latencies = Object.entries(kept.buckets).map(([key, sums]) => {
    const list = sums as (number | string)[]
    return [key, [list[0], list.at(-1)]]
  })
  expect(Object.fromEntries(latencies)).toEqual(plain)
  await recountAll()
  expect(await readSums(db)).toEqual(kept)
}

describe('a recount', () => {
  const spans = () => [
    incoming({ trace: 1, span: 1, end: 500, session: 's', tokens: [1, 2] }),
    incoming({ trace: 1, span: 2, parent: 1, error: true, session: 's' }),
    incoming({ trace: 2, span: 3, start: HOUR, end: HOUR + 70, session: 's' }),
  ]

  it('mends every sum', async () => {
    await storeSpans(db, spans(), clock)
    const right = await readSums(db)
    const { traces, projectSessions, spanRollups, projectBuckets } = db.t
    await db.write(async (tx) => {
      await tx
        .update(traces)
        .set({ spanCount: 7, errorCount: 7, promptTokens: 7, rootSpanRowId: null, endTime: 1 })
      await tx.update(projectSessions).set({ traceCount: 7, spanCount: 7, completionTokens: 7, startTime: 1 })
      await tx.update(spanRollups).set({ cumulativeErrorCount: 7 })
      await tx.update(projectBuckets).set({ traceCount: 7, errorCount: -7, latencySketch: Buffer.alloc(0) })
    })
    await recountAll()
    expect(await readSums(db)).toEqual(right)
  })

  it('makes sums that are missing', async () => {
    await storeSpans(db, spans(), clock)
    const right = await readSums(db)
    await db.write(async (tx) => {
      await tx.delete(db.t.spanRollups)
      await tx.delete(db.t.projectBuckets)
    })
    await recountAll()
    expect(await readSums(db)).toEqual(right)
  })

  it('leaves no row for an hour without traces', async () => {
    await storeSpans(db, spans(), clock)
    const { traces, projectBuckets } = db.t
    await db.write(async (tx) => void (await tx.delete(traces).where(eq(traces.startTime, START + HOUR))))
    await recountAll()
    const rows = await db.read.select().from(projectBuckets).orderBy(asc(projectBuckets.bucket))
    expect(new Set(rows.map((row) => row.bucket))).toEqual(new Set([WHOLE_LIFE, Math.floor(START / HOUR)]))
  })

  it('leaves no row for a project without traces', async () => {
    await storeSpans(db, spans(), clock)
    await db.write(async (tx) => void (await tx.delete(db.t.traces)))
    await recountAll()
    expect(await db.read.select().from(db.t.projectBuckets)).toEqual([])
  })

  it('writes nothing where the hours are right', async () => {
    await storeSpans(db, spans(), clock)
    const write = () => Promise.reject(new Error('written'))
    for (const { id } of await db.read.select().from(db.t.projects)) {
      await recountBuckets({ ...db, write }, id)
    }
  })

  it('counts traces that begin at the same moment once each, whatever the page', async () => {
    await storeSpans(
      db,
      Array.from({ length: 7 }, (_, trace) => incoming({ trace, span: 1 })),
      clock,
    )
    const right = await readSums(db)
    await db.write(async (tx) => void (await tx.delete(db.t.projectBuckets)))
    const [project] = await db.read.select().from(db.t.projects)
    const pages: number[] = []
    await recountBuckets(db, project?.id ?? 0, {
      rowsPerPage: 3,
      onCounted: (traces) => void pages.push(traces),
    })
    expect(pages).toEqual([3, 3, 1])
    expect(await readSums(db)).toEqual(right)
  })

  /** Four traces, whose sums are spoiled then. @returns the project's row id */
  async function spoil(): Promise<number> {
    const four = [0, 1, 2, 3].map((trace) => incoming({ trace, span: 0 }))
    await storeSpans(db, four, clock)
    const spoiled = { traceCount: 7, errorCount: -7, latencySketch: Buffer.from('000500000003', 'hex') }
    await db.write((tx) => tx.update(db.t.projectBuckets).set(spoiled))
    const [project] = await db.read.select().from(db.t.projects)
    return project?.id ?? 0
  }

  it('is right though traces grow, move to another hour and appear between its pages', async () => {
    const projectId = await spoil()
    let pages = 0
    const onCounted = async () => {
      pages += 1
      if (pages > 2) return
      const span = { span: pages, end: pages * 500, error: true }
      const grown = [0, 3, 3 + pages].map((trace) => incoming({ trace, ...span }))
      const moved = incoming({ trace: pages, span: pages, start: -HOUR })
      await storeSpans(writers[0] as TestDatabase, [...grown, moved], clock)
    }
    await recountBuckets(db, projectId, { rowsPerPage: 2, onCounted })
    expect(pages).toBeGreaterThan(2)
    await expectSumsRight()
  })

  it('is right when another one comes in between its look and its change', async () => {
    const projectId = await spoil()
    const other = writers[0] as TestDatabase
    const snapshot: Database['snapshot'] = async (work) => {
      const seen = await db.snapshot(work)
      await recountBuckets(other, projectId)
      return seen
    }
    await recountBuckets({ ...db, snapshot }, projectId)
    await expectSumsRight()
  })

  it('mends a sketch that nobody can read', async () => {
    await storeSpans(db, spans(), clock)
    const right = await readSums(db)
    await db.write((tx) => tx.update(db.t.projectBuckets).set({ latencySketch: Buffer.alloc(5) }))
    await expect(storeSpans(db, [incoming({ trace: 1, span: 9 })], clock)).rejects.toThrow(RangeError)
    await recountAll()
    expect(await readSums(db)).toEqual(right)
  })

  it('counts no more spans, or traces of sessions, in a transaction than it is told, but one row', async () => {
    // Traces of 2, 1, 3, 1 and 1 spans; sessions of 1, 2 and 2 of these.
    const sizes = [2, 1, 3, 1, 1]
    const sessions = ['a', 'b', 'b', 'c', 'c']
    for (const [trace, size] of sizes.entries()) {
      const list = Array.from({ length: size }, (_, n) =>
        incoming({ trace, span: n, session: sessions[trace] as string }),
      )
      await storeSpans(db, list, clock)
    }
    const counting = async (step: typeof recountTraces, membersPerWrite: number) => {
      let writes = 0
      const write: Database['write'] = (work, options) => {
        writes += 1
        return db.write(work, options)
      }
      const page = await step({ ...db, write }, { afterId: 0, limit: 9, membersPerWrite })
      return [page?.rows, writes]
    }
    expect(await counting(recountTraces, 2)).toEqual([5, 4])
    expect(await counting(recountTraces, 100)).toEqual([5, 1])
    expect(await counting(recountSessions, 3)).toEqual([3, 2])
  })

  it('of a trace whose spans are gone counts nothing and keeps its times', async () => {
    await storeSpans(db, spans(), clock)
    await db.write(async (tx) => void (await tx.delete(db.t.spans)))
    await recountAll()
    const rows = await db.read.select().from(db.t.traces).orderBy(asc(db.t.traces.traceId))
    expect(rows).toMatchObject([
      { spanCount: 0, errorCount: 0, rootSpanRowId: null, startTime: START, endTime: START + 500 },
      { spanCount: 0, errorCount: 0, rootSpanRowId: null, startTime: START + HOUR },
    ])
  })
})
