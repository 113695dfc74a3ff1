/** The official client of the compatible interface, against the built program: it fetches what exporters sent. */
import { createClient } from '@arizeai/phoenix-client'
import { getSpans } from '@arizeai/phoenix-client/spans'
import { SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Program, startProgram } from './program'

const ADMIN_SECRET = 'client-admin-secret-0123456789-abcdef'
const PROJECT = '100% ünï 語 shop'

let program: Program
let client: ReturnType<typeof createClient>

beforeAll(async () => {
  program = await startProgram({
    env: {
      PHOENIX_ENABLE_AUTH: 'true',
      PHOENIX_SECRET: 'client-secret-0123456789-abcdefghijkl',
      PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
    },
  })
  client = createClient({
    options: { baseUrl: program.baseUrl, headers: { Authorization: `Bearer ${ADMIN_SECRET}` } },
  })
  await sendTraces()
})

afterAll(async () => {
  await program?.stop()
})

/** Three traces of two spans: an agent that calls a model, whose call fails in the last one. */
async function sendTraces(): Promise<void> {
  const exporter = new OTLPTraceExporter({
    url: `${program.baseUrl}/v1/traces`,
    headers: { authorization: `Bearer ${ADMIN_SECRET}` },
  })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'openinference.project.name': PROJECT }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('test')
  const { context, trace } = await import('@opentelemetry/api')
  for (const round of [1, 2, 3]) {
    const agent = tracer.startSpan(`agent ${round}`, { attributes: { 'openinference.span.kind': 'AGENT' } })
    const call = tracer.startSpan(
      `call ${round}`,
      {
        attributes: {
          'openinference.span.kind': 'LLM',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'hello',
          'llm.token_count.prompt': 5,
          'tag.tags': ['a', 'b'],
          'user.id': `user ${round}`,
          round,
        },
      },
      trace.setSpan(context.active(), agent),
    )
    call.addEvent('retry', { attempt: 2 })
    if (round === 3) call.setStatus({ code: SpanStatusCode.ERROR, message: 'no luck' })
    call.end()
    agent.end()
  }
  await provider.forceFlush()
  await provider.shutdown()
}

describe('the official client', () => {
  test('lists projects', async () => {
    const { data } = await client.GET('/v1/projects', { params: { query: { name_contains: 'ÜNÏ' } } })
    expect(data?.data.map((project) => project.name)).toEqual([PROJECT])
    const all = await client.GET('/v1/projects')
    expect(all.data?.data.map((project) => project.name)).toEqual([PROJECT, 'default'])
  })

  test('gets a project by its name and by its id', async () => {
    const get = (project_identifier: string) =>
      client.GET('/v1/projects/{project_identifier}', { params: { path: { project_identifier } } })
    const byName = await get(PROJECT)
    expect(byName.data?.data.name).toBe(PROJECT)
    expect((await get(byName.data?.data.id as string)).data).toEqual(byName.data)
  })

  test('gets the spans that were sent', async () => {
    const { spans, nextCursor } = await getSpans({ client, project: { projectName: PROJECT } })
    expect(nextCursor).toBeNull()
    expect(spans.map((span) => span.name).sort()).toEqual([
      'agent 1',
      'agent 2',
      'agent 3',
      'call 1',
      'call 2',
      'call 3',
    ])
    const failed = spans.find((span) => span.name === 'call 3')
    const agent = spans.find((span) => span.name === 'agent 3')
    expect(failed).toMatchObject({
      span_kind: 'LLM',
      status_code: 'ERROR',
      status_message: 'no luck',
      parent_id: agent?.context.span_id,
      context: { trace_id: agent?.context.trace_id },
      attributes: {
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.content': 'hello',
        'llm.token_count.prompt': 5,
        'tag.tags': ['a', 'b'],
        round: 3,
      },
      events: [{ name: 'retry', attributes: { attempt: 2 } }],
    })
    expect(Date.parse(failed?.start_time as string)).toBeGreaterThan(Date.now() - 120_000)
  })

  test('pages by its cursors', async () => {
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await getSpans({
        client,
        project: { projectName: PROJECT },
        cursor: cursor ?? null,
        limit: 4,
      })
      seen.push(...page.spans.map((span) => span.name))
      cursor = page.nextCursor
    } while (cursor)
    expect(new Set(seen).size).toBe(6)
    expect(seen).toHaveLength(6)
  })

  test('filters as it says', async () => {
    const names = async (filter: Partial<Parameters<typeof getSpans>[0]>) =>
      (await getSpans({ client, project: { projectName: PROJECT }, ...filter })).spans
        .map((span) => span.name)
        .sort()
    expect(await names({ spanKind: 'AGENT' })).toEqual(['agent 1', 'agent 2', 'agent 3'])
    expect(await names({ statusCode: 'ERROR' })).toEqual(['call 3'])
    expect(await names({ parentId: null })).toEqual(['agent 1', 'agent 2', 'agent 3'])
    expect(await names({ name: ['call 1', 'agent 2'] })).toEqual(['agent 2', 'call 1'])
    expect(await names({ attributes: { 'user.id': 'user 2', round: 2 } })).toEqual(['call 2'])
    expect(await names({ attributes: { round: '2' } })).toEqual([])
    expect(await names({ startTime: new Date(Date.now() + 60_000) })).toEqual([])
  })

  test('gets spans in the form of OTLP', async () => {
    const { data } = await client.GET('/v1/projects/{project_identifier}/spans/otlpv1', {
      params: { path: { project_identifier: PROJECT }, query: { name: ['call 3'] } },
    })
    expect(data?.data).toHaveLength(1)
    expect(data?.data[0]).toMatchObject({ name: 'call 3', status: { code: 2, message: 'no luck' } })
  })

  test('is told the version it asks for, and why it is refused', async () => {
    const answer = await fetch(`${program.baseUrl}/v1/projects`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('x-phoenix-server-version')).toMatch(/^\d+\.\d+\.\d+$/)
    const missing = client.GET('/v1/projects/{project_identifier}', {
      params: { path: { project_identifier: 'nobody' } },
    })
    await expect(missing).rejects.toThrow('404')
  })
})

describe('the address space', () => {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(program.baseUrl + path, { ...init, headers: { authorization: `Bearer ${ADMIN_SECRET}` } })

  test('/api/v1 is /v1', async () => {
    expect((await ask('/api/v1/projects/default')).status).toBe(200)
  })

  test.each(['default', 'UHJvamVjdDox', 'UHJvamVjdDox%3D'.slice(0, -3), encodeURIComponent(PROJECT)])(
    'a project is found by %s',
    async (project) => {
      expect((await ask(`/v1/projects/${project}`)).status).toBe(200)
      expect((await ask(`/v1/projects/${project}/spans`)).status).toBe(200)
    },
  )

  test.each([
    '/v1',
    '/v1/nothing',
    '/api/nothing',
    '/auth/nothing',
    '/oauth2/x/nothing',
    '/api/auth/session',
  ])('%s is 404 as text', async (path) => {
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toContain('text/plain')
    expect(answer.headers.get('x-request-id')).toBeTruthy()
  })

  test('an unknown path under /v1 is 401 for nobody', async () => {
    expect((await fetch(`${program.baseUrl}/v1/nothing`)).status).toBe(401)
  })

  test.each(['/v1/projects/%', '/v1/projects/%ff', '/v1/projects/%00', '/v1/projects/a%2Fb'])(
    '%s is refused and no fault of ours',
    async (path) => {
      const { status } = await ask(path)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    },
  )

  test('a wrong method is 405 as text', async () => {
    const answer = await ask('/v1/projects', { method: 'PATCH' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST')
    expect(await answer.text()).not.toBe('')
  })

  test('/openapi.json needs no credential', async () => {
    const document = await (await fetch(`${program.baseUrl}/openapi.json`)).json()
    expect(document.openapi).toMatch(/^3\.1/)
    expect(document.paths).toHaveProperty('/v1/projects')
  })
})
