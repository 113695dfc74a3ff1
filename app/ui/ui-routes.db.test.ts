import { beforeAll, describe, expect, test } from 'vitest'
import { GET as project } from '#app/ui/projects/[id]/route'
import { GET as traces } from '#app/ui/projects/[id]/traces/route'
import { GET as projects } from '#app/ui/projects/route'
import { GET as span } from '#app/ui/spans/[rowId]/route'
import { GET as trace } from '#app/ui/traces/[traceId]/route'
import { encodeGlobalId } from '#server/global-id'
import { call } from '../../test/call'
import { createPrincipals, type PrincipalName, type Principals } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { type InsertedTrace, insertTrace, TEST_START } from '../../test/traces'

let runtime: TestRuntime
let who: Principals
let shop: InsertedTrace

beforeAll(async () => {
  runtime = await createTestRuntime()
  who = await createPrincipals(runtime)
  shop = await insertTrace(runtime, { project: 'my shop', spans: [{ name: 'root' }, { parent: 0 }] })
})

const headers = (as: PrincipalName = 'session VIEWER') => ({ headers: who[as].headers })

describe('who may', () => {
  const EVERY = [
    ['/ui/projects', projects, {}],
    ['/ui/projects/1', project, { id: '1' }],
    ['/ui/projects/1/traces', traces, { id: '1' }],
    ['/ui/traces/{traceId}', trace, {}],
    ['/ui/spans/{rowId}', span, {}],
  ] as const

  test.each(EVERY)('%s is for whoever may read', async (_path, handler, fixed) => {
    const params = { traceId: shop.traceId, rowId: String(shop.spans[0]?.id), ...fixed }
    const status = async (as: PrincipalName) => (await call(handler, { params, ...headers(as) })).status
    expect(await status('anonymous')).toBe(401)
    expect(await status('system key MEMBER ingest')).toBe(403)
    expect(await status('session VIEWER')).toBe(200)
  })
})

describe('GET /ui/projects', () => {
  test('gives cards, dates as texts', async () => {
    const { json } = await call(projects, headers())
    expect(json[0]).toEqual({
      id: shop.projectId,
      name: 'my shop',
      description: null,
      gradientStartColor: '#5bdbff',
      gradientEndColor: '#1c76fc',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      traceCount: 1,
      lastActivity: TEST_START,
      latencyP50: expect.closeTo(1000, -2),
      latencyP99: expect.closeTo(1000, -2),
    })
  })
})

describe('GET /ui/projects/{id}', () => {
  test('takes a row id, a GlobalID or a name', async () => {
    for (const id of [String(shop.projectId), encodeGlobalId('Project', shop.projectId), 'my shop']) {
      expect((await call(project, { params: { id }, ...headers() })).json.name).toBe('my shop')
    }
  })

  test.each(['999', 'nobody', '99999999999999999999', 'a\0b'])('answers 404 for %j', async (id) => {
    expect((await call(project, { params: { id }, ...headers() })).status).toBe(404)
    expect((await call(traces, { params: { id }, ...headers() })).status).toBe(404)
  })
})

describe('GET /ui/projects/{id}/traces', () => {
  const ask = (query = '', id = String(shop.projectId)) =>
    call(traces, { path: `/ui/projects/${id}/traces${query}`, params: { id }, ...headers() })

  test.each(['?limit=0', '?limit=201', '?limit=x', '?cursor=x', '?cursor=%00'])(
    'refuses %s',
    async (query) => {
      expect((await ask(query)).status).toBe(422)
    },
  )

  test('pages', async () => {
    const { projectId } = await insertTrace(runtime, { project: 'pages' })
    await insertTrace(runtime, { project: 'pages', start: TEST_START + 1 })
    const first = (await ask('?limit=1', String(projectId))).json
    expect(first.items).toHaveLength(1)
    const second = (await ask(`?limit=1&cursor=${first.nextCursor}`, String(projectId))).json
    expect(second).toMatchObject({ items: [{ startTime: TEST_START }], nextCursor: null })
  })
})

describe('one trace and one span', () => {
  test('are given with what belongs to them', async () => {
    const got = (await call(trace, { params: { traceId: shop.traceId }, ...headers() })).json
    expect(got).toMatchObject({ projectName: 'my shop', spans: [{ name: 'root' }, { name: 'step' }] })
    const rowId = String(got.spans[0].id)
    const one = (await call(span, { params: { rowId }, ...headers() })).json
    expect(one).toMatchObject({ traceId: shop.traceId, name: 'root', attributesJson: '{}', eventsJson: '[]' })
  })

  test('answer nonsense with 404 or 422', async () => {
    const status = async (handler: typeof trace, params: Record<string, string>) =>
      (await call(handler, { params, ...headers() })).status
    expect(await status(trace, { traceId: 'nope' })).toBe(404)
    expect(await status(span, { rowId: '99' })).toBe(404)
    expect(await status(span, { rowId: 'nope' })).toBe(422)
    expect(await status(span, { rowId: '9'.repeat(20) })).toBe(422)
  })
})
