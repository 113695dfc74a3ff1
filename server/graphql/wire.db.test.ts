/** What goes over the wire: statuses, cookies, and the sentences that scripts look for. */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import * as graphql from '#app/graphql/route'
import { encodeGlobalId } from '#server/global-id'
import { setRuntime } from '#server/runtime'
import { createAccount, sessionCookies, TEST_PASSWORD } from '../../test/accounts'
import { call } from '../../test/call'
import { askGraphql } from '../../test/graphql'
import {
  createKey,
  createPrincipals,
  type PrincipalName,
  type Principals,
  SYSTEM_USER_ID,
  TEST_ADMIN_SECRET,
} from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let world: TestRuntime
let who: Principals

beforeAll(async () => {
  world = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
  who = await createPrincipals(world)
})

const as = (name: PrincipalName) => who[name].headers
const admin = () => as('session ADMIN')
const createUser = (input: object, headers = admin()) =>
  askGraphql(
    'mutation($input: CreateUserInput!) { createUser(input: $input) { user { id email role { name } } } }',
    headers,
    {
      input,
    },
  )
const deleteUsers = (userIds: string[], headers = admin()) =>
  askGraphql('mutation($ids: [ID!]!) { deleteUsers(input: { userIds: $ids }) { userIds } }', headers, {
    ids: userIds,
  })
const changeSecrets = (secrets: object[], headers = admin()) =>
  askGraphql(
    'mutation($secrets: [SecretKeyValueInput!]!) { upsertOrDeleteSecrets(input: { secrets: $secrets }) { upsertedSecrets { key } deletedIds } }',
    headers,
    { secrets },
  )
const userId = (row: number) => encodeGlobalId('User', row)
const DEFAULT_ADMIN = userId(2)

describe('POST /graphql', () => {
  test('is 401 without a credential, whatever is asked', async () => {
    for (const query of ['{ __typename }', '{ __schema { types { name } } }', '{ nonsense']) {
      const answer = await askGraphql(query)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="Bennu"'])
      expect(answer.text).not.toContain('Query')
    }
  })

  test('is 200 for what fails, and then has no data at all', async () => {
    const answer = await askGraphql(
      '{ viewer { username } users { edges { node { id } } } }',
      as('session MEMBER'),
    )
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      data: null,
      errors: [expect.objectContaining({ message: expect.any(String) })],
    })
  })

  test.each([
    '{ viewer { nonsense } }',
    '{ viewer {',
    'query A { viewer { id } } query B { viewer { id } }',
    'subscription { viewer { id } }',
    'fragment F on User { id }',
    '',
  ])('answers the faulty query %j with 200, no data and a message', async (query) => {
    const answer = await askGraphql(query, admin())
    expect([answer.status, answer.json.data]).toEqual([200, null])
    expect(answer.errors).not.toBe('')
  })

  test('takes variables and the name of an operation', async () => {
    const body = {
      query:
        'query A($n: Int!) { projects(first: $n) { edges { node { name } } } } query B { viewer { id } }',
      variables: { n: 1 },
      operationName: 'A',
    }
    const answer = await call(graphql.POST, { method: 'POST', headers: admin(), body })
    expect(answer.json).toEqual({ data: { projects: { edges: [{ node: { name: 'default' } }] } } })
  })

  test.each([
    ['no JSON', 'nonsense', 400],
    ['a list of queries', [{ query: '{ __typename }' }], 422],
    ['no query', {}, 422],
    ['variables that are none', { query: '{ __typename }', variables: [1] }, 422],
    ['more than a mebibyte', { query: `{ __typename } # ${'x'.repeat(1_100_000)}` }, 413],
  ])('%s is refused by its status', async (_what, body, status) => {
    expect((await call(graphql.POST, { method: 'POST', headers: admin(), body })).status).toBe(status)
  })

  test('a body that is not said to be JSON is a 415', async () => {
    const headers = { ...admin(), 'content-type': 'text/plain' }
    expect(
      (await call(graphql.POST, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })).status,
    ).toBe(415)
  })

  test('a query that a page of another site sends with the cookie is refused', async () => {
    const headers = { ...admin(), origin: 'https://evil.example' }
    const answer = await askGraphql('{ viewer { id } }', headers)
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([403, 'foreign_origin'])
  })

  test('one field that is refused leaves nothing of the others', async () => {
    const answer = await askGraphql(
      '{ projects { edges { node { name } } } systemApiKeys { id } }',
      as('session VIEWER'),
    )
    expect(answer.data).toBe(null)
    expect(answer.text).not.toContain('default')
  })
})

describe('GET /graphql', () => {
  const get = (headers: Record<string, string>) => call(graphql.GET, { path: '/graphql', headers })

  test('is 200 for a session and for a key, and 401 without', async () => {
    const asked: PrincipalName[] = ['session VIEWER', 'user key VIEWER read', 'admin secret', 'anonymous']
    const statuses = await Promise.all(asked.map(async (name) => (await get(as(name))).status))
    expect(statuses).toEqual([200, 200, 200, 401])
  })

  test('leads a browser that is not signed in to the sign-in and back', async () => {
    const answer = await get({ accept: 'text/html,*/*;q=0.8' })
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('content="0; url=/login?returnUrl=%2Fgraphql"')
  })

  test('runs one script alone, which carries the nonce', async () => {
    const answer = await get({ ...admin(), accept: 'text/html' })
    const policy = answer.headers.get('content-security-policy') ?? ''
    const nonce = /script-src 'nonce-([0-9a-f]{32})'/.exec(policy)?.[1]
    expect(answer.text.match(/<script/g)).toHaveLength(1)
    expect(answer.text).toContain(`<script nonce="${nonce}" src="/graphql/explorer.js">`)
    expect(policy).toContain("default-src 'none'")
    expect(answer.text).not.toMatch(/https?:\/\//)
  })

  test('keeps to the path prefix', async () => {
    setRuntime({
      ...world,
      config: { ...world.config, server: { ...world.config.server, rootPath: '/a/b' } },
    })
    try {
      const page = await get({ ...admin(), accept: 'text/html' })
      expect(page.text).toContain('src="/a/b/graphql/explorer.js"')
      expect((await get({ accept: 'text/html' })).text).toContain('url=/a/b/login?returnUrl=%2Fgraphql')
    } finally {
      setRuntime(world)
    }
  })

  test('sends a session that must choose a password there, and tells a script so', async () => {
    const user = await createAccount(world, { resetPassword: true })
    const cookie = await sessionCookies(world, user)
    const page = await get({ cookie, accept: 'text/html' })
    expect([page.status, page.headers.get('location')]).toEqual([302, '/reset-password?returnUrl=%2Fgraphql'])
    expect((await get({ cookie })).status).toBe(403)
    expect((await askGraphql('{ viewer { id } }', { cookie })).status).toBe(403)
  })
})

describe('a refusal says', () => {
  const ADMIN_ONLY = 'Only admin can perform this action'
  const NO_VIEWERS = 'Viewers cannot perform this action'
  const newUser = { username: 'x', email: 'x@example.com', role: 'ADMIN' }
  const newSystemKey = (headers: Record<string, string>) =>
    askGraphql('mutation { createSystemApiKey(input: { name: "k" }) { jwt } }', headers)
  const newUserKey = (headers: Record<string, string>) =>
    askGraphql('mutation { createUserApiKey(input: { name: "k" }) { jwt } }', headers)

  test('who may, by the role of the caller', async () => {
    for (const kind of ['session VIEWER', 'user key VIEWER full', 'system key VIEWER full'] as const) {
      expect((await createUser(newUser, as(kind))).errors, kind).toContain(NO_VIEWERS)
      expect((await changeSecrets([{ key: 'A', value: 'v' }], as(kind))).errors, kind).toContain(NO_VIEWERS)
    }
    for (const kind of ['session MEMBER', 'user key MEMBER full', 'system key MEMBER full'] as const) {
      expect((await createUser(newUser, as(kind))).errors, kind).toContain(ADMIN_ONLY)
      expect((await changeSecrets([{ key: 'A', value: 'v' }], as(kind))).errors, kind).toContain(ADMIN_ONLY)
      expect((await askGraphql('{ users { edges { cursor } } }', as(kind))).errors, kind).toContain(
        ADMIN_ONLY,
      )
    }
  })

  test('that keys make no keys, whatever their role', async () => {
    for (const kind of ['user key ADMIN full', 'user key VIEWER full', 'system key ADMIN full'] as const) {
      expect((await newSystemKey(as(kind))).errors, kind).toContain('API keys cannot create API keys')
      expect((await newUserKey(as(kind))).errors, kind).toContain('API keys cannot create API keys')
    }
  })

  test('that a key was made for less', async () => {
    const answer = await createUser(newUser, as('system key ADMIN read'))
    expect(answer.errors).toContain('not made for that')
  })

  test('that a key is not there, to whoever may not delete it', async () => {
    const { keyId } = await createKey(world, {
      userId: who['session ADMIN'].userId ?? 0,
      scope: 'full',
      role: null,
    })
    const id = encodeGlobalId('UserApiKey', keyId)
    const query = 'mutation($id: ID!) { deleteUserApiKey(input: { id: $id }) { apiKeyId } }'
    expect((await askGraphql(query, as('session MEMBER'), { id })).errors).toContain('API key not found')
    const nobodys = encodeGlobalId('UserApiKey', 999_999)
    expect((await askGraphql(query, admin(), { id: nobodys })).errors).toContain('API key not found')
  })

  test('what stands against deleting accounts', async () => {
    expect((await deleteUsers([userId(999_999)])).errors).toContain('Some user IDs could not be found')
    expect((await deleteUsers([DEFAULT_ADMIN])).errors).toContain('Cannot delete the default admin user')
  })

  test('that it is about a role: the own one, and that of the default admin', async () => {
    const query = 'mutation($id: ID!) { patchUser(input: { userId: $id, newRole: MEMBER }) { user { id } } }'
    const own = userId(who['session ADMIN'].userId ?? 0)
    expect((await askGraphql(query, admin(), { id: own })).errors).toContain('role')
    expect((await askGraphql(query, admin(), { id: DEFAULT_ADMIN })).errors).toContain('role')
  })

  test.each([
    ['At least one secret is required', []],
    ['Key cannot be empty', [{ key: '  ', value: 'v' }]],
    [
      'Key must start with a letter or underscore and contain only letters, digits, and underscores',
      [{ key: '1A', value: 'v' }],
    ],
    ['Value cannot be empty', [{ key: 'A', value: '' }]],
  ])('of secrets: %s', async (sentence, secrets) => {
    expect((await changeSecrets(secrets)).errors).toContain(sentence)
  })

  test('the same of an id that is none', async () => {
    expect((await deleteUsers([btoa('Project:1')])).errors).toContain('Some user IDs could not be found')
    const query = 'mutation { deleteSystemApiKey(input: { id: "nonsense" }) { apiKeyId } }'
    expect((await askGraphql(query, admin())).errors).toContain('API key not found')
  })

  test('that it is not authorized, of what a person alone may do', async () => {
    const answer = await askGraphql(
      'mutation { patchViewer(input: {}) { user { id } } }',
      as('user key ADMIN full'),
    )
    expect(answer.errors).toContain('not authorized')
  })

  test('what breaks the rules of passwords, as REST does', async () => {
    const answer = await createUser({ ...newUser, password: 'short' })
    expect(answer.errors).toMatch(/at least 8 characters/i)
  })
})

describe('mutations', () => {
  test('delete all the accounts that are named or none', async () => {
    const rows = await Promise.all([createAccount(world), createAccount(world)])
    const ids = rows.map(({ id }) => userId(id))
    expect((await deleteUsers([...ids, DEFAULT_ADMIN])).data).toBe(null)
    const count = () => world.db.read.$count(world.db.t.users, eq(world.db.t.users.id, rows[0]?.id ?? 0))
    expect(await count()).toBe(1)
    expect((await deleteUsers(ids)).data).toEqual({ deleteUsers: { userIds: ids } })
    expect(await count()).toBe(0)
  })

  test('give the text of a key once, which then works', async () => {
    const query =
      'mutation { createUserApiKey(input: { name: "mine" }) { jwt apiKey { id name user { username } } query { viewer { apiKeyCount } } } }'
    const made = await askGraphql(query, as('session MEMBER'))
    expect(made.data.createUserApiKey.apiKey.name).toBe('mine')
    const { jwt } = made.data.createUserApiKey
    const own = await askGraphql('{ viewer { username apiKeys { name } } }', {
      authorization: `Bearer ${jwt}`,
    })
    expect(own.data.viewer.apiKeys).toContainEqual({ name: 'mine' })
  })

  test('set and delete secrets, and answer with what they are called', async () => {
    const first = await changeSecrets([{ key: 'TO_GO', value: 'v' }])
    expect(first.data.upsertOrDeleteSecrets).toEqual({ upsertedSecrets: [{ key: 'TO_GO' }], deletedIds: [] })
    const second = await changeSecrets([{ key: 'TO_GO', value: null }])
    const id = Buffer.from('Secret:TO_GO').toString('base64')
    expect(second.data.upsertOrDeleteSecrets).toEqual({ upsertedSecrets: [], deletedIds: [id] })
  })

  test('a new own password ends the session, and only then cookies are removed', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const query =
      'mutation($new: String, $name: String, $old: String) { patchViewer(input: { newUsername: $name, newPassword: $new, currentPassword: $old }) { user { username } } }'
    const renamed = await askGraphql(query, { cookie }, { name: 'another name' })
    expect([renamed.data.patchViewer.user.username, renamed.headers.get('set-cookie')]).toEqual([
      'another name',
      null,
    ])
    const wrong = await askGraphql(query, { cookie }, { new: 'a brand new password 9', old: 'wrong' })
    expect([wrong.data, wrong.headers.get('set-cookie')]).toEqual([null, null])
    const changed = await askGraphql(query, { cookie }, { new: 'a brand new password 9', old: TEST_PASSWORD })
    expect(changed.errors).toBe('')
    expect(changed.headers.getSetCookie().map((text) => text.split('=')[0])).toEqual([
      'phoenix-access-token',
      'phoenix-refresh-token',
    ])
    expect((await askGraphql('{ viewer { id } }', { cookie })).status).toBe(401)
  })

  test('whoever ended the own session does nothing more in the same request', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const query = `mutation { patchViewer(input: { newPassword: "a brand new password 9", currentPassword: "${TEST_PASSWORD}" }) { user { id } }
      createUserApiKey(input: { name: "left behind" }) { jwt } }`
    const answer = await askGraphql(query, { cookie })
    expect(answer.data).toBe(null)
    const { apiKeys } = world.db.t
    expect(await world.db.read.$count(apiKeys, eq(apiKeys.name, 'left behind'))).toBe(0)
  })

  test('the one after a failed one is not tried', async () => {
    const query = `mutation { a: deleteUsers(input: { userIds: ["${userId(999_999)}"] }) { userIds }
      b: createUserApiKey(input: { name: "after failure" }) { jwt } }`
    expect((await askGraphql(query, admin())).data).toBe(null)
    const { apiKeys } = world.db.t
    expect(await world.db.read.$count(apiKeys, eq(apiKeys.name, 'after failure'))).toBe(0)
  })
})

describe('secrets', () => {
  const VALUES =
    '{ secrets(keys: ["READ_ME", "NOT_THERE"]) { edges { node { key value { ... on DecryptedSecret { value } ... on UnparsableSecret { parseError } } } } } }'
  const revealed = async () => {
    const { auditEvents: t } = world.db.t
    return world.db.read.select().from(t).where(eq(t.action, 'secret.reveal'))
  }

  test('are read by the session of an admin alone, and each read is recorded', async () => {
    await changeSecrets([{ key: 'READ_ME', value: 'the value of it' }])
    for (const kind of [
      'session MEMBER',
      'user key ADMIN full',
      'system key ADMIN full',
      'admin secret',
    ] as const) {
      const refused = await askGraphql(VALUES, as(kind))
      expect([refused.data, refused.text.includes('the value')], kind).toEqual([null, false])
    }
    expect(await revealed()).toHaveLength(0)
    const answer = await askGraphql(VALUES, admin())
    expect(answer.data.secrets.edges).toEqual([
      { node: { key: 'READ_ME', value: { value: 'the value of it' } } },
    ])
    const [entry, ...others] = await revealed()
    expect([others, entry?.target, entry?.outcome]).toEqual([[], 'Secret:READ_ME', 'success'])
    await askGraphql('{ secrets { edges { node { key } } } }', admin())
    expect(await revealed()).toHaveLength(1)
  })

  test('are all named in the record, however many are read', async () => {
    const keys = Array.from({ length: 120 }, (_, n) => `MANY_${n}`)
    await changeSecrets(keys.map((key) => ({ key, value: 'v' })))
    const before = (await revealed()).length
    const query =
      'query($keys: [String!]) { secrets(keys: $keys, first: 200) { edges { node { value { __typename } } } } }'
    expect((await askGraphql(query, admin(), { keys })).errors).toBe('')
    const entries = (await revealed()).slice(before)
    const named = entries.flatMap(({ details }) => JSON.parse(details).keys)
    expect(named.sort()).toEqual(keys.sort())
  })

  test('are paged by their names, also when the one before has gone', async () => {
    await changeSecrets(['P_A', 'P_B', 'P_C'].map((key) => ({ key, value: 'v' })))
    const page = async (args: string) =>
      (
        await askGraphql(
          `{ secrets(keys: ["P_A", "P_B", "P_C"], ${args}) { edges { cursor node { key } } pageInfo { hasNextPage } } }`,
          admin(),
        )
      ).data.secrets
    const first = await page('first: 1')
    expect([first.edges[0].node.key, first.pageInfo.hasNextPage]).toEqual(['P_A', true])
    await changeSecrets([{ key: 'P_A', value: null }])
    const next = await page(`first: 1, after: "${first.edges[0].cursor}"`)
    expect(next.edges[0].node.key).toBe('P_B')
    expect((await page(`last: 1, before: "${btoa('P_C')}"`)).edges[0].node.key).toBe('P_B')
  })

  test('that nothing opens say so', async () => {
    await changeSecrets([{ key: 'READ_ME', value: 'v' }])
    const { secrets } = world.db.t
    await world.db.write((tx) =>
      tx.update(secrets).set({ value: 'gAAAAA-nonsense' }).where(eq(secrets.key, 'READ_ME')),
    )
    const answer = await askGraphql(VALUES, admin())
    expect(answer.data.secrets.edges[0].node.value.parseError).toContain('set it again')
  })
})

describe('node', () => {
  const node = (id: string, headers = admin()) =>
    askGraphql('query($id: ID!) { node(id: $id) { __typename id ... on User { username } } }', headers, {
      id,
    })

  test('finds an account, one’s own for everybody', async () => {
    const own = userId(who['session MEMBER'].userId ?? 0)
    expect((await node(own)).data.node.__typename).toBe('User')
    expect((await node(own, as('session MEMBER'))).data.node.id).toBe(own)
    expect((await node(DEFAULT_ADMIN, as('session MEMBER'))).errors).toContain(
      'Only admin can perform this action',
    )
  })

  test('tells nobody which keys others have', async () => {
    const { keyId } = await createKey(world, {
      userId: who['session ADMIN'].userId ?? 0,
      scope: 'full',
      role: null,
    })
    const there = await node(encodeGlobalId('UserApiKey', keyId), as('session MEMBER'))
    const not = await node(encodeGlobalId('UserApiKey', 999_999), as('session MEMBER'))
    for (const answer of [there, not]) expect(answer.errors).toMatch(/^UserApiKey ".*" not found$/)
  })

  test('finds roles, keys, projects and secrets', async () => {
    await changeSecrets([{ key: 'A_NODE', value: 'v' }])
    const { keyId } = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
    const key = await createKey(world, {
      userId: who['session MEMBER'].userId ?? 0,
      scope: 'full',
      role: null,
    })
    const ids = [
      btoa('UserRole:2'),
      encodeGlobalId('SystemApiKey', keyId),
      encodeGlobalId('UserApiKey', key.keyId),
      btoa('Project:1'),
      btoa('Secret:A_NODE'),
    ]
    for (const id of ids) expect((await node(id)).data.node.id, atob(id)).toBe(id)
  })

  test.each([
    '',
    'nonsense',
    btoa('Project:999'),
    btoa('Nothing:1'),
    btoa('SpanAnnotation:1'),
    btoa('Secret:NONE'),
    btoa('__proto__:1'),
  ])('answers %j with an error', async (id) => {
    const answer = await node(id)
    expect([answer.status, answer.data]).toEqual([200, null])
    expect(answer.errors).toMatch(/not found|Invalid id/)
  })
})

test('viewer is null for callers that are no person', async () => {
  for (const kind of ['system key ADMIN full', 'admin secret'] as const)
    expect((await askGraphql('{ viewer { id } }', as(kind))).json).toEqual({ data: { viewer: null } })
})

test('the built-in accounts have the ids that everybody knows', async () => {
  const answer = await askGraphql(
    '{ users(first: 1000) { edges { node { id email isManagementUser } } } }',
    admin(),
  )
  const nodes = answer.data.users.edges.map(({ node }: { node: object }) => node)
  expect(nodes).toContainEqual({ id: btoa('User:2'), email: 'admin@localhost', isManagementUser: true })
  expect(nodes).toContainEqual({ id: btoa('User:1'), email: 'system@localhost', isManagementUser: false })
})

test('accounts are paged forwards and backwards', async () => {
  const page = async (args: string) => {
    const { users } = (
      await askGraphql(
        `{ users(${args}) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }`,
        admin(),
      )
    ).data
    return { ids: users.edges.map(({ node }: { node: { id: string } }) => node.id), ...users.pageInfo }
  }
  const all = (await page('first: 1000')).ids
  const first = await page('first: 2')
  expect([first.ids, first.hasNextPage, first.hasPreviousPage]).toEqual([all.slice(0, 2), true, false])
  const second = await page(`first: 2, after: "${first.endCursor}"`)
  expect([second.ids, second.hasPreviousPage]).toEqual([all.slice(2, 4), true])
  const back = await page(`last: 1, before: "${second.startCursor}"`)
  expect([back.ids, back.hasPreviousPage]).toEqual([all.slice(1, 2), true])
  expect((await page('last: 2')).ids).toEqual(all.slice(-2))
  expect((await askGraphql('{ users(after: "nonsense") { edges { cursor } } }', admin())).errors).toContain(
    'Invalid cursor',
  )
  expect((await askGraphql('{ users(first: -1) { edges { cursor } } }', admin())).errors).toContain(
    'negative',
  )
})
