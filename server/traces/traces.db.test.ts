import { beforeEach, describe, expect, test } from 'vitest'
import { getSpan, getTrace, listTraces } from '#server/traces/traces'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { insertTrace, TEST_START } from '../../test/traces'

let runtime: TestRuntime

beforeEach(async () => {
  runtime = await createTestRuntime()
})

/** All pages of the default project, as trace ids. */
async function allPages(
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<string[][]> {
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof listTraces>> = await listTraces(runtime, {
      projectId: 1,
      cursor,
      limit,
    })
    pages.push(page.items.map((trace) => trace.traceId))
    cursor = page.nextCursor
    await between()
  } while (cursor)
  return pages
}

describe('listTraces', () => {
  test('gives nothing for a project without traces', async () => {
    expect(await listTraces(runtime, { projectId: 1 })).toEqual({ items: [], nextCursor: null })
  })

  test('lists by start time, then by arrival, newest first, whatever the order of arrival', async () => {
    const ids: Record<string, string> = {}
    for (const [name, start] of [
      ['third', 2],
      ['first', 5],
      ['fifth', 0],
      ['fourth', 1],
      ['second', 2],
    ] as const) {
      ids[name] = (await insertTrace(runtime, { start: TEST_START + start })).traceId
    }
    const expected = ['first', 'second', 'third', 'fourth', 'fifth'].map((name) => ids[name])
    expect((await allPages(2)).flat()).toEqual(expected)
    expect(await allPages(2)).toHaveLength(3)
    expect(await allPages(5)).toHaveLength(1)
  })

  test('pages neither repeat nor skip while newer traces arrive', async () => {
    const made: string[] = []
    // All at one time, so that the id alone decides.
    for (let index = 0; index < 7; index++) made.unshift((await insertTrace(runtime)).traceId)
    const pages = await allPages(3, () => insertTrace(runtime, { start: TEST_START + 1 }))
    expect(pages.flat()).toEqual(made)
  })

  test('keeps to its project', async () => {
    const { projectId, traceId } = await insertTrace(runtime, { project: 'mine' })
    await insertTrace(runtime, { project: 'theirs' })
    const page = await listTraces(runtime, { projectId })
    expect(page.items.map((trace) => trace.traceId)).toEqual([traceId])
  })

  test('shows the root and the sums', async () => {
    const { id, traceId, spans } = await insertTrace(runtime, {
      spans: [
        { parent: 1, kind: 'LLM', promptTokens: 10, completionTokens: 2, offset: 5, duration: 100 },
        { name: 'agent run', kind: 'AGENT', status: 'ERROR', input: 'hello', output: 'bye', duration: 50 },
      ],
    })
    expect((await listTraces(runtime, { projectId: 1 })).items).toEqual([
      {
        id,
        traceId,
        startTime: TEST_START,
        endTime: TEST_START + 105,
        spanCount: 2,
        errorCount: 1,
        promptTokens: 10,
        completionTokens: 2,
        root: {
          spanId: spans[1]?.spanId,
          name: 'agent run',
          spanKind: 'AGENT',
          statusCode: 'ERROR',
          inputPreview: 'hello',
          outputPreview: 'bye',
        },
      },
    ])
  })

  test('shows a trace without a root', async () => {
    await insertTrace(runtime, { spans: [{ parent: 1 }, { parent: 0 }] })
    expect((await listTraces(runtime, { projectId: 1 })).items[0]?.root).toBeNull()
  })

  test.each(['x', 'MTI', 'MTI6', '!!!', Buffer.from('1:2:3').toString('base64url')])(
    'refuses the cursor %j',
    async (cursor) => {
      await expect(listTraces(runtime, { projectId: 1, cursor })).rejects.toMatchObject({ kind: 'invalid' })
    },
  )
})

describe('getTrace', () => {
  test('gives all spans in the order of their start', async () => {
    const { traceId, spans } = await insertTrace(runtime, {
      project: 'shop',
      session: 'talk',
      spans: [
        { offset: 10, parent: 2 },
        { offset: 5, parent: 2 },
        { offset: 0 },
        { offset: 5, parent: 'ffffffffffffffff' },
      ],
    })
    const trace = await getTrace(runtime, { traceId })
    expect(trace).toMatchObject({ traceId, projectName: 'shop', sessionId: 'talk', spanCount: 4 })
    const expected = [2, 1, 3, 0].map((index) => spans[index]?.spanId)
    expect(trace.spans.map((span) => span.spanId)).toEqual(expected)
    expect(trace.spans[2]?.parentId).toBe('ffffffffffffffff')
  })

  test('gives what the tree shows and no attributes', async () => {
    const { traceId, spans } = await insertTrace(runtime, {
      spans: [
        { name: 'ask', kind: 'CHAIN', attributes: { secret: 1 } },
        {
          parent: 0,
          kind: 'LLM',
          promptTokens: 7,
          completionTokens: 3,
          status: 'ERROR',
          statusMessage: 'no',
        },
      ],
    })
    const [root, child] = (await getTrace(runtime, { traceId })).spans
    expect(root).toEqual({
      id: spans[0]?.id,
      spanId: spans[0]?.spanId,
      parentId: null,
      name: 'ask',
      spanKind: 'CHAIN',
      startTime: TEST_START,
      endTime: TEST_START + 1000,
      statusCode: 'OK',
      statusMessage: '',
      promptTokens: null,
      completionTokens: null,
      cumulativeErrorCount: 1,
      cumulativePromptTokens: 7,
      cumulativeCompletionTokens: 3,
    })
    expect(child).toMatchObject({ statusMessage: 'no', promptTokens: 7, completionTokens: 3 })
  })

  test('gives a trace of 5,000 spans whole', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ offset: 5000 - index, name: `span ${index}` }))
    const { traceId } = await insertTrace(runtime, { spans: many })
    const { spans } = await getTrace(runtime, { traceId })
    expect(spans).toHaveLength(5000)
    expect(spans.map((span) => span.name)).toEqual(many.map((span) => span.name).reverse())
  })

  test('takes the id in capitals', async () => {
    const { traceId } = await insertTrace(runtime)
    expect((await getTrace(runtime, { traceId: traceId.toUpperCase() })).traceId).toBe(traceId)
  })

  test.each(['', '00', 'a\0b', 'ffffffffffffffffffffffffffffffff'])(
    'refuses %j as not found',
    async (traceId) => {
      await expect(getTrace(runtime, { traceId })).rejects.toMatchObject({ kind: 'not_found' })
    },
  )
})

describe('getSpan', () => {
  test('gives one span with its attributes and events as they are stored', async () => {
    const { traceId, spans } = await insertTrace(runtime, {
      spans: [
        {
          name: 'tool',
          attributes: '{"big":9223372036854775807}',
          events: [{ name: 'retry', offset: 250_001, attributes: { 'a.b': 1 } }],
        },
      ],
    })
    const span = await getSpan(runtime, { id: spans[0]?.id as number })
    expect(span).toMatchObject({ traceId, name: 'tool', spanId: spans[0]?.spanId })
    expect(span.attributesJson.replaceAll(' ', '')).toBe('{"big":9223372036854775807}')
    expect(JSON.parse(span.eventsJson)).toEqual([
      { name: 'retry', timestamp: '2026-01-02T03:04:05.250001+00:00', attributes: { 'a.b': 1 } },
    ])
  })

  test('tells apart two spans that share an id in two traces', async () => {
    const one = await insertTrace(runtime, { spans: [{ spanId: 'aaaaaaaaaaaaaaaa', name: 'one' }] })
    const two = await insertTrace(runtime, { spans: [{ spanId: 'aaaaaaaaaaaaaaaa', name: 'two' }] })
    const names = await Promise.all(
      [one, two].map(async ({ spans }) => (await getSpan(runtime, { id: spans[0]?.id as number })).name),
    )
    expect(names).toEqual(['one', 'two'])
  })

  test('refuses a span that is not there', async () => {
    await expect(getSpan(runtime, { id: 77 })).rejects.toMatchObject({ kind: 'not_found' })
  })
})
