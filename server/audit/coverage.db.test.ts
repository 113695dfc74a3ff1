/**
 * No route changes who may do what without a trace: every route that changes something has its line here, with what it
 * records or why it need not, and is really called. And nothing is on the list of actions that nothing records.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asc, gt } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AUDIT_ACTION_NAMES } from '#server/audit/model'
import { encodeGlobalId, type GlobalIdType } from '#server/global-id'
import type { User } from '#server/users/find'
import { cookieHeader, createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { type Call, call } from '../../test/call'
import { createKey, SYSTEM_USER_ID } from '../../test/principals'
import { PLAIN_RULES } from '../../test/provider-rules'
import { ROUTE_PERMISSIONS } from '../../test/route-permissions'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

const SERVER = join(import.meta.dirname, '..')
const files = import.meta.glob<Record<string, unknown>>('../../app/**/route.{ts,tsx}')

let world: TestRuntime
let admin: User
let person: User
let cookie: string
let theirs: Awaited<ReturnType<typeof createSession>>

beforeAll(async () => {
  world = await createTestRuntime()
})
beforeEach(async () => {
  admin = await createAccount(world, { role: 'ADMIN' })
  person = await createAccount(world)
  cookie = cookieHeader(await createSession(world, admin))
  theirs = await createSession(world, person)
})

const id = (type: GlobalIdType, row: number) => encodeGlobalId(type, row)
const newKey = async (userId: number) =>
  (await createKey(world, { userId, scope: 'full', role: userId === SYSTEM_USER_ID ? 'MEMBER' : null })).keyId
const ownKey = async () => ({ params: { api_key_id: id('UserApiKey', await newKey(admin.id)) } })
const systemKey = async () => ({ params: { api_key_id: id('SystemApiKey', await newKey(SYSTEM_USER_ID)) } })
const rotated = async (key: () => Promise<Call>, path: string) => {
  const { params = {} } = await key()
  await ask(`POST ${path}`, { params, body: { data: { grace_seconds: 600 } } })
  return { params }
}
const user = (change: object) => ({ params: { user_id: id('User', person.id) }, body: { user: change } })
const blocked = async () => {
  await ask('DELETE /v1/users/[user_id]', {
    path: '/v1/users/x?block=true',
    params: { user_id: id('User', person.id) },
  })
  return person.email
}

const provider = {
  displayName: 'Corp',
  clientId: 'bennu',
  discoveryUrl: 'https://idp.example.com/.well-known/openid-configuration',
  ...PLAIN_RULES,
  tokenAuth: 'none',
  enabled: true,
}
const added = async () => {
  const name = `p${person.id}`
  await ask('POST /ui/sign-in/providers', { body: { ...provider, name } })
  return name
}

const patchPerson = (change: string) =>
  `mutation { patchUser(input: { userId: "${id('User', person.id)}", ${change} }) { user { id } } }`
const patchViewer = (change: string) => `mutation { patchViewer(input: { ${change} }) { user { id } } }`
const deleteAccounts = (...rows: number[]) =>
  `mutation { deleteUsers(input: { userIds: [${rows.map((row) => `"${id('User', row)}"`)}] }) { userIds } }`
const changeSecret = (value: string) =>
  `mutation { upsertOrDeleteSecrets(input: { secrets: [{ key: "G", value: ${value} }] }) { deletedIds } }`

/** What a call of a route leaves in the log. */
type Scenario = [actions: string[], make: () => Call | Promise<Call>]
const DATA = 'traces and projects: what is collected, no right and no account'
const MAIL = 'sends a mail, which is tried with a mail server beside server/mail'

const graphql = (query: string): Call => ({ body: { query } })
const keyToGo = async (type: 'UserApiKey' | 'SystemApiKey', userId: number) => id(type, await newKey(userId))

const ROUTES: Record<string, Scenario[] | string> = {
  // What each mutation leaves is what its twin on REST leaves.
  'POST /graphql': [
    [[], () => graphql('{ viewer { id } }')],
    [
      ['user.create'],
      () =>
        graphql(`mutation { createUser(input: { email: "g${person.id}@example.com", username: "g${person.id}",
          role: VIEWER }) { user { id } } }`),
    ],
    [['user.changeRole'], () => graphql(patchPerson('newRole: VIEWER'))],
    [['user.rename'], () => graphql(patchPerson(`newUsername: "other g${person.id}"`))],
    [['user.resetPassword'], () => graphql(patchPerson('newPassword: "a brand new password 9"'))],
    [['user.rename'], () => graphql(patchViewer(`newUsername: "renamed g${admin.id}"`))],
    [
      ['user.changePassword'],
      () =>
        graphql(patchViewer(`newPassword: "a brand new password 9", currentPassword: "${TEST_PASSWORD}"`)),
    ],
    [
      ['user.changePassword'],
      () => graphql(patchViewer('newPassword: "a brand new password 9", currentPassword: "wrong"')),
    ],
    [['user.delete'], () => graphql(deleteAccounts(person.id))],
    [['user.delete'], () => graphql(deleteAccounts(admin.id))],
    [
      ['user.delete', 'user.delete'],
      async () => graphql(deleteAccounts(person.id, (await createAccount(world)).id)),
    ],
    [['apiKey.create'], () => graphql('mutation { createUserApiKey(input: { name: "k" }) { jwt } }')],
    [['apiKey.create'], () => graphql('mutation { createSystemApiKey(input: { name: "k" }) { jwt } }')],
    [
      ['apiKey.delete'],
      async () => {
        const key = await keyToGo('UserApiKey', person.id)
        return graphql(`mutation { deleteUserApiKey(input: { id: "${key}" }) { apiKeyId } }`)
      },
    ],
    [
      ['apiKey.delete'],
      async () => {
        const key = await keyToGo('SystemApiKey', SYSTEM_USER_ID)
        return graphql(`mutation { deleteSystemApiKey(input: { id: "${key}" }) { apiKeyId } }`)
      },
    ],
    [['secret.set'], () => graphql(changeSecret('"v"'))],
    [
      ['secret.set', 'secret.reveal'],
      async () => {
        await ask('POST /graphql', graphql(changeSecret('"v"')))
        return graphql('{ secrets { edges { node { value { __typename } } } } }')
      },
    ],
    [['secret.delete'], () => graphql(changeSecret('null'))],
  ],
  'POST /auth/login': [
    [['session.login'], () => ({ body: { email: person.email, password: TEST_PASSWORD } })],
    [['session.login'], () => ({ body: { email: person.email, password: 'wrong' } })],
    [['session.login'], () => ({ body: { email: '', password: '' } })],
  ],
  'POST /auth/ldap/login': 'asks a directory: tried with one in server/ldap/sign-in.db.test.ts',
  'GET /auth/logout': [[['session.logout'], () => ({ headers: { cookie: cookieHeader(theirs) } })]],
  'POST /auth/refresh': [
    [['session.refresh'], () => ({ headers: { cookie: cookieHeader(theirs) } })],
    [['session.refresh'], () => ({ headers: {} })],
    [['session.refresh'], () => ({ headers: { cookie: 'phoenix-refresh-token=nonsense' } })],
  ],
  'POST /oauth2/[idp]/login': 'goes to an identity provider: nothing has changed yet',
  'POST /oauth2/[idp]/backchannel-logout':
    'ends sessions at the word of a provider: app/oauth2/logout.db.test.ts',
  'POST /auth/password-reset-email': MAIL,
  'POST /auth/password-reset': [
    [['passwordReset.complete'], () => ({ body: { token: 'nonsense', password: 'a brand new password 9' } })],
  ],
  'POST /v1/traces': DATA,
  'POST /v1/projects': DATA,
  'PUT /v1/projects/[project_identifier]': DATA,
  'DELETE /v1/projects/[project_identifier]': DATA,
  'PATCH /v1/user': [
    [['user.rename'], () => ({ body: { user: { username: `renamed ${admin.id}` } } })],
    [
      ['user.changePassword'],
      () => ({ body: { user: { password: 'a brand new password 9', current_password: TEST_PASSWORD } } }),
    ],
    [
      ['user.changePassword'],
      () => ({ body: { user: { password: 'a brand new password 9', current_password: 'wrong' } } }),
    ],
  ],
  'POST /v1/user/api_keys': [[['apiKey.create'], () => ({ body: { data: { name: 'k' } } })]],
  'DELETE /v1/user/api_keys/[api_key_id]': [[['apiKey.delete'], ownKey]],
  'POST /v1/user/api_keys/[api_key_id]/rotate': [
    [['apiKey.rotate'], async () => ({ ...(await ownKey()), body: { data: { grace_seconds: 0 } } })],
  ],
  'DELETE /v1/user/api_keys/[api_key_id]/previous': [
    [['apiKey.rotate', 'apiKey.endPrevious'], () => rotated(ownKey, '/v1/user/api_keys/[api_key_id]/rotate')],
  ],
  'POST /v1/system/api_keys': [[['apiKey.create'], () => ({ body: { data: { name: 'k' } } })]],
  'DELETE /v1/system/api_keys/[api_key_id]': [[['apiKey.delete'], systemKey]],
  'POST /v1/system/api_keys/[api_key_id]/rotate': [
    [['apiKey.rotate'], async () => ({ ...(await systemKey()), body: { data: { grace_seconds: 0 } } })],
  ],
  'DELETE /v1/system/api_keys/[api_key_id]/previous': [
    [
      ['apiKey.rotate', 'apiKey.endPrevious'],
      () => rotated(systemKey, '/v1/system/api_keys/[api_key_id]/rotate'),
    ],
  ],
  'POST /v1/users': [
    [
      ['user.create'],
      () => ({
        body: {
          user: {
            auth_method: 'LOCAL',
            email: `n${person.id}@example.com`,
            username: `n${person.id}`,
            role: 'VIEWER',
          },
          send_welcome_email: false,
        },
      }),
    ],
  ],
  'PATCH /v1/users/[user_id]': [
    [['user.changeRole'], () => user({ role: 'VIEWER' })],
    [['user.rename'], () => user({ username: `other ${person.id}` })],
    [['user.resetPassword'], () => user({ password: 'a brand new password 9' })],
    [['user.disable'], () => user({ disabled: true })],
    [
      ['user.disable', 'user.enable'],
      async () => {
        await ask('PATCH /v1/users/[user_id]', user({ disabled: true }))
        return user({ disabled: false })
      },
    ],
    [
      ['user.changeRole'],
      () => ({ params: { user_id: id('User', admin.id) }, body: { user: { role: 'VIEWER' } } }),
    ],
  ],
  'DELETE /v1/users/[user_id]': [
    [['user.delete'], () => ({ params: { user_id: id('User', person.id) } })],
    [
      ['identity.block', 'user.delete'],
      () => ({ path: '/v1/users/x?block=true', params: { user_id: id('User', person.id) } }),
    ],
    [['user.delete'], () => ({ params: { user_id: id('User', admin.id) } })],
  ],
  'PUT /v1/secrets': [
    [['secret.set'], () => ({ body: { secrets: [{ key: 'A', value: 'v' }] } })],
    [['secret.delete'], () => ({ body: { secrets: [{ key: 'A', value: null }] } })],
  ],
  'POST /ui/sign-in/providers': [
    [['signInProvider.create'], () => ({ body: { ...provider, name: `p${person.id}` } })],
  ],
  'PUT /ui/sign-in/providers/[name]': [
    [
      ['signInProvider.create', 'signInProvider.update'],
      async () => ({ params: { name: await added() }, body: { ...provider, displayName: 'Corporate' } }),
    ],
  ],
  'PATCH /ui/sign-in/providers/[name]': [
    [
      ['signInProvider.create', 'signInProvider.update'],
      async () => ({ params: { name: await added() }, body: { enabled: false } }),
    ],
  ],
  'DELETE /ui/sign-in/providers/[name]': [
    [['signInProvider.create', 'signInProvider.delete'], async () => ({ params: { name: await added() } })],
  ],
  'PUT /ui/sign-in/order': [
    [['signInProvider.create', 'signInProvider.order'], async () => ({ body: { names: [await added()] } })],
  ],
  'POST /ui/sign-in/test': [
    [
      ['signInProvider.test'],
      () => {
        const discoveryUrl = 'http://127.0.0.1:1/.well-known/openid-configuration'
        return { body: { provider: { ...provider, name: 'draft', discoveryUrl } } }
      },
    ],
  ],
  'GET /v1/audit/export': [[['audit.export'], () => ({})]],
  'POST /ui/mail/test': MAIL,
  'POST /ui/sign-in/ldap/test': 'changes nothing',
  'POST /ui/sign-in/ldap/sync': 'needs a directory: what it changes is tried with one beside server/ldap',
  'POST /ui/users/[id]/reset-link': MAIL,
  'DELETE /ui/blocked/[id]': [
    [
      ['identity.block', 'user.delete', 'identity.lift'],
      async () => {
        await blocked()
        const rows = await world.db.read.select().from(world.db.t.blockedIdentities)
        return { params: { id: id('BlockedIdentity', rows.at(-1)?.id ?? 0) } }
      },
    ],
  ],
  'POST /ui/blocked/lift': [
    [['identity.block', 'user.delete', 'identity.lift'], async () => ({ body: { email: await blocked() } })],
  ],
  'DELETE /ui/sessions': [
    [
      ['session.end'],
      async () => {
        await createSession(world, admin)
        return {}
      },
    ],
  ],
  'DELETE /ui/sessions/[id]': [
    [
      ['session.end'],
      async () => ({ params: { id: id('Session', (await createSession(world, admin)).sessionId) } }),
    ],
  ],
  'DELETE /ui/users/[id]/sessions': [[['session.end'], () => ({ params: { id: id('User', person.id) } })]],
  'DELETE /ui/users/[id]/sessions/[sessionId]': [
    [
      ['session.end'],
      () => ({ params: { id: id('User', person.id), sessionId: id('Session', theirs.sessionId) } }),
    ],
  ],
}

async function ask(route: string, options: Call) {
  const [method = '', path = ''] = route.split(' ')
  const file = Object.keys(files).find((name) => /\/app(.*)\/route\.tsx?$/.exec(name)?.[1] === path)
  const handler = (await files[file ?? '']?.())?.[method] ?? expect.fail(`no handler for ${route}`)
  const headers = options.headers ?? {
    cookie,
    ...(method !== 'GET' && { 'content-type': 'application/json' }),
  }
  return call(handler as Parameters<typeof call>[0], { method, path, ...options, headers })
}

async function actionsSince(last: number): Promise<string[]> {
  const { auditEvents: t } = world.db.t
  const rows = await world.db.read
    .select({ action: t.action })
    .from(t)
    .where(gt(t.id, last))
    .orderBy(asc(t.id))
  return rows.map(({ action }) => action)
}

describe('what a route leaves in the log', () => {
  const cases = Object.entries(ROUTES).flatMap(([route, scenarios]) =>
    typeof scenarios === 'string'
      ? []
      : scenarios.map(([actions, make]) => ({
          route,
          actions,
          make,
          name: `${route}: ${actions.join(', ')}`,
        })),
  )
  test.each(cases)('$name', async ({ route, actions, make }) => {
    const { auditEvents } = world.db.t
    const last = await world.db.read.$count(auditEvents)
    await ask(route, await make())
    expect(await actionsSince(last)).toEqual(actions)
  })
})

test('every route that changes something has its line here', () => {
  const changing = Object.entries(ROUTE_PERMISSIONS).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method, word]) => method !== 'GET' && method !== 'HEAD' && word !== 'nothing here')
      .map(([method]) => `${method} ${path}`),
  )
  const fallback = / \/v1\/\[\[\.\.\.path\]\]$/
  const lines = Object.keys(ROUTES).filter((route) => !route.startsWith('GET '))
  expect(lines.sort()).toEqual(changing.filter((route) => !fallback.test(route)).sort())
})

test('every action on the list is recorded by something in the program', () => {
  const sources = readdirSync(SERVER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => file !== join('audit', 'model.ts') && file !== 'permissions.ts')
    .map((file) => readFileSync(join(SERVER, file), 'utf8'))
  const unrecorded = AUDIT_ACTION_NAMES.filter(
    (action) => !sources.some((text) => text.includes(`'${action}'`)),
  )
  expect(unrecorded).toEqual([])
})
