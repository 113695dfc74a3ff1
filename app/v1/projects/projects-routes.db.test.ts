import { beforeAll, describe, expect, test } from 'vitest'
import * as one from '#app/v1/projects/[project_identifier]/route'
import * as all from '#app/v1/projects/route'
import { encodeGlobalId } from '#server/global-id'
import { type Call, call } from '../../../test/call'
import {
  createPrincipals,
  type PrincipalName,
  type Principals,
  TEST_ADMIN_SECRET,
} from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'
import { insertTrace } from '../../../test/traces'

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(runtime)
})

const DEFAULT_ID = 'UHJvamVjdDox' // Project:1

type Request = Omit<Call, 'headers' | 'params'> & { as?: PrincipalName; project?: string }
const HANDLERS = { list: all.GET, create: all.POST, get: one.GET, update: one.PUT, delete: one.DELETE }

function ask(what: keyof typeof HANDLERS, { as = 'session ADMIN', project, ...rest }: Request = {}) {
  const method = { list: 'GET', create: 'POST', get: 'GET', update: 'PUT', delete: 'DELETE' }[what]
  const path = rest.path ?? `/v1/projects${project ? `/${encodeURIComponent(project)}` : ''}`
  const params = project === undefined ? {} : { project_identifier: project }
  return call(HANDLERS[what], { method, ...rest, path, params, headers: who[as].headers })
}

let counter = 0
async function newProject(name = `project ${++counter}`): Promise<{ id: string; name: string }> {
  return (await ask('create', { body: { name } })).json.data
}

// biome-ignore format: a table is read by column
const STATUSES: [PrincipalName, list: number, get: number, create: number, update: number, remove: number][] = [
  ['anonymous',               401, 401, 401, 401, 401],
  ['session VIEWER',          200, 200, 403, 403, 403],
  ['session MEMBER',          200, 200, 200, 403, 403],
  ['session ADMIN',           200, 200, 200, 200, 204],
  ['user key VIEWER full',    200, 200, 403, 403, 403],
  ['user key MEMBER full',    200, 200, 200, 403, 403],
  ['user key ADMIN full',     200, 200, 200, 200, 204],
  ['user key ADMIN read',     200, 200, 403, 403, 403],
  ['user key ADMIN ingest',   403, 403, 403, 403, 403],
  ['system key VIEWER full',  200, 200, 403, 403, 403],
  ['system key MEMBER full',  200, 200, 200, 403, 403],
  ['system key ADMIN full',   200, 200, 200, 200, 204],
  ['system key MEMBER read',  200, 200, 403, 403, 403],
  ['system key MEMBER ingest', 403, 403, 403, 403, 403],
  ['admin secret',            200, 200, 200, 200, 204],
]

describe('who may', () => {
  test.each(STATUSES)('%s: list, get, create, update, delete', async (as, ...expected) => {
    const { name } = await newProject()
    const answers = [
      await ask('list', { as }),
      await ask('get', { as, project: name }),
      await ask('create', { as, body: { name: `${name} made by ${as}` } }),
      await ask('update', { as, project: name, body: { description: 'x' } }),
      await ask('delete', { as, project: name }),
    ]
    expect(answers.map((answer) => answer.status)).toEqual(expected)
  })

  test('a refusal comes before the body is looked at', async () => {
    expect((await ask('create', { as: 'anonymous', body: '{' })).status).toBe(401)
    expect((await ask('update', { as: 'session MEMBER', project: 'x', body: '{' })).status).toBe(403)
  })

  test('a 401 names the scheme', async () => {
    const answer = await ask('list', { as: 'anonymous' })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Bennu"')
    expect(answer.headers.get('content-type')).toContain('text/plain')
  })
})

describe('GET /v1/projects', () => {
  test.each([
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=many', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=', 'limit'],
    ['limit=99999999999999999999999999', 'limit'],
    ['include_experiment_projects=maybe', 'include_experiment_projects'],
    ['name_contains=a%00b', 'name_contains'],
  ])('refuses ?%s by place', async (query, place) => {
    const answer = await ask('list', { path: `/v1/projects?${query}` })
    expect(answer.status).toBe(422)
    expect(answer.json.detail[0].loc).toEqual(['query', place])
  })

  test.each(['nonsense', 'UHJvamVjdDox!!', 'UHJvamVjdA==', '%00', '9999'])(
    'refuses the cursor %s with a sentence',
    async (cursor) => {
      const answer = await ask('list', { path: `/v1/projects?cursor=${cursor}` })
      expect(answer.status).toBe(422)
      if (cursor !== '%00') expect(answer.text).toContain('Invalid cursor')
    },
  )

  test('gives id, name and description, newest first', async () => {
    const first = await newProject()
    const second = await newProject()
    const { data, next_cursor } = (await ask('list')).json
    expect(data.slice(0, 2).map((project: { name: string }) => project.name)).toEqual([
      second.name,
      first.name,
    ])
    expect(data.at(-1)).toEqual({ id: DEFAULT_ID, name: 'default', description: expect.any(String) })
    expect(next_cursor).toBeNull()
  })

  test('pages by the first row of the next page and does not shift when projects are made', async () => {
    for (let index = 0; index < 5; index++) await newProject()
    const expected = (await ask('list')).json.data.map((project: { id: string }) => project.id)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `?limit=2&cursor=${encodeURIComponent(cursor)}` : '?limit=2'
      const page = (await ask('list', { path: `/v1/projects${query}` })).json
      seen.push(...page.data.map((project: { id: string }) => project.id))
      cursor = page.next_cursor
      if (cursor) expect(cursor).toBe(expected[seen.length])
      await newProject()
    } while (cursor)
    expect(seen).toEqual(expected)
  })

  test('takes a cursor of another type for its row', async () => {
    const answer = await ask('list', { path: `/v1/projects?cursor=${encodeGlobalId('Span', 1)}` })
    expect(answer.json.data.map((project: { name: string }) => project.name)).toEqual(['default'])
  })

  test('finds part of a name, blind to case, with wildcards taken literally', async () => {
    await newProject('Sales 100%_Bot')
    await newProject('sales 100x Bot')
    const find = async (text: string) => {
      const path = `/v1/projects?name_contains=${encodeURIComponent(text)}`
      return (await ask('list', { path })).json.data.map((project: { name: string }) => project.name)
    }
    expect(await find('sales 100')).toEqual(['sales 100x Bot', 'Sales 100%_Bot'])
    expect(await find('100%_b')).toEqual(['Sales 100%_Bot'])
    expect(await find('zzz')).toEqual([])
  })

  test.each(['true', 'False', '1', '0', 'TRUE'])('accepts %s for both include flags', async (flag) => {
    const path = `/v1/projects?include_experiment_projects=${flag}&include_dataset_evaluator_projects=${flag}`
    expect((await ask('list', { path })).status).toBe(200)
  })
})

describe('POST /v1/projects', () => {
  test.each([
    ['no body', undefined, 422],
    ['broken JSON', '{"name":', 400],
    ['a list', [], 422],
    ['no name', {}, 422],
    ['an empty name', { name: '' }, 422],
    ['a number for a name', { name: 5 }, 422],
    ['a null byte', { name: 'a\0b' }, 422],
    ['half a surrogate pair', '{"name":"\\ud800"}', 422],
    ['a name of 1,001 bytes', { name: 'x'.repeat(1001) }, 422],
    ['a name of 334 characters of three bytes each', { name: '語'.repeat(334) }, 422],
    ['a null byte in the description', { name: 'ok', description: '\0' }, 422],
    ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['more than a megabyte', JSON.stringify({ name: 'x', description: 'y'.repeat(1024 * 1024) }), 413],
  ])('refuses %s', async (_what, body, status) => {
    const answer = await ask('create', { body })
    expect(answer.status).toBe(status)
    if (status === 422) expect(answer.json.detail[0].loc[0]).toBe('body')
  })

  test('answers with the project; unknown properties are ignored', async () => {
    const answer = await ask('create', { body: { name: 'described', description: 'words', colour: 'red' } })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ data: { id: expect.any(String), name: 'described', description: 'words' } })
    expect((await ask('get', { project: answer.json.data.id })).json).toEqual(answer.json)
  })

  test('answers 409 with a sentence when the name is taken', async () => {
    await newProject('taken')
    const answer = await ask('create', { body: { name: 'taken' } })
    expect(answer.status).toBe(409)
    expect(answer.text).toBe('A project named "taken" already exists')
  })

  test.each([
    ['characters of one byte', 'x'.repeat(1000)],
    ['characters of three bytes', `x${'語'.repeat(333)}`],
  ])('takes a name of 1,000 bytes, of %s', async (_what, name) => {
    const { id } = await newProject(name)
    expect((await ask('get', { project: id })).json.data.name).toBe(name)
  })

  test('of two creators of one name at once, one wins', async () => {
    const answers = await Promise.all([1, 2].map(() => ask('create', { body: { name: 'raced' } })))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409])
  })
})

describe('GET /v1/projects/{project_identifier}', () => {
  test.each([
    'nobody',
    encodeGlobalId('Project', 999_999),
    encodeGlobalId('Span', 1),
    encodeGlobalId('Project', Number.MAX_SAFE_INTEGER),
    'a\0b',
    '%',
    "'; drop table projects; --",
  ])('answers 404 with a sentence for %j', async (project) => {
    const answer = await ask('get', { project })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toContain('text/plain')
  })

  test.each(['two words', 'ünïcödé 語 🦩', '100%', '%20', 'a+b', 'Default', encodeGlobalId('Span', 7)])(
    'finds the project named %j',
    async (name) => {
      await newProject(name)
      expect((await ask('get', { project: name })).json.data.name).toBe(name)
    },
  )

  test('tries the id first', async () => {
    await newProject(DEFAULT_ID)
    expect((await ask('get', { project: DEFAULT_ID })).json.data.name).toBe('default')
  })
})

describe('PUT /v1/projects/{project_identifier}', () => {
  test('refuses a bad body before it looks for the project', async () => {
    expect((await ask('update', { project: 'nobody', body: { description: 5 } })).status).toBe(422)
    expect((await ask('update', { project: 'nobody', body: { description: 'x' } })).status).toBe(404)
  })

  test('changes the description and nothing else', async () => {
    const { id, name } = await newProject()
    const answer = await ask('update', { project: id, body: { description: 'new', name: 'renamed' } })
    expect(answer.json.data).toEqual({ id, name, description: 'new' })
  })

  test.each([{}, { description: null }])('leaves the description alone with %j', async (body) => {
    const { id } = await newProject()
    await ask('update', { project: id, body: { description: 'kept' } })
    expect((await ask('update', { project: id, body })).json.data.description).toBe('kept')
  })
})

describe('DELETE /v1/projects/{project_identifier}', () => {
  test('answers 404 for a project that is not there', async () => {
    expect((await ask('delete', { project: 'nobody' })).status).toBe(404)
  })

  test.each(['default', DEFAULT_ID])('refuses the default project as %s', async (project) => {
    const answer = await ask('delete', { project })
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('cannot be deleted')
    expect((await ask('get', { project })).status).toBe(200)
  })

  test('takes the project with its traces and answers without a body', async () => {
    const { id, name } = await newProject()
    await insertTrace(runtime, { project: name, spans: [{}, { parent: 0 }] })
    const answer = await ask('delete', { project: id })
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expect((await ask('get', { project: id })).status).toBe(404)
  })
})

test('other methods are refused with a sentence', async () => {
  const answer = await call(one.PATCH, { method: 'PATCH' })
  expect(answer.status).toBe(405)
  expect(answer.headers.get('allow')).toBe('GET, HEAD, PUT, DELETE')
  expect(answer.headers.get('content-type')).toContain('text/plain')
})
