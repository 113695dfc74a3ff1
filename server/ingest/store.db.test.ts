import { asc, eq } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type IncomingSpan, storeSpans } from '#server/ingest/store'
import { loadStoredSpans } from '#server/ingest/stored-spans'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../../test/database'
import { incoming, START, spanIdOf, traceIdOf } from '../../test/received-spans'
import { recountTrace, storedCounts } from '../../test/recount'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
beforeEach(async () => {
  await db.write(async (tx) => {
    await tx.delete(db.t.projects)
  })
})

const clock = () => new Date('2026-01-01T00:00:00Z')
const store = (...spans: IncomingSpan[]) => storeSpans(db, spans, clock)
const traceRows = () => db.read.select().from(db.t.traces).orderBy(asc(db.t.traces.traceId))
const spanRows = () => db.read.select().from(db.t.spans).orderBy(asc(db.t.spans.id))
const sessionRows = () =>
  db.read.select().from(db.t.projectSessions).orderBy(asc(db.t.projectSessions.sessionId))
const projectNames = async () =>
  (await db.read.select().from(db.t.projects).orderBy(asc(db.t.projects.name))).map((row) => row.name)

async function onlyTrace() {
  const rows = await traceRows()
  expect(rows).toHaveLength(1)
  return rows[0] as (typeof rows)[number]
}

async function projectOf(trace: number): Promise<string | undefined> {
  const { traces, projects } = db.t
  const [row] = await db.read
    .select({ name: projects.name })
    .from(traces)
    .innerJoin(projects, eq(projects.id, traces.projectId))
    .where(eq(traces.traceId, traceIdOf(trace)))
  return row?.name
}

describe('a stored span', () => {
  it('has every column of its row, and its trace’s project', async () => {
    const span = incoming({ span: 1, parent: 0, start: 5, end: 25, error: true, tokens: [3, 4], name: 'n' })
    expect(await store(span)).toBe(1)
    const [row] = await spanRows()
    const trace = await onlyTrace()
    const { traceId: _traceId, ...columns } = span.row
    expect(row).toEqual({
      ...columns,
      id: expect.any(Number),
      traceRowId: trace.id,
      projectId: trace.projectId,
      // PostgreSQL writes JSON its own way.
      attributes: expect.stringMatching(/^\{\s*\}$/),
      events: expect.stringMatching(/^\[\s*\]$/),
    })
  })

  it('stays as it came first when it comes again', async () => {
    await store(incoming({ span: 1, name: 'first' }))
    expect(await store(incoming({ span: 1, name: 'second' }))).toBe(0)
    expect((await spanRows()).map((row) => row.name)).toEqual(['first'])
  })

  it('stays as it came first when it comes twice at once', async () => {
    expect(await store(incoming({ span: 1, name: 'first' }), incoming({ span: 1, name: 'second' }))).toBe(1)
    expect((await spanRows()).map((row) => row.name)).toEqual(['first'])
  })

  it('widens and counts nothing when it comes again', async () => {
    await store(incoming({ span: 1, start: 10, end: 20 }))
    const before = await onlyTrace()
    await store(incoming({ span: 1, start: 0, end: 99, error: true, tokens: [1, 1], session: 's' }))
    expect(await onlyTrace()).toEqual(before)
    expect(await sessionRows()).toEqual([])
  })

  it('widens nothing when it comes twice at once', async () => {
    await store(incoming({ span: 1, start: 5, end: 10 }), incoming({ span: 1, start: 0, end: 99 }))
    expect(await onlyTrace()).toMatchObject({ startTime: START + 5, endTime: START + 10, spanCount: 1 })
  })

  it('is another span in another trace', async () => {
    await store(incoming({ trace: 0, span: 1 }), incoming({ trace: 1, span: 1 }))
    expect((await spanRows()).map((row) => row.spanId)).toEqual([spanIdOf(1), spanIdOf(1)])
    expect((await traceRows()).map((row) => row.spanCount)).toEqual([1, 1])
  })
})

describe('a trace', () => {
  it('spans from the earliest start to the latest end', async () => {
    await store(incoming({ span: 1, start: 50, end: 60 }))
    await store(incoming({ span: 2, start: 10, end: 20 }), incoming({ span: 3, start: 55, end: 99 }))
    const trace = await onlyTrace()
    expect([trace.startTime - START, trace.endTime - START]).toEqual([10, 99])
  })

  it('counts spans, errors and tokens', async () => {
    await store(incoming({ span: 1, error: true, tokens: [10, 1] }))
    await store(incoming({ span: 2, parent: 1, tokens: [20, 2] }), incoming({ span: 3, error: true }))
    expect(await onlyTrace()).toMatchObject({
      spanCount: 3,
      errorCount: 2,
      promptTokens: 30,
      completionTokens: 3,
    })
  })

  it('is represented by its earliest span without a stored parent', async () => {
    const rootName = async () => {
      const { rootSpanRowId } = await onlyTrace()
      return (await spanRows()).find((row) => row.id === rootSpanRowId)?.name
    }
    await store(incoming({ span: 3, parent: 2, start: 30 }))
    expect(await rootName()).toBe('span 3')
    await store(incoming({ span: 2, parent: 1, start: 20 }), incoming({ span: 5, parent: 9, start: 25 }))
    expect(await rootName()).toBe('span 2')
    await store(incoming({ span: 1, start: 10 }))
    expect(await rootName()).toBe('span 1')
  })
})

describe('a span’s sum over everything below it', () => {
  const errorsOf = async () => {
    const { id } = await onlyTrace()
    const { totals } = await storedCounts(db, id)
    return Object.fromEntries(
      Object.entries(totals).map(([spanId, [errors]]) => [Number(`0x${spanId}`) - 1, errors]),
    )
  }

  it('includes children that were there before it', async () => {
    await store(incoming({ span: 2, parent: 1, error: true }), incoming({ span: 3, parent: 1, error: true }))
    await store(incoming({ span: 1, error: true }))
    expect(await errorsOf()).toEqual({ 1: 3, 2: 1, 3: 1 })
  })

  it('includes children that come later, on every level', async () => {
    await store(incoming({ span: 1 }), incoming({ span: 2, parent: 1 }))
    await store(incoming({ span: 3, parent: 2, error: true }))
    expect(await errorsOf()).toEqual({ 1: 1, 2: 1, 3: 1 })
  })

  it('is joined when the link between two halves arrives', async () => {
    await store(incoming({ span: 1 }), incoming({ span: 3, parent: 2, error: true }))
    expect(await errorsOf()).toEqual({ 1: 0, 3: 1 })
    await store(incoming({ span: 2, parent: 1, error: true }))
    expect(await errorsOf()).toEqual({ 1: 2, 2: 2, 3: 1 })
  })

  it('counts a span that is its own parent as a root', async () => {
    await store(incoming({ span: 1, parent: 1, error: true }))
    expect(await errorsOf()).toEqual({ 1: 1 })
    expect(await onlyTrace()).toMatchObject({ rootSpanRowId: expect.any(Number) })
  })

  it('ends at the span that closes a cycle', async () => {
    await store(incoming({ span: 1, parent: 3, error: true }))
    await store(incoming({ span: 2, parent: 1, error: true }))
    await store(incoming({ span: 3, parent: 2, error: true }), incoming({ span: 4, parent: 3, error: true }))
    // 3 came last and counts as the root: 1 is below it, 2 below 1.
    expect(await errorsOf()).toEqual({ 1: 2, 2: 1, 3: 4, 4: 1 })
    const { rootSpanRowId } = await onlyTrace()
    expect((await spanRows()).find((row) => row.id === rootSpanRowId)?.spanId).toBe(spanIdOf(3))
  })

  it('is right for a chain of five thousand spans', async () => {
    const chain = Array.from({ length: 5000 }, (_, n) =>
      incoming({ span: n, ...(n > 0 && { parent: n - 1 }), error: n === 4999 }),
    )
    await store(...chain.slice(0, 2500))
    await store(...chain.slice(2500))
    const errors = await errorsOf()
    expect([errors[0], errors[2499], errors[4999]]).toEqual([1, 1, 1])
    expect(await onlyTrace()).toMatchObject({ spanCount: 5000, errorCount: 1 })
  })

  it.each([
    ['read whole', 1000],
    ['of which only what is touched is read', 0],
  ])(
    'equals a recount on any graph, whatever the order and grouping of arrival, of a trace %s',
    {
      timeout: 120_000,
    },
    async (_what, wholeTraceSpans) => {
      const size = 9
      const span = (ids: fc.Arbitrary<number>) =>
        fc.record({
          trace: fc.integer({ min: 0, max: 1 }),
          span: ids,
          // Any other span, itself included, or one that never comes: trees, orphans and cycles.
          parent: fc.option(fc.integer({ min: 0, max: size + 2 }), { nil: undefined, freq: 4 }),
          start: fc.integer({ min: 0, max: 50 }),
          error: fc.boolean(),
          tokens: fc.option(fc.tuple(fc.nat(100), fc.nat(100)), { nil: undefined }),
        })
      const arrival = fc
        // Each span once, and some again that say something else.
        .tuple(
          ...Array.from({ length: size + 3 }, (_, n) => span(n < size ? fc.constant(n) : fc.nat(size - 1))),
        )
        .chain((spans) =>
          fc.tuple(fc.shuffledSubarray(spans, { minLength: 1 }), fc.array(fc.integer({ min: 1, max: 4 }))),
        )
      await fc.assert(
        fc.asyncProperty(arrival, async ([spans, sizes]) => {
          await db.write(async (tx) => {
            await tx.delete(db.t.traces)
          })
          const rest = spans.map((each) => incoming(each as Parameters<typeof incoming>[0]))
          for (const groupSize of [...sizes, rest.length]) {
            await storeSpans(db, rest.splice(0, groupSize), clock, { wholeTraceSpans })
          }
          for (const { id } of await traceRows()) {
            expect(await storedCounts(db, id)).toEqual(await recountTrace(db, id))
          }
        }),
        { seed: 11, numRuns: 150 },
      )
    },
  )
})

describe('a large trace', () => {
  const readFor = async (...rows: { spanId: string; parentId: string | null; startTime: number }[]) => {
    const [trace] = await traceRows()
    const { errorCount, promptTokens, completionTokens, ...rest } = trace as NonNullable<typeof trace>
    const counts = { errors: errorCount, promptTokens, completionTokens }
    const context = { tx: db.read, db, now: clock(), lane: 0 }
    const state = { ...rest, counts }
    const { traceId } = state
    const loaded = await loadStoredSpans(context, new Map([[traceId, state]]), [{ traceId, rows }], 0)
    const { spans, known, below } = loaded.get(state.id) as NonNullable<ReturnType<(typeof loaded)['get']>>
    return {
      spans: spans.map((span) => span.spanId).sort(),
      known: [...known],
      below: Object.fromEntries(below),
    }
  }
  const arriving = (span: number, parent: number | null, start: number) => ({
    spanId: spanIdOf(span),
    parentId: parent === null ? null : spanIdOf(parent),
    startTime: START + start,
  })

  it('is read where a batch touches it: its root, and what is above a new span', async () => {
    const others = Array.from({ length: 50 }, (_, n) => incoming({ span: 100 + n, parent: 1, start: 9 }))
    await store(
      incoming({ span: 1 }),
      incoming({ span: 2, parent: 1, start: 1 }),
      incoming({ span: 3, parent: 2, start: 2 }),
      incoming({ span: 4, parent: 9, start: 3, error: true }),
      incoming({ span: 5, parent: 4, start: 4, tokens: [3, 4] }),
      ...others,
    )
    expect(await readFor(arriving(9, 3, 5), arriving(120, null, 5))).toEqual({
      spans: [1, 2, 3].map(spanIdOf),
      known: [spanIdOf(120)],
      below: { [spanIdOf(9)]: { errors: 1, promptTokens: 3, completionTokens: 4 } },
    })
  })

  const orphans = () =>
    store(
      incoming({ span: 1, parent: 7 }),
      incoming({ span: 2, parent: 7, start: 1 }),
      incoming({ span: 3, parent: 8, start: 2 }),
      incoming({ span: 4, parent: 3, start: 1 }),
    )

  it('is asked for another root when its root gets a parent that started later', async () => {
    await orphans()
    expect((await readFor(arriving(7, null, 5))).spans).toEqual([1, 3].map(spanIdOf))
  })

  it('is not asked for another root when its root gets a parent that started earlier', async () => {
    await orphans()
    expect((await readFor(arriving(7, null, -1))).spans).toEqual([spanIdOf(1)])
  })

  it('finds a root that closed a circle of parents', async () => {
    await store(incoming({ span: 1, parent: 7 }))
    await store(incoming({ span: 2, parent: 3, start: 5 }))
    await store(incoming({ span: 3, parent: 2, start: 4 }))
    expect((await readFor(arriving(7, null, 9))).spans).toEqual([1, 2, 3].map(spanIdOf))
    await storeSpans(db, [incoming({ span: 7, start: 9 })], clock, { wholeTraceSpans: 0 })
    const { rootSpanRowId } = await onlyTrace()
    expect((await spanRows()).find((row) => row.id === rootSpanRowId)?.spanId).toBe(spanIdOf(3))
  })

  it.each(['from the top', 'from the bottom', 'from the middle'])(
    'that is one chain of five thousand has the sums of a recount when it grows %s',
    { timeout: 120_000 },
    async (way) => {
      const size = 5000
      const chain = Array.from({ length: size }, (_, n) =>
        incoming({
          span: n,
          ...(n > 0 && { parent: n - 1 }),
          start: n % 7,
          tokens: [1, n % 3],
          error: n % 5 === 0,
        }),
      )
      const parts = Array.from({ length: 5 }, (_, n) => chain.slice(n * 1000, (n + 1) * 1000))
      const order = { 'from the top': [0, 1, 2, 3, 4], 'from the bottom': [4, 3, 2, 1, 0] }[way] ?? [
        3, 0, 4, 1, 2,
      ]
      for (const n of order) await storeSpans(db, parts[n] ?? [], clock, { wholeTraceSpans: 0 })
      const trace = await onlyTrace()
      const { totals, rootSpanId } = await storedCounts(db, trace.id)
      const sums = chain.map(() => [0, 0, 0])
      for (let n = size - 1, errors = 0, prompt = 0, completion = 0; n >= 0; n--) {
        errors += n % 5 === 0 ? 1 : 0
        prompt += 1
        completion += n % 3
        sums[n] = [errors, prompt, completion]
      }
      expect(totals).toEqual(Object.fromEntries(sums.map((sum, n) => [spanIdOf(n), sum])))
      expect([rootSpanId, trace.spanCount]).toEqual([spanIdOf(0), size])
    },
  )

  it('that is one circle of two thousand is counted once', { timeout: 60_000 }, async () => {
    const circle = Array.from({ length: 2000 }, (_, n) =>
      incoming({ span: n, parent: (n + 1999) % 2000, tokens: [1, 0] }),
    )
    for (let at = 0; at < 2000; at += 500)
      await storeSpans(db, circle.slice(at, at + 500), clock, { wholeTraceSpans: 0 })
    await storeSpans(db, [incoming({ span: 3000, parent: 700, tokens: [5, 0] })], clock, {
      wholeTraceSpans: 0,
    })
    const { totals, rootSpanId } = await storedCounts(db, (await onlyTrace()).id)
    expect(rootSpanId).toBe(spanIdOf(1999))
    const promptAt = (n: number) => totals[spanIdOf(n)]?.[1]
    // The last closes the circle and is above all others; the first lies right below it.
    expect([1999, 0, 700, 701, 1998].map(promptAt)).toEqual([2005, 2004, 1304, 1298, 1])
  })
})

describe('the project of a trace', () => {
  it('is made when it is unknown', async () => {
    await store(incoming({ span: 1, project: 'new one' }))
    expect(await projectNames()).toEqual(['new one'])
    expect(await projectOf(0)).toBe('new one')
  })

  it('is told apart by the case of its letters and by blanks', async () => {
    await store(incoming({ trace: 0, span: 1, project: 'p' }), incoming({ trace: 1, span: 1, project: ' P' }))
    expect(await projectNames()).toEqual([' P', 'p'])
  })

  it('stays that of its first span', async () => {
    await store(incoming({ span: 1, project: 'first' }))
    await store(incoming({ span: 2, project: 'second' }))
    expect(await projectOf(0)).toBe('first')
    expect(await projectNames()).toEqual(['first'])
    expect(new Set((await spanRows()).map((row) => row.projectId)).size).toBe(1)
  })

  it('is where the trace was moved to', async () => {
    await store(incoming({ span: 1, project: 'first' }), incoming({ trace: 1, span: 1, project: 'other' }))
    const [moved, other] = await traceRows()
    await db.write(async (tx) => {
      await tx
        .update(db.t.traces)
        .set({ projectId: other?.projectId as number })
        .where(eq(db.t.traces.id, moved?.id as number))
    })
    await store(incoming({ span: 2, project: 'first' }))
    expect((await spanRows()).at(-1)?.projectId).toBe(other?.projectId)
  })
})

describe('a session', () => {
  const sessionOf = async (trace: number) => {
    const [row] = await db.read
      .select({ sessionId: db.t.projectSessions.sessionId })
      .from(db.t.traces)
      .innerJoin(db.t.projectSessions, eq(db.t.projectSessions.id, db.t.traces.projectSessionId))
      .where(eq(db.t.traces.traceId, traceIdOf(trace)))
    return row?.sessionId
  }

  it('is made in the trace’s project with the trace’s times', async () => {
    await store(
      incoming({ span: 1, start: 5, end: 50 }),
      incoming({ span: 2, start: 7, end: 9, session: 's' }),
    )
    const { projectId } = await onlyTrace()
    expect(await sessionRows()).toMatchObject([
      { sessionId: 's', projectId, startTime: START + 5, endTime: START + 50 },
    ])
    expect(await sessionOf(0)).toBe('s')
  })

  it('is bound by a later span of a trace that has none', async () => {
    await store(incoming({ span: 1 }))
    await store(incoming({ span: 2, session: 's' }))
    expect(await sessionOf(0)).toBe('s')
  })

  it('stays the first that the trace named', async () => {
    await store(incoming({ span: 1, session: 'first' }), incoming({ span: 2, session: 'second' }))
    await store(incoming({ span: 3, session: 'third' }))
    expect(await sessionOf(0)).toBe('first')
    expect((await sessionRows()).map((row) => row.sessionId)).toEqual(['first'])
  })

  it('widens with a bound trace, whatever its later spans name', async () => {
    await store(incoming({ span: 1, start: 10, end: 20, session: 's' }))
    await store(incoming({ span: 2, start: 0, end: 99 }), incoming({ span: 3, session: 'other' }))
    const [session] = await sessionRows()
    expect([session?.startTime, session?.endTime]).toEqual([START, START + 99])
  })

  it('is shared by traces of two projects and owned by the first', async () => {
    await store(incoming({ trace: 0, span: 1, project: 'a', session: 's' }))
    await store(incoming({ trace: 1, span: 1, project: 'b', session: 's', start: 5, end: 500 }))
    const [session] = await sessionRows()
    const [first] = await traceRows()
    expect(await sessionRows()).toHaveLength(1)
    expect(session?.projectId).toBe(first?.projectId)
    expect(session?.endTime).toBe(START + 500)
    expect(await sessionOf(1)).toBe('s')
  })

  it('is not bound by a repeat', async () => {
    await store(incoming({ span: 1 }))
    await store(incoming({ span: 1, session: 's' }))
    expect(await sessionOf(0)).toBeUndefined()
  })
})

describe('many writers', () => {
  it('storing into the same traces, sessions and projects lose nothing and keep every sum', {
    timeout: 120_000,
  }, async () => {
    const writers = await Promise.all(Array.from({ length: 4 }, () => openTestDatabase(db.config)))
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let round = 0; round < 8; round++) {
          const spans = Array.from({ length: 12 }, (_, n) =>
            incoming({
              // Each writer walks the traces in its own order.
              trace: (n * (w + 1) + round) % 5,
              span: 1 + w + 4 * (round * 12 + n),
              ...(n % 3 > 0 && { parent: (w + n + round) % 40 }),
              error: n % 2 === 0,
              tokens: [n, w],
              session: `s${(n + w) % 3}`,
              project: `p${(n * 7 + w) % 4}`,
            }),
          )
          await storeSpans(writer, spans, clock)
        }
      }),
    )
    const traces = await traceRows()
    expect(traces.reduce((total, trace) => total + trace.spanCount, 0)).toBe(4 * 8 * 12)
    for (const { id } of traces) expect(await storedCounts(db, id)).toEqual(await recountTrace(db, id))
  })
})

describe('a batch larger than one statement', () => {
  it('is stored whole', { timeout: 60_000 }, async () => {
    const spans = Array.from({ length: 9000 }, (_, n) =>
      incoming({ trace: n % 3000, span: n, session: `s${n % 50}` }),
    )
    expect(await store(...spans)).toBe(9000)
    expect(await traceRows()).toHaveLength(3000)
    expect(await sessionRows()).toHaveLength(50)
  })
})
