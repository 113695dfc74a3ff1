import { count, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeGlobalId } from '#server/global-id'
import { storeSpans } from '#server/ingest/store'
import { deleteProject } from '#server/projects/delete-project'
import { WHOLE_LIFE } from '#server/projects/model'
import { createProject } from '#server/projects/projects'
import { getProjectSummary, listProjectSummaries } from '#server/projects/summaries'
import { LatencySketch } from '#server/sketch/latency-sketch'
import { incoming } from '../../test/received-spans'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { insertTrace, TEST_START } from '../../test/traces'

let runtime: TestRuntime

beforeEach(async () => {
  runtime = await createTestRuntime()
})

const rows = async (table: 'spans' | 'spanRollups' | 'traces' | 'projectSessions') => {
  const [row] = await runtime.db.read.select({ count: count() }).from(runtime.db.t[table])
  return row?.count
}

describe('deleteProject', () => {
  test('removes a project of several batches with all that is below it, and nothing else', async () => {
    for (let index = 0; index < 3; index++) {
      const spans = Array.from({ length: 1100 }, (_, place) => ({ offset: place, parent: place ? 0 : null }))
      await insertTrace(runtime, { project: 'big', session: 'chat', start: TEST_START + index, spans })
    }
    await insertTrace(runtime, {
      project: 'other',
      session: 'talk',
      spans: [{}, { parent: 0, status: 'ERROR' }],
    })
    await deleteProject(runtime, 'big')
    expect(await rows('spans')).toBe(2)
    expect(await rows('spanRollups')).toBe(1)
    expect(await rows('traces')).toBe(1)
    expect(await rows('projectSessions')).toBe(1)
  })

  test('hands a session that has traces elsewhere over to that project', async () => {
    const first = await insertTrace(runtime, { project: 'doomed', session: 'shared' })
    const second = await insertTrace(runtime, { project: 'kept', session: 'shared' })
    await deleteProject(runtime, encodeGlobalId('Project', first.projectId))
    const { projectSessions, traces } = runtime.db.t
    const sessions = await runtime.db.read
      .select({ id: projectSessions.id, projectId: projectSessions.projectId })
      .from(projectSessions)
    expect(sessions).toEqual([{ id: expect.any(Number), projectId: second.projectId }])
    const kept = await runtime.db.read
      .select({ session: traces.projectSessionId })
      .from(traces)
      .where(eq(traces.id, second.id))
    expect(kept).toEqual([{ session: sessions[0]?.id }])
  })

  test('takes its traces out of the sums of sessions that stay', async () => {
    const clock = () => new Date()
    const span = (trace: number, project: string, session: string) =>
      incoming({ trace, span: trace, project, session, tokens: [10, 1] })
    // The one session belongs to the project that stays, the other is handed over to it.
    await storeSpans(runtime.db, [span(1, 'kept', 'theirs'), span(2, 'doomed', 'ours')], clock)
    await storeSpans(runtime.db, [span(3, 'doomed', 'theirs'), span(4, 'kept', 'ours')], clock)
    await deleteProject(runtime, 'doomed')
    const { projectSessions } = runtime.db.t
    const sums = await runtime.db.read
      .select({ traceCount: projectSessions.traceCount, promptTokens: projectSessions.promptTokens })
      .from(projectSessions)
    expect(sums).toEqual([
      { traceCount: 1, promptTokens: 10 },
      { traceCount: 1, promptTokens: 10 },
    ])
  })

  test('leaves little to its last transaction, though spans keep coming', async () => {
    for (let index = 0; index < 3; index++) {
      const spans = Array.from({ length: 1000 }, (_, place) => ({ offset: place, parent: place ? 0 : null }))
      await insertTrace(runtime, { project: 'busy', start: TEST_START + index, spans })
    }
    const { db } = runtime
    const late = Array.from({ length: 1_200 }, (_, n) =>
      incoming({ trace: n + 1, span: n + 1, project: 'busy' }),
    )
    const atWrite: unknown[] = []
    const write: typeof db.write = async (work) => {
      if (atWrite.length === 0) await storeSpans(db, late, () => new Date())
      atWrite.push(await rows('traces'))
      return db.write(work)
    }
    await deleteProject({ db: { ...db, write } }, 'busy')
    expect(atWrite).toEqual([1_203, 1_201, 1_200, 700, 200, 0])
    expect(await rows('spans')).toBe(0)
  })

  test('one that was cut short leaves right sums', async () => {
    for (let index = 0; index < 3; index++) {
      const spans = Array.from({ length: 1500 }, (_, place) => ({ offset: place, parent: place ? 0 : null }))
      await insertTrace(runtime, { project: 'big', start: TEST_START + index, spans })
    }
    const { db } = runtime
    let writes = 0
    const broken: typeof db.write = (work) => {
      writes += 1
      return writes > 1 ? Promise.reject(new Error('the power went')) : db.write(work)
    }
    await expect(deleteProject({ db: { ...db, write: broken } }, 'big')).rejects.toThrow('the power went')
    expect((await getProjectSummary(runtime, 'big')).traceCount).toBe(2)
    await deleteProject(runtime, 'big')
    expect(await rows('spans')).toBe(0)
  })

  test('of two deletes at once neither fails for want of the rows', async () => {
    await insertTrace(runtime, { project: 'twice', spans: Array.from({ length: 1500 }, () => ({})) })
    const results = await Promise.allSettled([
      deleteProject(runtime, 'twice'),
      deleteProject(runtime, 'twice'),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await rows('spans')).toBe(0)
  })

  test('traces that arrive while it runs do not keep it from ending', async () => {
    await insertTrace(runtime, { project: 'busy', spans: Array.from({ length: 1500 }, () => ({})) })
    const deleting = deleteProject(runtime, 'busy')
    // As ingest does: the project that was found may be gone before its trace is there.
    const late = () => insertTrace(runtime, { project: 'busy' })
    await late().catch(late)
    await deleting
    const left = await listProjectSummaries(runtime)
    // The late trace went with the project, or made the project anew.
    expect(left.find((project) => project.name === 'busy')?.traceCount ?? 1).toBe(1)
  })
})

/** A hundredth off at most. */
const within = (value: number | null | undefined, exact: number) =>
  typeof value === 'number' && Math.abs(value - exact) <= exact / 100

describe('summaries', () => {
  test('count traces and give the start of the newest', async () => {
    await insertTrace(runtime, { project: 'used', start: TEST_START + 5_000_001 })
    await insertTrace(runtime, { project: 'used', start: TEST_START })
    const summary = await getProjectSummary(runtime, 'used')
    expect(summary).toMatchObject({ name: 'used', traceCount: 2, lastActivity: TEST_START + 5_000_001 })
    expect(await getProjectSummary(runtime, summary.id)).toEqual(summary)
    expect(await getProjectSummary(runtime, encodeGlobalId('Project', summary.id))).toEqual(summary)
  })

  test('tell from the sums how long half, and 99 of 100, of the traces took', async () => {
    for (let index = 1; index <= 100; index++) {
      const start = TEST_START + index * 3_600_000_000
      await insertTrace(runtime, { project: 'timed', start, spans: [{ duration: index * 1_000_000 }] })
    }
    await insertTrace(runtime, { project: 'slow', spans: [{ duration: 3_000_000_000 }] })
    const list = await listProjectSummaries(runtime)
    const timed = list.find((project) => project.name === 'timed')
    expect(timed).toEqual(await getProjectSummary(runtime, 'timed'))
    expect(within(timed?.latencyP50, 50_000_000)).toBe(true)
    expect(within(timed?.latencyP99, 99_000_000)).toBe(true)
    const empty = list.find((project) => project.name === 'default')
    expect([empty?.latencyP50, empty?.latencyP99]).toEqual([null, null])
  })

  test('add up what several writers have counted, each for itself', async () => {
    const { projectId } = await insertTrace(runtime, { project: 'shared', spans: [{ duration: 1000 }] })
    const { projectBuckets } = runtime.db.t
    // Another writer took the trace of one millisecond out, and put it in again as one of a second.
    const sketch = new LatencySketch()
    sketch.add(1000, -1)
    sketch.add(1_000_000)
    const none = { spanCount: 0, errorCount: 0, promptTokens: 0, completionTokens: 0 }
    const sums = { ...none, traceCount: 2, latencySketch: sketch.encode() }
    await runtime.db.write((tx) =>
      tx.insert(projectBuckets).values({ projectId, bucket: WHOLE_LIFE, shard: 7, ...sums }),
    )
    const summary = await getProjectSummary(runtime, 'shared')
    expect(summary.traceCount).toBe(3)
    expect(within(summary.latencyP50, 1_000_000)).toBe(true)
  })

  test('follow what ingest stores, also for a trace that grows', async () => {
    const clock = () => new Date()
    await storeSpans(runtime.db, [incoming({ trace: 1, span: 1, end: 1_000_000 })], clock)
    await storeSpans(runtime.db, [incoming({ trace: 2, span: 1, end: 1_000_000 })], clock)
    await storeSpans(runtime.db, [incoming({ trace: 2, span: 2, parent: 1, end: 60_000_000 })], clock)
    const [summary] = (await listProjectSummaries(runtime)).filter((project) => project.traceCount > 0)
    expect(summary?.traceCount).toBe(2)
    expect(within(summary?.latencyP50, 1_000_000)).toBe(true)
    expect(within(summary?.latencyP99, 1_000_000)).toBe(true)
    await storeSpans(runtime.db, [incoming({ trace: 1, span: 3, parent: 1, end: 60_000_000 })], clock)
    const after = await getProjectSummary(runtime, summary?.id ?? 0)
    expect(after.traceCount).toBe(2)
    expect(within(after.latencyP50, 60_000_000)).toBe(true)
  })

  test('list the lately active first and the unused last', async () => {
    await createProject(runtime, { name: 'a unused' })
    await insertTrace(runtime, { project: 'old', start: TEST_START })
    await insertTrace(runtime, { project: 'new', start: TEST_START + 1 })
    const list = await listProjectSummaries(runtime)
    expect(list.map((project) => [project.name, project.traceCount, project.lastActivity])).toEqual([
      ['new', 1, TEST_START + 1],
      ['old', 1, TEST_START],
      ['a unused', 0, null],
      ['default', 0, null],
    ])
  })

  test('refuse a project that is not there', async () => {
    await expect(getProjectSummary(runtime, 12_345)).rejects.toThrow('Project "12345" not found')
  })
})
