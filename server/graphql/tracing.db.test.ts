/** Projects, sessions, traces and spans: what they say, in which order, and in how many statements. */
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeGlobalId } from '#server/global-id'
import { askGraphql } from '../../test/graphql'
import { createPrincipals, type Principals, TEST_ADMIN_SECRET } from '../../test/principals'
import { type Recorder, recordQueries } from '../../test/recorded-queries'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { type InsertedTrace, insertTrace, TEST_START } from '../../test/traces'

const SECOND = 1_000_000
let world: TestRuntime
let who: Principals
let recorder: Recorder
let chat: InsertedTrace

const CHAT_ID = 'a'.repeat(32)
const ROOT_ID = '1'.repeat(16)

beforeAll(async () => {
  world = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  recorder = await recordQueries(world.db)
  who = await createPrincipals(world)
  // Fifty projects with a conversation of three traces of two spans in each.
  for (let n = 0; n < 50; n++) {
    for (let turn = 0; turn < 3; turn++)
      await insertTrace(world, {
        project: `project ${n}`,
        session: `session ${n}`,
        start: TEST_START + turn * SECOND,
        spans: [
          { name: `turn ${turn}`, attributes: { n } },
          { parent: 0, offset: 10 },
        ],
      })
  }
  chat = await insertTrace(world, {
    project: 'chat',
    traceId: CHAT_ID,
    session: 'a chat',
    spans: [
      {
        spanId: ROOT_ID,
        name: 'answer',
        kind: 'AGENT',
        duration: 2_500,
        attributes:
          '{"input":{"value":"how?","mime_type":"text/plain"},"output":{"value":"{}","mime_type":"application/json"},"metadata":"{\\"a\\":1}","big":9007199254740993}',
      },
      {
        parent: 0,
        kind: 'LLM',
        offset: 100,
        promptTokens: 7,
        completionTokens: 5,
        status: 'ERROR',
        statusMessage: 'boom',
        events: [{ name: 'exception', offset: 200, attributes: { 'exception.message': 'too long' } }],
      },
      { parent: 0, kind: 'LLM', offset: 300, promptTokens: 2 },
    ],
  })
})

const ask = (query: string, variables?: object) => askGraphql(query, who['session VIEWER'].headers, variables)

async function statementsOf(query: string) {
  recorder.take()
  // A caller whose last use nobody writes down at some moment of the count.
  const answer = await askGraphql(query, who['admin secret'].headers)
  expect(answer.errors).toBe('')
  return { sent: recorder.sent(), answer }
}

describe('in few statements', () => {
  test('projects, sessions, traces and spans of 50 rows: 8 at most, the credential included', async () => {
    const { sent, answer } = await statementsOf(`{ projects(first: 50) { edges { node { name
      sessions(first: 1) { edges { node { sessionId
        traces(first: 2) { edges { node { traceId
          spans(first: 2) { edges { node { name spanId cumulativeTokenCountTotal } } } } } } } } } } } } }`)
    const { edges } = answer.data.projects
    expect(edges).toHaveLength(50)
    const spans = edges.slice(1).map(({ node }: never) => JSON.stringify(node).match(/"spanId"/g)?.length)
    expect(new Set(spans)).toEqual(new Set([4]))
    expect(sent).toBeLessThanOrEqual(8)
  })

  test('a page of 50 spans with everything about them: 12 at most', async () => {
    const { sent, answer } = await statementsOf(`{ projects(first: 50) { edges { node { traceCount recordCount
      spans(first: 1) { edges { node { attributes events { name } numChildSpans trace { traceId session { sessionId } rootSpan { name } } project { name } } } } } } } }`)
    expect(answer.data.projects.edges).toHaveLength(50)
    expect(sent).toBeLessThanOrEqual(12)
  })

  test('as many nodes by their ids as one', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => encodeGlobalId('Project', n + 1))
    const fields = ids.map((id, n) => `n${n}: node(id: "${id}") { id }`).join(' ')
    const { sent } = await statementsOf(`{ ${fields} }`)
    expect(sent).toBeLessThanOrEqual(3)
  })
})

describe('a project', () => {
  test('has its figures', async () => {
    const id = encodeGlobalId('Project', chat.projectId)
    const { data } = await ask(
      'query($id: ID!) { node(id: $id) { ... on Project { name hasTraces traceCount recordCount latencyMsQuantile(probability: 0.5) } } }',
      { id },
    )
    const { latencyMsQuantile, ...rest } = data.node
    expect(rest).toEqual({ name: 'chat', hasTraces: true, traceCount: 1, recordCount: 3 })
    expect(Math.abs(latencyMsQuantile - 2.5)).toBeLessThan(0.03)
  })

  test('without traces says so', async () => {
    const { data } = await ask(
      `{ node(id: "${btoa('Project:1')}") { ... on Project { hasTraces traceCount latencyMsQuantile(probability: 0.99) spans { edges { cursor } } } } }`,
    )
    expect(data.node).toEqual({
      hasTraces: false,
      traceCount: 0,
      latencyMsQuantile: null,
      spans: { edges: [] },
    })
  })

  test('knows its traces alone, by their hex digits in either case', async () => {
    const query =
      'query($p: ID!, $t: ID!) { node(id: $p) { ... on Project { trace(traceId: $t) { traceId } } } }'
    const own = encodeGlobalId('Project', chat.projectId)
    expect((await ask(query, { p: own, t: CHAT_ID.toUpperCase() })).data.node.trace).toEqual({
      traceId: CHAT_ID,
    })
    expect((await ask(query, { p: btoa('Project:1'), t: CHAT_ID })).data.node.trace).toBe(null)
    expect((await ask(query, { p: own, t: '\0' })).data.node.trace).toBe(null)
  })

  test('refuses a probability that is none', async () => {
    const answer = await ask(
      `{ node(id: "${btoa('Project:1')}") { ... on Project { latencyMsQuantile(probability: 1.5) } } }`,
    )
    expect(answer.errors).toContain('between 0 and 1')
  })
})

test('a trace has what its row says, with its spans in order of their start', async () => {
  const { data } = await ask(
    `query($p: ID!, $t: ID!) { node(id: $p) { ... on Project { trace(traceId: $t) {
      id traceId startTime endTime latencyMs projectId project { name } projectSessionId session { sessionId numTraces startTime }
      rootSpan { spanId } numSpans traceAnnotations { id }
      spans(first: 2) { edges { node { name startTime } } pageInfo { hasNextPage } } } } } }`,
    { p: encodeGlobalId('Project', chat.projectId), t: CHAT_ID },
  )
  expect(data.node.trace).toMatchObject({
    id: encodeGlobalId('Trace', chat.id),
    startTime: '2026-01-02T03:04:05+00:00',
    endTime: '2026-01-02T03:04:05.002500+00:00',
    latencyMs: 2.5,
    projectId: encodeGlobalId('Project', chat.projectId),
    project: { name: 'chat' },
    session: { sessionId: 'a chat', startTime: '2026-01-02T03:04:05+00:00' },
    rootSpan: { spanId: ROOT_ID },
    numSpans: 3,
    traceAnnotations: [],
    spans: {
      edges: [
        { node: { name: 'answer', startTime: '2026-01-02T03:04:05+00:00' } },
        { node: { name: 'step', startTime: '2026-01-02T03:04:05.000100+00:00' } },
      ],
      pageInfo: { hasNextPage: true },
    },
  })
})

describe('a span', () => {
  const SPAN = `id spanId name statusCode statusMessage latencyMs parentId spanKind context { traceId spanId } attributes metadata
    tokenCountTotal tokenCountPrompt tokenCountCompletion input { value mimeType } output { value mimeType }
    cumulativeTokenCountTotal cumulativeTokenCountPrompt cumulativeTokenCountCompletion numChildSpans
    spanAnnotations { id } documentEvaluations { id } events { name message timestamp }`

  test('is found by its hex digits, with everything it said', async () => {
    const { data } = await ask(`{ getSpanByOtelId(spanId: "${ROOT_ID}") { ${SPAN} } }`)
    const { attributes, ...rest } = data.getSpanByOtelId
    expect(attributes).toMatch(/"big": ?9007199254740993\b/)
    expect(JSON.parse(attributes).input.value).toBe('how?')
    expect(rest).toEqual({
      id: encodeGlobalId('Span', chat.spans[0]?.id ?? 0),
      spanId: ROOT_ID,
      name: 'answer',
      statusCode: 'OK',
      statusMessage: '',
      latencyMs: 2.5,
      parentId: null,
      spanKind: 'AGENT',
      context: { traceId: CHAT_ID, spanId: ROOT_ID },
      metadata: '{"a":1}',
      tokenCountTotal: null,
      tokenCountPrompt: null,
      tokenCountCompletion: null,
      input: { value: 'how?', mimeType: 'text/plain' },
      output: { value: '{}', mimeType: 'application/json' },
      cumulativeTokenCountTotal: 14,
      cumulativeTokenCountPrompt: 9,
      cumulativeTokenCountCompletion: 5,
      numChildSpans: 2,
      spanAnnotations: [],
      documentEvaluations: [],
      events: [],
    })
  })

  test('has its tokens and its events', async () => {
    const id = encodeGlobalId('Span', chat.spans[1]?.id ?? 0)
    const { data } = await ask(`query($id: ID!) { node(id: $id) { ... on Span { ${SPAN} } } }`, { id })
    expect(data.node).toMatchObject({
      statusCode: 'ERROR',
      statusMessage: 'boom',
      parentId: ROOT_ID,
      tokenCountTotal: 12,
      tokenCountPrompt: 7,
      tokenCountCompletion: 5,
      input: null,
      metadata: null,
      numChildSpans: 0,
      events: [{ name: 'exception', message: 'too long', timestamp: '2026-01-02T03:04:05.000200+00:00' }],
    })
  })

  test('that nobody stored is null', async () => {
    for (const spanId of ['f'.repeat(16), 'nonsense', '\\u0000'])
      expect((await ask(`{ getSpanByOtelId(spanId: "${spanId}") { id } }`)).json).toEqual({
        data: { getSpanByOtelId: null },
      })
  })
})

test('a project’s spans are paged from the latest on, to the end and back', async () => {
  const id = encodeGlobalId('Project', chat.projectId)
  const page = async (args: string) =>
    (
      await ask(
        `query($id: ID!) { node(id: $id) { ... on Project { spans(${args}) { edges { node { startTime } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`,
        { id },
      )
    ).data.node.spans
  const micros = (spans: { edges: { node: { startTime: string } }[] }) =>
    spans.edges.map(({ node }) => node.startTime.slice(19, 26))
  const first = await page('first: 2')
  expect([micros(first), first.pageInfo.hasNextPage]).toEqual([['.000300', '.000100'], true])
  const rest = await page(`first: 2, after: "${first.pageInfo.endCursor}"`)
  expect([micros(rest), rest.pageInfo.hasNextPage, rest.pageInfo.hasPreviousPage]).toEqual([
    ['+00:00'],
    false,
    true,
  ])
  const back = await page(`last: 2, before: "${rest.pageInfo.startCursor}"`)
  expect([micros(back), back.pageInfo.hasPreviousPage]).toEqual([['.000300', '.000100'], false])
})
