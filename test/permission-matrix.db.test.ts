/**
 * Every route is called by every principal, and the answers are compared with the table that was written by hand: a
 * refusal (401, 403) where it says no, anything else where it says yes. Requests name things that do not exist and
 * bodies that do no harm.
 */
import { eq } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { encodeGlobalId } from '#server/global-id'
import { setRuntime } from '#server/runtime'
import { createAccount, sessionCookies } from './accounts'
import { call } from './call'
import { COLUMNS, type Column, EXPECTED } from './expected-permissions'
import {
  createKey,
  createPrincipals,
  type PrincipalName,
  type Principals,
  TEST_ADMIN_SECRET,
} from './principals'
import { ROUTE_PERMISSIONS } from './route-permissions'
import { createTestRuntime, type TestRuntime, testConfig } from './runtime'

type Handler = Parameters<typeof call>[0]
type Headers_ = Record<string, string>

const files = import.meta.glob<Record<string, unknown>>('../app/**/route.{ts,tsx}')
const pathOf = (file: string) =>
  file
    .replace(/^\.\.\/app/, '')
    .replace(/\/route\.tsx?$/, '')
    .replace(/\/\([^)]+\)/g, '')

/** Words of the list of routes that ask nobody for a right. */
const OPEN_WORDS = new Set(['public', 'everybody', 'nothing here'])
/** The action behind a route with a check of its own. */
const OWN_CHECKS: Record<string, string> = { 'POST /v1/traces': 'trace.ingest' }

const routes = Object.entries(ROUTE_PERMISSIONS).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, word]) => !OPEN_WORDS.has(word))
    .map(([method, word]) => ({ name: `${method} ${path}`, method, path, word })),
)

const NOBODY = 999_999
const ID_TYPES: [RegExp, Parameters<typeof encodeGlobalId>[0]][] = [
  [/^\/v1\/system\/api_keys/, 'SystemApiKey'],
  [/^\/v1\/user\/api_keys/, 'UserApiKey'],
  [/^\/ui\/keys/, 'UserApiKey'],
  [/^\/(ui|v1)\/users/, 'User'],
  [/^\/ui\/blocked/, 'BlockedIdentity'],
  [/^\/ui\/sessions/, 'Session'],
]

/** Every parameter of a path, naming nothing that is there. */
function paramsOf(path: string): Record<string, string> {
  const names = [...path.matchAll(/\[(\w+)\]/g)].map((match) => match[1] as string)
  const type = ID_TYPES.find(([pattern]) => pattern.test(path))?.[1] ?? 'Project'
  return Object.fromEntries(
    names.map((name) => [name, encodeGlobalId(name === 'sessionId' ? 'Session' : type, NOBODY)]),
  )
}

let counter = 0
/** Bodies that are right; a route that is not named here gets one that changes nothing. */
const BODIES: Record<string, () => unknown> = {
  'POST /v1/projects': () => ({ name: `project ${++counter}` }),
  'POST /v1/user/api_keys': () => ({ data: { name: 'key' } }),
  'POST /v1/system/api_keys': () => ({ data: { name: 'key' } }),
  'POST /v1/user/api_keys/[api_key_id]/rotate': () => ({ data: { grace_seconds: 0 } }),
  'POST /v1/system/api_keys/[api_key_id]/rotate': () => ({ data: { grace_seconds: 0 } }),
  'PATCH /v1/user': () => ({ user: {} }),
  'PATCH /v1/users/[user_id]': () => ({ user: { disabled: false } }),
  'POST /v1/users': () => {
    const name = `person ${++counter}`
    return {
      user: { auth_method: 'LOCAL', username: name, email: `m${counter}@example.com`, role: 'VIEWER' },
    }
  },
  'POST /graphql': () => ({ query: '{ __typename }' }),
  'POST /ui/blocked/lift': () => ({ email: 'nobody@example.com' }),
}

let runtime: TestRuntime
let who: Principals
const handlers = new Map<string, Handler>()

beforeAll(async () => {
  runtime = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(runtime)
  for (const [file, load] of Object.entries(files)) {
    for (const [method, value] of Object.entries(await load()))
      if (typeof value === 'function') handlers.set(`${method} ${pathOf(file)}`, value as Handler)
  }
})

async function ask(route: (typeof routes)[number], headers: Headers_) {
  const handler = handlers.get(route.name) ?? expect.fail(`no handler for ${route.name}`)
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE'
  return call(handler, {
    method: route.method,
    path: route.path.replace(/\[\w+\]/g, 'x'),
    params: paramsOf(route.path),
    // No kind of body that spans come in: refused once the sender has been let in.
    headers: { ...headers, 'content-type': route.path === '/v1/traces' ? 'text/plain' : 'application/json' },
    ...(hasBody && { body: BODIES[route.name]?.() ?? {} }),
  })
}

async function askAs(column: Column, route: (typeof routes)[number]) {
  if (column === 'warm-up') return ask(route, runtime.ownRequests.begin())
  if (column !== 'authentication off') return ask(route, who[column as PrincipalName].headers)
  setRuntime({ ...runtime, config: testConfig({ auth: { enabled: false } }) })
  try {
    return await ask(route, {})
  } finally {
    setRuntime(runtime)
  }
}

/** What the hand-written table says about a route; where ownership counts, about what is one's own. */
function expectedFor({ name, word }: (typeof routes)[number]) {
  const action = OWN_CHECKS[name] ?? word
  const rows = EXPECTED.filter((row) => row.action === action)
  return rows.find((row) => row.own) ?? rows[0] ?? expect.fail(`the expected table has no ${action}`)
}

const REFUSED = [401, 403]

test('there are routes to ask', () => expect(routes.length).toBeGreaterThan(25))

test.each(routes.map((route) => [route.name, route] as const))(
  '%s answers every principal as the table says',
  async (_, route) => {
    const { allowed } = expectedFor(route)
    const wrong: string[] = []
    for (const column of COLUMNS) {
      const { status, text } = await askAs(column, route)
      // Only pages know the server's own requests; to every route they come from nobody.
      const refusal = column === 'anonymous' || column === 'warm-up' ? 401 : 403
      const isAllowed = allowed.get(column) && column !== 'warm-up'
      const isRight = isAllowed ? !REFUSED.includes(status) && status < 500 : status === refusal
      if (!isRight) wrong.push(`${column}: ${status} ${text}`)
    }
    expect(wrong).toEqual([])
  },
)

test('a disabled account, a bad credential and none at all are told apart nowhere', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  const cookie = await sessionCookies(runtime, user)
  const key = await createKey(runtime, { userId: user.id, scope: 'full', role: null })
  const { users } = runtime.db.t
  const disabled = { disabledAt: new Date() }
  await runtime.db.write((tx) => tx.update(users).set(disabled).where(eq(users.id, user.id)))
  const strangers: Headers_[] = [{ cookie }, key.headers, { authorization: 'Bearer nonsense' }]
  const wrong: string[] = []
  for (const route of routes) {
    const plain = await ask(route, {})
    for (const headers of strangers) {
      const { status, text } = await ask(route, headers)
      if (status !== 401 || text !== plain.text) wrong.push(`${route.name}: ${status} ${text}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a session that must choose a new password reaches its own profile and nothing else', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN', resetPassword: true })
  const cookie = await sessionCookies(runtime, user)
  const reached: string[] = []
  for (const route of routes) {
    const { status, headers } = await ask(route, { cookie })
    if (status !== 403) reached.push(route.name)
    else expect(headers.get('x-error-code'), route.name).toBe('password_reset_required')
  }
  expect(reached).toEqual(['GET /v1/user', 'PATCH /v1/user'])
})
