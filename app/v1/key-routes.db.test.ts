import { eq } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import * as systemKey from '#app/v1/system/api_keys/[api_key_id]/route'
import * as systemKeys from '#app/v1/system/api_keys/route'
import * as userKey from '#app/v1/user/api_keys/[api_key_id]/route'
import * as userKeys from '#app/v1/user/api_keys/route'
import * as allUserKeys from '#app/v1/users/api_keys/route'
import { encodeGlobalId } from '#server/global-id'
import type { RouteHandler } from '#server/http'
import { setRuntime } from '#server/runtime'
import { sessionCookies } from '../../test/accounts'
import {
  createKey,
  createPrincipals,
  createUser,
  type PrincipalName,
  type Principals,
  SYSTEM_USER_ID,
  TEST_ADMIN_SECRET,
} from '../../test/principals'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'

const ROUTES = {
  'GET /v1/user/api_keys': userKeys.GET,
  'POST /v1/user/api_keys': userKeys.POST,
  'DELETE /v1/user/api_keys/{id}': userKey.DELETE,
  'GET /v1/users/api_keys': allUserKeys.GET,
  'GET /v1/system/api_keys': systemKeys.GET,
  'POST /v1/system/api_keys': systemKeys.POST,
  'DELETE /v1/system/api_keys/{id}': systemKey.DELETE,
} as const
type RouteName = keyof typeof ROUTES

let runtime: TestRuntime
let who: Principals

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(runtime)
})

interface Call {
  as: PrincipalName | { headers: Record<string, string> }
  id?: string
  query?: string
  body?: unknown
}

function call(name: RouteName, { as, id = '', query = '', body }: Call): Promise<Response> {
  const [method, path] = name.split(' ') as [string, string]
  const headers = new Headers(typeof as === 'string' ? who[as].headers : as.headers)
  const url = `http://localhost:6006${path.replace('{id}', encodeURIComponent(id))}${query}`
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  if (text !== undefined) headers.set('content-type', 'application/json')
  const request = new Request(url, { method, headers, body: text ?? null })
  const handler: RouteHandler = ROUTES[name]
  return handler(request, { params: Promise.resolve(id ? { api_key_id: id } : {}) })
}

const NEW_KEY = { data: { name: 'exporter' } }
const userKeyId = (id: number) => encodeGlobalId('UserApiKey', id)
const systemKeyId = (id: number) => encodeGlobalId('SystemApiKey', id)
const somebodysKey = (role: 'ADMIN' | 'MEMBER' | 'VIEWER') =>
  createKey(runtime, { userId: who[`session ${role}`].userId as number, scope: 'full', role: null })
const someSystemKey = () => createKey(runtime, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })

// biome-ignore format: a table is read by column. Columns: own list, own create, delete own (or, for those who own none, a member's),
// delete an admin's, list everybody's, list system, create system, delete system.
const STATUSES: [PrincipalName, number, number, number, number, number, number, number, number][] = [
  ['anonymous',                 401, 401, 401, 401, 401, 401, 401, 401],
  ['session VIEWER',            200, 201, 204, 404, 403, 403, 403, 403],
  ['session MEMBER',            200, 201, 204, 404, 403, 403, 403, 403],
  ['session ADMIN',             200, 201, 204, 204, 200, 200, 201, 204],
  ['user key VIEWER full',      200, 403, 204, 404, 403, 403, 403, 403],
  ['user key VIEWER read',      200, 403, 403, 403, 403, 403, 403, 403],
  ['user key VIEWER ingest',    403, 403, 403, 403, 403, 403, 403, 403],
  ['user key MEMBER full',      200, 403, 204, 404, 403, 403, 403, 403],
  ['user key MEMBER read',      200, 403, 403, 403, 403, 403, 403, 403],
  ['user key MEMBER ingest',    403, 403, 403, 403, 403, 403, 403, 403],
  ['user key ADMIN full',       200, 403, 204, 204, 200, 200, 403, 204],
  ['user key ADMIN read',       200, 403, 403, 403, 200, 200, 403, 403],
  ['user key ADMIN ingest',     403, 403, 403, 403, 403, 403, 403, 403],
  ['system key VIEWER full',    200, 403, 403, 403, 403, 403, 403, 403],
  ['system key VIEWER read',    200, 403, 403, 403, 403, 403, 403, 403],
  ['system key VIEWER ingest',  403, 403, 403, 403, 403, 403, 403, 403],
  ['system key MEMBER full',    200, 403, 403, 403, 403, 403, 403, 403],
  ['system key MEMBER read',    200, 403, 403, 403, 403, 403, 403, 403],
  ['system key MEMBER ingest',  403, 403, 403, 403, 403, 403, 403, 403],
  ['system key ADMIN full',     200, 403, 204, 204, 200, 200, 403, 204],
  ['system key ADMIN read',     200, 403, 403, 403, 200, 200, 403, 403],
  ['system key ADMIN ingest',   403, 403, 403, 403, 403, 403, 403, 403],
  ['admin secret',              200, 403, 204, 204, 200, 200, 201, 204],
]

test.each(STATUSES)('each key route answers as it should: %s', async (as, ...expected) => {
  const ownRole = /^(?:session|user key) (\w+)/.exec(as)?.[1] as 'ADMIN' | 'MEMBER' | 'VIEWER' | undefined
  const own = userKeyId((await somebodysKey(ownRole ?? 'MEMBER')).keyId)
  const admins = userKeyId((await somebodysKey('ADMIN')).keyId)
  const system = systemKeyId((await someSystemKey()).keyId)
  const answers = [
    await call('GET /v1/user/api_keys', { as }),
    await call('POST /v1/user/api_keys', { as, body: NEW_KEY }),
    await call('DELETE /v1/user/api_keys/{id}', { as, id: own }),
    await call('DELETE /v1/user/api_keys/{id}', { as, id: admins }),
    await call('GET /v1/users/api_keys', { as }),
    await call('GET /v1/system/api_keys', { as }),
    await call('POST /v1/system/api_keys', { as, body: NEW_KEY }),
    await call('DELETE /v1/system/api_keys/{id}', { as, id: system }),
  ]
  expect(answers.map((answer) => answer.status)).toEqual(expected)
})

test('with authentication off every key route is 403 and says why', async () => {
  const open = { ...runtime, config: testConfig({ auth: { enabled: false } }) }
  setRuntime(open)
  try {
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const body = name.startsWith('POST') ? NEW_KEY : undefined
      const answer = await call(name, { as: 'anonymous', body, id: userKeyId(1) })
      expect(answer.status, name).toBe(403)
      expect(answer.headers.get('content-type'), name).toContain('text/plain')
      expect(await answer.text(), name).toContain('authentication')
    }
  } finally {
    setRuntime(runtime)
  }
})

test('a refusal of credentials says how to present some', async () => {
  const answer = await call('GET /v1/system/api_keys', { as: 'anonymous' })
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Bennu"')
})

// Garbage never tells a stranger more than 401, nor somebody without the right more than 403.
test.each([
  ['anonymous', 401],
  ['session MEMBER', 403],
  ['system key MEMBER full', 403],
] as const)('a bad body from %s is %i, before anybody looks at it', async (as, status) => {
  expect((await call('POST /v1/system/api_keys', { as, body: '{nonsense' })).status).toBe(status)
})

test.each([
  ['anonymous', 401],
  ['session MEMBER', 403],
  ['session ADMIN', 422],
] as const)('a garbage id from %s is %i', async (as, status) => {
  expect((await call('DELETE /v1/system/api_keys/{id}', { as, id: 'garbage' })).status).toBe(status)
})

const ALLOWED = [
  ['POST /v1/user/api_keys', 'session MEMBER'],
  ['POST /v1/system/api_keys', 'session ADMIN'],
  ['POST /v1/system/api_keys', 'admin secret'],
] as const
const PAST = '2001-01-01T00:00:00Z'
const BAD_BODIES: [string, unknown, number][] = [
  ['no JSON', '{"data":', 400],
  ['nothing', '', 422],
  ['null', 'null', 422],
  ['a list', [], 422],
  ['no data', {}, 422],
  ['data as text', { data: 'name' }, 422],
  ['no name', { data: {} }, 422],
  ['a blank name', { data: { name: ' \t ' } }, 422],
  ['a name that is a number', { data: { name: 7 } }, 422],
  ['a name of 201 characters', { data: { name: 'x'.repeat(201) } }, 422],
  ['a NUL in the name', { data: { name: 'a\0b' } }, 422],
  ['a lone surrogate in the name', '{"data":{"name":"a\\ud800b"}}', 422],
  ['a NUL in the description', { data: { name: 'k', description: '\0' } }, 422],
  ['a description that is a list', { data: { name: 'k', description: [] } }, 422],
  ['an unknown scope', { data: { name: 'k', scope: 'write' } }, 422],
  ['an empty scope', { data: { name: 'k', scope: '' } }, 422],
  ['an unknown role', { data: { name: 'k', role: 'SYSTEM' } }, 422],
  ['an expiry that is no time', { data: { name: 'k', expires_at: 'tomorrow' } }, 422],
  ['an empty expiry', { data: { name: 'k', expires_at: '' } }, 422],
  ['an expiry on the 30th of February', { data: { name: 'k', expires_at: '2099-02-30T00:00:00Z' } }, 422],
  ['an expiry as a number', '{"data":{"name":"k","expires_at":1e999}}', 422],
  ['an expiry in the past', { data: { name: 'k', expires_at: PAST } }, 422],
  ['a naive expiry in the past', { data: { name: 'k', expires_at: '2001-01-01T00:00:00' } }, 422],
]

test.each(BAD_BODIES)('a create body with %s is refused and makes no key', async (_what, body, status) => {
  const before = await countKeys()
  for (const [name, as] of ALLOWED) expect((await call(name, { as, body })).status, name).toBe(status)
  expect(await countKeys()).toBe(before)
})

test('a user key takes no role of its own', async () => {
  const answer = await call('POST /v1/user/api_keys', {
    as: 'session ADMIN',
    body: { data: { name: 'k', role: 'VIEWER' } },
  })
  expect(answer.status).toBe(422)
  expect(await answer.text()).toContain('role')
})

test('an expiry in the past is named in plain text', async () => {
  const answer = await call('POST /v1/user/api_keys', {
    as: 'session MEMBER',
    body: { data: { name: 'k', expires_at: PAST } },
  })
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toBe('expires_at must be in the future')
})

test('a body over 1 MiB is 413', async () => {
  const body = { data: { name: 'k', description: 'x'.repeat(1024 * 1024) } }
  expect((await call('POST /v1/user/api_keys', { as: 'session MEMBER', body })).status).toBe(413)
})

test.each([
  ['garbage', 422],
  ['', 422],
  [encodeGlobalId('User', 1), 422],
  [Buffer.from('UserApiKey:-1').toString('base64'), 422],
  [Buffer.from('UserApiKey:1e3').toString('base64'), 422],
  [Buffer.from(`UserApiKey:${'9'.repeat(30)}`).toString('base64'), 422],
  [encodeGlobalId('UserApiKey', Number.MAX_SAFE_INTEGER), 404],
  [encodeGlobalId('UserApiKey', 0), 404],
] as const)('deleting the user key %j is %i', async (id, status) => {
  const params = Promise.resolve({ api_key_id: id })
  const request = new Request('http://localhost:6006/v1/user/api_keys/x', {
    method: 'DELETE',
    headers: who['session ADMIN'].headers,
  })
  expect((await userKey.DELETE(request, { params })).status).toBe(status)
})

test('the id of the other kind is 422 on each path', async () => {
  const own = await somebodysKey('ADMIN')
  const as = 'session ADMIN'
  const userPath = await call('DELETE /v1/user/api_keys/{id}', { as, id: systemKeyId(own.keyId) })
  const systemPath = await call('DELETE /v1/system/api_keys/{id}', { as, id: userKeyId(own.keyId) })
  expect([userPath.status, systemPath.status]).toEqual([422, 422])
})

test('a key relabelled as the other kind is not found and stays', async () => {
  const user = await somebodysKey('MEMBER')
  const system = await someSystemKey()
  const before = await countKeys()
  const as = 'session ADMIN'
  const userPath = await call('DELETE /v1/user/api_keys/{id}', { as, id: userKeyId(system.keyId) })
  const systemPath = await call('DELETE /v1/system/api_keys/{id}', { as, id: systemKeyId(user.keyId) })
  expect([userPath.status, systemPath.status]).toEqual([404, 404])
  expect(await countKeys()).toBe(before)
})

test("another's key and a missing one are told apart by nothing", async () => {
  const other = await somebodysKey('ADMIN')
  const as = 'session MEMBER'
  const others = await call('DELETE /v1/user/api_keys/{id}', { as, id: userKeyId(other.keyId) })
  const missing = await call('DELETE /v1/user/api_keys/{id}', { as, id: userKeyId(999_999) })
  expect(await others.text()).toBe(await missing.text())
  expect([...others.headers]).toEqual([...missing.headers])
})

test('the limit and the cursor of the list of all keys are checked', async () => {
  const as = 'session ADMIN'
  const statuses: Record<string, number> = {}
  const queries = ['?limit=0', '?limit=-1', '?limit=1001', '?limit=x', '?limit=', '?limit=1e2', '?limit=1000']
  const cursors = ['?cursor=garbage', `?cursor=${systemKeyId(1)}`, `?cursor=${userKeyId(1)}`, '?cursor=']
  for (const query of [...queries, ...cursors])
    statuses[query] = (await call('GET /v1/users/api_keys', { as, query })).status
  expect(Object.values(statuses)).toEqual([422, 422, 422, 422, 422, 422, 200, 422, 422, 200, 200])
})

test('a bad cursor is told in plain text', async () => {
  const answer = await call('GET /v1/users/api_keys', { as: 'session ADMIN', query: '?cursor=garbage' })
  expect(answer.headers.get('content-type')).toContain('text/plain')
  expect(await answer.text()).toContain('Invalid cursor format')
})

test('the answer to a creation is kept by no cache', async () => {
  const answer = await call('POST /v1/system/api_keys', { as: 'session ADMIN', body: NEW_KEY })
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('a session that must change its password reaches no key route; its keys do', async () => {
  const userId = await createUser(runtime, 'ADMIN', 'forced')
  const headers = { cookie: await sessionCookies(runtime, { id: userId }) }
  const key = await createKey(runtime, { userId, scope: 'full', role: null })
  const { users } = runtime.db.t
  await runtime.db.write((tx) => tx.update(users).set({ resetPassword: true }).where(eq(users.id, userId)))
  const statuses: Record<string, number> = {}
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const answer = await call(name, {
      as: { headers },
      id: 'any',
      ...(name.startsWith('POST') && { body: NEW_KEY }),
    })
    statuses[`${name} ${await answer.text()}`] = answer.status
  }
  expect(Object.entries(statuses)).toEqual(
    Object.keys(ROUTES).map((name) => [`${name} password reset required`, 403]),
  )
  expect((await call('GET /v1/system/api_keys', { as: key })).status).toBe(200)
})

test('a key deleted over REST is refused at its very next request, fifty times over', async () => {
  for (let round = 0; round < 50; round++) {
    const made = await call('POST /v1/system/api_keys', { as: 'session ADMIN', body: NEW_KEY })
    const { data } = (await made.json()) as { data: { id: string; key: string } }
    const as = { headers: { authorization: `Bearer ${data.key}` } }
    expect((await call('GET /v1/user/api_keys', { as })).status).toBe(200)
    await call('DELETE /v1/system/api_keys/{id}', { as: 'session ADMIN', id: data.id })
    expect((await call('GET /v1/user/api_keys', { as })).status).toBe(401)
  }
})

test('a method that a path does not have is 405', async () => {
  expect((await systemKeys.PUT()).status).toBe(405)
})

async function countKeys(): Promise<number> {
  return runtime.db.read.$count(runtime.db.t.apiKeys)
}
