/**
 * Each operation, done by each kind of caller, over REST and over GraphQL: both allow or both refuse, and both have the
 * same effect. Who may do what is written here by hand.
 */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import * as oneProject from '#app/v1/projects/[project_identifier]/route'
import * as spans from '#app/v1/projects/[project_identifier]/spans/route'
import * as projects from '#app/v1/projects/route'
import * as secrets from '#app/v1/secrets/route'
import * as systemKey from '#app/v1/system/api_keys/[api_key_id]/route'
import * as systemKeys from '#app/v1/system/api_keys/route'
import * as userKey from '#app/v1/user/api_keys/[api_key_id]/route'
import * as userKeys from '#app/v1/user/api_keys/route'
import * as ownUser from '#app/v1/user/route'
import * as oneUser from '#app/v1/users/[user_id]/route'
import * as allKeys from '#app/v1/users/api_keys/route'
import * as users from '#app/v1/users/route'
import { encodeGlobalId } from '#server/global-id'
import { operationNeeds } from '#server/graphql/schema'
import { setRuntime } from '#server/runtime'
import { createAccount } from '../../test/accounts'
import { type Answer, call } from '../../test/call'
import { askGraphql, type GraphqlAnswer } from '../../test/graphql'
import {
  createKey,
  createPrincipals,
  type PrincipalName,
  type Principals,
  SYSTEM_USER_ID,
  TEST_ADMIN_SECRET,
} from '../../test/principals'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'
import { insertTrace } from '../../test/traces'

type Who = PrincipalName | 'authentication off'
type Headers_ = Record<string, string>

let world: TestRuntime
let who: Principals
let counter = 0
const SPAN_ID = 'abcdef0123456789'
const fresh = (word: string) => `${word} ${++counter}`

beforeAll(async () => {
  world = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(world)
  await insertTrace(world, { spans: [{ spanId: SPAN_ID }] })
})

/** Whom both ways must let pass; everybody else is refused. `V M A` are the roles of sessions. */
const EVERY_SESSION: Who[] = ['session VIEWER', 'session MEMBER', 'session ADMIN']
const ADMINS: Who[] = ['session ADMIN', 'user key ADMIN full', 'system key ADMIN full', 'admin secret']
const READING_ADMINS: Who[] = [...ADMINS, 'user key ADMIN read', 'system key ADMIN read']
const ROLES = ['VIEWER', 'MEMBER', 'ADMIN'] as const
const READERS: Who[] = [
  ...EVERY_SESSION,
  ...ROLES.flatMap((role): Who[] => [
    `user key ${role} full`,
    `user key ${role} read`,
    `system key ${role} full`,
    `system key ${role} read`,
  ]),
  'admin secret',
]

const FULL_KEYS: Who[] = ROLES.map((role): Who => `user key ${role} full`)
const PERSONAL_KEYS: Who[] = ROLES.flatMap((role): Who[] => [
  `user key ${role} full`,
  `user key ${role} read`,
])

/** What REST has no twin of, with whom it lets pass. */
const WITHOUT_TWIN: [operation: string, query: string, allowed: readonly Who[]][] = [
  ['userRoles', '{ userRoles { name } }', [...READERS, 'authentication off']],
  ['secrets', '{ secrets { edges { node { key value { __typename } } } } }', ['session ADMIN']],
  [
    'the keys of everybody’s accounts',
    '{ users { edges { node { apiKeys { name } apiKeyCount } } } }',
    READING_ADMINS,
  ],
  [
    'values of secrets that are set',
    'mutation { upsertOrDeleteSecrets(input: { secrets: [{ key: "T", value: "v" }] }) { upsertedSecrets { value { __typename } } } }',
    ['session ADMIN'],
  ],
]

/** One way of doing it: what was answered, and whether it happened. */
interface Outcome {
  answer: Answer
  done: boolean
}
interface Operation {
  allowed: readonly Who[]
  rest: (headers: Headers_, name: Who) => Promise<Outcome>
  graphql: (headers: Headers_, name: Who) => Promise<Outcome>
}

const json = (headers: Headers_, method: string, body?: unknown, params = {}) => ({
  method,
  headers,
  params,
  ...(body !== undefined && { body }),
})
const mutate = (name: string, type: string, input: object, headers: Headers_, fields: string) =>
  askGraphql(`mutation($input: ${type}!) { ${name}(input: $input) { ${fields} } }`, headers, { input })
const shown = (answer: Answer, text: string): Outcome => ({ answer, done: answer.text.includes(text) })

const userBy = async (column: 'id' | 'username', value: number | string) => {
  const { users: t } = world.db.t
  return (
    await world.db.read
      .select()
      .from(t)
      .where(eq(t[column], value as never))
  )[0]
}
const keyIsThere = async (id: number) => {
  const { apiKeys } = world.db.t
  return (await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, id))).length === 1
}
const keyNamed = async (name: string) => {
  const { apiKeys } = world.db.t
  return (await world.db.read.select().from(apiKeys).where(eq(apiKeys.name, name))).length === 1
}
const secretIsThere = async (key: string) => {
  const { secrets: t } = world.db.t
  return (await world.db.read.select().from(t).where(eq(t.key, key))).length === 1
}
const newKeyOf = async (userId: number) =>
  (await createKey(world, { userId, scope: 'full', role: userId === SYSTEM_USER_ID ? 'MEMBER' : null })).keyId
const ownUserId = (name: Who) => (name === 'authentication off' ? null : who[name].userId)

async function deletion(
  kind: 'UserApiKey' | 'SystemApiKey',
  userId: number,
  run: (id: string) => Promise<Answer>,
): Promise<Outcome> {
  const id = await newKeyOf(userId)
  const answer = await run(encodeGlobalId(kind, id))
  return { answer, done: !(await keyIsThere(id)) }
}
const stranger = async () => (await createAccount(world)).id

const OPERATIONS: Record<string, Operation> = {
  createUser: {
    allowed: ADMINS,
    rest: async (headers) => {
      const username = fresh('made')
      const user = { auth_method: 'LOCAL', username, email: `r${counter}@example.com`, role: 'MEMBER' }
      const answer = await call(users.POST, json(headers, 'POST', { user, send_welcome_email: false }))
      return { answer, done: (await userBy('username', username))?.role === 'MEMBER' }
    },
    graphql: async (headers) => {
      const username = fresh('made')
      const input = { username, email: `g${counter}@example.com`, role: 'MEMBER' }
      const answer = await mutate('createUser', 'CreateUserInput', input, headers, 'user { id }')
      return { answer, done: (await userBy('username', username))?.role === 'MEMBER' }
    },
  },
  patchUser: {
    allowed: ADMINS,
    rest: async (headers) => {
      const id = await stranger()
      const params = { user_id: encodeGlobalId('User', id) }
      const answer = await call(oneUser.PATCH, json(headers, 'PATCH', { user: { role: 'VIEWER' } }, params))
      return { answer, done: (await userBy('id', id))?.role === 'VIEWER' }
    },
    graphql: async (headers) => {
      const id = await stranger()
      const input = { userId: encodeGlobalId('User', id), newRole: 'VIEWER' }
      const answer = await mutate('patchUser', 'PatchUserInput', input, headers, 'user { id }')
      return { answer, done: (await userBy('id', id))?.role === 'VIEWER' }
    },
  },
  patchViewer: {
    allowed: EVERY_SESSION,
    rest: async (headers) => {
      const username = fresh('renamed')
      const answer = await call(ownUser.PATCH, json(headers, 'PATCH', { user: { username } }))
      return { answer, done: (await userBy('username', username)) !== undefined }
    },
    graphql: async (headers) => {
      const newUsername = fresh('renamed')
      const answer = await mutate('patchViewer', 'PatchViewerInput', { newUsername }, headers, 'user { id }')
      return { answer, done: (await userBy('username', newUsername)) !== undefined }
    },
  },
  deleteUsers: {
    allowed: ADMINS,
    rest: async (headers) => {
      const id = await stranger()
      const params = { user_id: encodeGlobalId('User', id) }
      const answer = await call(oneUser.DELETE, json(headers, 'DELETE', undefined, params))
      return { answer, done: (await userBy('id', id)) === undefined }
    },
    graphql: async (headers) => {
      const id = await stranger()
      const input = { userIds: [encodeGlobalId('User', id)] }
      const answer = await mutate('deleteUsers', 'DeleteUsersInput', input, headers, 'userIds')
      return { answer, done: (await userBy('id', id)) === undefined }
    },
  },
  createUserApiKey: {
    allowed: EVERY_SESSION,
    rest: async (headers) => {
      const name = fresh('key')
      const answer = await call(userKeys.POST, json(headers, 'POST', { data: { name } }))
      return { answer, done: await keyNamed(name) }
    },
    graphql: async (headers) => {
      const name = fresh('key')
      const answer = await mutate('createUserApiKey', 'CreateApiKeyInput', { name }, headers, 'jwt')
      return { answer, done: await keyNamed(name) }
    },
  },
  createSystemApiKey: {
    allowed: ['session ADMIN', 'admin secret'],
    rest: async (headers) => {
      const name = fresh('key')
      const answer = await call(systemKeys.POST, json(headers, 'POST', { data: { name } }))
      return { answer, done: await keyNamed(name) }
    },
    graphql: async (headers) => {
      const name = fresh('key')
      const answer = await mutate('createSystemApiKey', 'CreateApiKeyInput', { name }, headers, 'jwt')
      return { answer, done: await keyNamed(name) }
    },
  },
  'deleteUserApiKey of oneself': {
    allowed: [...EVERY_SESSION, ...FULL_KEYS, 'system key ADMIN full', 'admin secret'],
    rest: async (headers, name) => {
      const run = (id: string) => call(userKey.DELETE, json(headers, 'DELETE', undefined, { api_key_id: id }))
      return deletion('UserApiKey', personOf(name), run)
    },
    graphql: async (headers, name) => {
      const run = (id: string) => mutate('deleteUserApiKey', 'DeleteApiKeyInput', { id }, headers, 'apiKeyId')
      return deletion('UserApiKey', personOf(name), run)
    },
  },
  'deleteUserApiKey of another': {
    allowed: ADMINS,
    rest: async (headers) => {
      const run = (id: string) => call(userKey.DELETE, json(headers, 'DELETE', undefined, { api_key_id: id }))
      return deletion('UserApiKey', await stranger(), run)
    },
    graphql: async (headers) => {
      const run = (id: string) => mutate('deleteUserApiKey', 'DeleteApiKeyInput', { id }, headers, 'apiKeyId')
      return deletion('UserApiKey', await stranger(), run)
    },
  },
  deleteSystemApiKey: {
    allowed: ADMINS,
    rest: async (headers) => {
      const run = (id: string) =>
        call(systemKey.DELETE, json(headers, 'DELETE', undefined, { api_key_id: id }))
      return deletion('SystemApiKey', SYSTEM_USER_ID, run)
    },
    graphql: async (headers) => {
      const run = (id: string) =>
        mutate('deleteSystemApiKey', 'DeleteApiKeyInput', { id }, headers, 'apiKeyId')
      return deletion('SystemApiKey', SYSTEM_USER_ID, run)
    },
  },
  upsertOrDeleteSecrets: {
    allowed: [...ADMINS, 'authentication off'],
    rest: async (headers) => {
      const key = `REST_${++counter}`
      const answer = await call(secrets.PUT, json(headers, 'PUT', { secrets: [{ key, value: 'v' }] }))
      return { answer, done: await secretIsThere(key) }
    },
    graphql: async (headers) => {
      const key = `GRAPHQL_${++counter}`
      const input = { secrets: [{ key, value: 'v' }] }
      const answer = await mutate(
        'upsertOrDeleteSecrets',
        'UpsertOrDeleteSecretsInput',
        input,
        headers,
        'deletedIds',
      )
      return { answer, done: await secretIsThere(key) }
    },
  },
  users: {
    allowed: READING_ADMINS,
    rest: async (headers) =>
      shown(await call(users.GET, { headers, path: '/v1/users?limit=1000' }), 'viewer@example.com'),
    graphql: async (headers) =>
      shown(
        await askGraphql('{ users(first: 1000) { edges { node { email } } } }', headers),
        'viewer@example.com',
      ),
  },
  userApiKeys: {
    allowed: READING_ADMINS,
    rest: async (headers) => shown(await call(allKeys.GET, { headers }), 'test key'),
    graphql: async (headers) => shown(await askGraphql('{ userApiKeys { name } }', headers), 'test key'),
  },
  systemApiKeys: {
    allowed: READING_ADMINS,
    rest: async (headers) => shown(await call(systemKeys.GET, { headers }), 'test key'),
    graphql: async (headers) => shown(await askGraphql('{ systemApiKeys { name } }', headers), 'test key'),
  },
  viewer: {
    allowed: [...EVERY_SESSION, ...PERSONAL_KEYS],
    rest: async (headers, name) => showsPerson(await call(ownUser.GET, { headers }), name),
    graphql: async (headers, name) => showsPerson(await askGraphql('{ viewer { id } }', headers), name),
  },
  'node of oneself': {
    allowed: [...EVERY_SESSION, ...PERSONAL_KEYS],
    rest: async (headers, name) => showsPerson(await call(ownUser.GET, { headers }), name),
    graphql: async (headers, name) =>
      showsPerson(await askGraphql(`{ node(id: "${idOfPerson(name)}") { id } }`, headers), name),
  },
  'node of another': {
    allowed: READING_ADMINS,
    rest: async (headers) =>
      shown(await call(users.GET, { headers, path: '/v1/users?limit=1000' }), btoa('User:2')),
    graphql: async (headers) =>
      shown(
        await askGraphql(`{ node(id: "${btoa('User:2')}") { id ... on User { email } } }`, headers),
        'admin@localhost',
      ),
  },
  'node of a project': {
    allowed: [...READERS, 'authentication off'],
    rest: async (headers) => {
      const params = { project_identifier: btoa('Project:1') }
      return shown(await call(oneProject.GET, { headers, params }), '"default"')
    },
    graphql: async (headers) =>
      shown(
        await askGraphql(`{ node(id: "${btoa('Project:1')}") { ... on Project { name } } }`, headers),
        '"default"',
      ),
  },
  getSpanByOtelId: {
    allowed: [...READERS, 'authentication off'],
    rest: async (headers) => {
      const params = { project_identifier: 'default' }
      return shown(await call(spans.GET, { headers, params }), SPAN_ID)
    },
    graphql: async (headers) =>
      shown(
        await askGraphql(`{ getSpanByOtelId(spanId: "${SPAN_ID}") { name spanId } }`, headers),
        `"${SPAN_ID}"`,
      ),
  },
  projects: {
    allowed: [...READERS, 'authentication off'],
    rest: async (headers) => shown(await call(projects.GET, { headers }), '"default"'),
    graphql: async (headers) =>
      shown(await askGraphql('{ projects { edges { node { name } } } }', headers), '"default"'),
  },
}

const idOfPerson = (name: Who) => encodeGlobalId('User', isPerson(name) ? (ownUserId(name) ?? 0) : 999_999)
const showsPerson = (answer: Answer, name: Who) => shown(answer, `"id":"${idOfPerson(name)}"`)
const isPerson = (name: Who) => name.startsWith('session') || name.startsWith('user key')

/** Whose keys are one's own: whoever is no person has none, and asks for those of somebody else. */
function personOf(name: Who): number {
  return (isPerson(name) ? ownUserId(name) : who['session MEMBER'].userId) ?? 0
}

const NAMES: Who[] = [
  'anonymous',
  'authentication off',
  ...EVERY_SESSION,
  ...ROLES.flatMap((role): Who[] => [
    `user key ${role} full`,
    `user key ${role} read`,
    `user key ${role} ingest`,
    `system key ${role} full`,
    `system key ${role} read`,
    `system key ${role} ingest`,
  ]),
  'admin secret',
]

async function as<T>(name: Who, run: (headers: Headers_) => Promise<T>): Promise<T> {
  if (name !== 'authentication off') return run(who[name].headers)
  setRuntime({ ...world, config: testConfig({ auth: { enabled: false } }) })
  try {
    return await run({})
  } finally {
    setRuntime(world)
  }
}

test('every operation has its lines', () => {
  const lines = [...Object.keys(OPERATIONS), ...WITHOUT_TWIN.map(([name]) => name)]
  const missing = Object.keys(operationNeeds())
    .map((name) => name.split('.')[1] ?? '')
    .filter((name) => !lines.some((line) => line.split(' ')[0] === name))
  expect(missing).toEqual([])
})

test.each(WITHOUT_TWIN)('%s', async (_operation, query, allowed) => {
  const passed: Who[] = []
  for (const name of NAMES) {
    const answer = await as(name, (headers) => askGraphql(query, headers))
    if (answer.data !== null) passed.push(name)
    else expect(answer.errors === '' ? answer.status >= 401 : true, name).toBe(true)
  }
  expect(passed.sort()).toEqual([...allowed].sort())
})

describe.each(Object.entries(OPERATIONS))('%s', (_operation, { allowed, rest, graphql }) => {
  test.each(NAMES)('%s', async (name) => {
    const isAllowed = allowed.includes(name)
    const byRest = await as(name, (headers) => rest(headers, name))
    const byGraphql = await as(name, (headers) => graphql(headers, name))
    expect(byRest.done, `REST: ${byRest.answer.status} ${byRest.answer.text.slice(0, 300)}`).toBe(isAllowed)
    expect(byGraphql.done, `GraphQL: ${byGraphql.answer.status} ${byGraphql.answer.text.slice(0, 300)}`).toBe(
      isAllowed,
    )
    const { data, errors } = byGraphql.answer as GraphqlAnswer
    if (isAllowed) expect(errors).toBe('')
    // Of viewer it is the answer for whoever is no person.
    else expect(data === null || data.viewer === null).toBe(true)
    expect(byGraphql.answer.headers.get('set-cookie')).toBe(null)
  })
})
