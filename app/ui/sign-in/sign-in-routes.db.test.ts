import { beforeEach, describe, expect, test } from 'vitest'
import { PUT as order } from '#app/ui/sign-in/order/route'
import { DELETE as remove, PATCH as turn, PUT as update } from '#app/ui/sign-in/providers/[name]/route'
import { POST as create } from '#app/ui/sign-in/providers/route'
import { GET as recent } from '#app/ui/sign-in/recent/[name]/route'
import { GET as settings } from '#app/ui/sign-in/route'
import { GET as states } from '#app/ui/sign-in/states/route'
import { POST as ask } from '#app/ui/sign-in/test/route'
import type { ProviderSettings } from '#server/oidc/model'
import { createAccount } from '../../../test/accounts'
import { call } from '../../../test/call'
import { createPrincipals, type PrincipalName, type Principals } from '../../../test/principals'
import { PLAIN_RULES } from '../../../test/provider-rules'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

const SECRET = 'a-client-secret-that-is-never-shown'
const BODY = {
  name: 'keycloak',
  displayName: 'Keycloak',
  clientId: 'bennu',
  clientSecret: SECRET,
  discoveryUrl: 'https://keycloak.example.com/realms/corp/.well-known/openid-configuration',
  ...PLAIN_RULES,
  enabled: true,
}
const GOOGLE: ProviderSettings = {
  ...(BODY as unknown as ProviderSettings),
  name: 'google',
  displayName: 'Google',
  clientId: 'g',
  clientSecret: 'the secret of the environment',
  // Nobody is there.
  discoveryUrl: 'http://127.0.0.1:2/.well-known/openid-configuration',
  assertionFile: null,
  redirectPath: null,
}

let world: TestRuntime
let who: Principals
beforeEach(async () => {
  world = await createTestRuntime({ config: { oauth2: { providers: [GOOGLE] } } })
  who = await createPrincipals(world)
})
const as = (name: PrincipalName = 'session ADMIN') => ({ headers: who[name].headers })
const add = (change: object = {}) => call(create, { method: 'POST', ...as(), body: { ...BODY, ...change } })
const list = async () =>
  (await call(settings, { headers: { ...who['session ADMIN'].headers, host: 'localhost:6006' } })).json

const ROUTES = [
  ['GET /ui/sign-in', settings, {}],
  ['GET /ui/sign-in/states', states, {}],
  ['POST /ui/sign-in/providers', create, { method: 'POST', body: BODY }],
  ['PUT /ui/sign-in/providers/{name}', update, { method: 'PUT', params: { name: 'google' }, body: BODY }],
  [
    'PATCH /ui/sign-in/providers/{name}',
    turn,
    { method: 'PATCH', params: { name: 'google' }, body: { enabled: false } },
  ],
  ['DELETE /ui/sign-in/providers/{name}', remove, { method: 'DELETE', params: { name: 'google' } }],
  ['PUT /ui/sign-in/order', order, { method: 'PUT', body: { names: [] } }],
  ['POST /ui/sign-in/test', ask, { method: 'POST', body: { name: 'nobody' } }],
  ['GET /ui/sign-in/recent/{name}', recent, { params: { name: 'google' } }],
] as const

test.each(ROUTES)('%s is for admins who are signed in', async (_name, handler, options) => {
  const status = async (name: PrincipalName) => {
    const headers = { 'content-type': 'application/json', ...who[name].headers }
    return (await call(handler, { ...options, headers })).status
  }
  expect(await status('anonymous')).toBe(401)
  expect(await status('session MEMBER')).toBe(403)
  expect(await status('user key ADMIN full')).toBe(403)
  expect([200, 204, 404]).toContain(await status('session ADMIN'))
})

describe('GET /ui/sign-in', () => {
  test('shows the providers of the environment, then those added here, with what to register', async () => {
    await add()
    await createAccount(world, { authMethod: 'OAUTH2', oauth2ClientId: 'bennu', oauth2UserId: '1' })
    const { providers } = await list()
    expect(providers).toEqual([
      expect.objectContaining({ name: 'google', source: 'environment', secret: 'set', updatedBy: null }),
      expect.objectContaining({
        name: 'keycloak',
        source: 'stored',
        enabled: true,
        secret: 'set',
        accounts: 1,
        redirectUri: 'http://localhost:6006/oauth2/keycloak/tokens',
        backchannelLogoutUri: 'http://localhost:6006/oauth2/keycloak/backchannel-logout',
        updatedBy: { username: expect.any(String) },
      }),
    ])
  })

  test('never shows a secret', async () => {
    await add()
    const { text } = await call(settings, as())
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain('the secret of the environment')
    expect(text).not.toContain('gAAAA')
  })

  test('the addresses are below PHOENIX_ROOT_URL when it is set', async () => {
    const server = { rootUrl: 'https://traces.example.com/bennu', rootPath: '/bennu' }
    world = await createTestRuntime({ config: { server, oauth2: { providers: [GOOGLE] } } })
    who = await createPrincipals(world)
    const { providers, newRedirectUri } = await list()
    expect(providers[0].redirectUri).toBe('https://traces.example.com/bennu/oauth2/google/tokens')
    expect(newRedirectUri).toBe('https://traces.example.com/bennu/oauth2/{name}/tokens')
  })
})

describe('bad input changes nothing', () => {
  test.each([
    ['a name in capitals', { name: 'Keycloak' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a reserved name', { name: 'callback' }, 'name'],
    ['no client id', { clientId: '  ' }, 'clientId'],
    ['a role that is none', { rolePath: 'r', roleMapping: [['a', 'SYSTEM']] }, 'roleMapping'],
    ['an assertion file', { tokenAuth: 'client_assertion_jwt' }, 'tokenAuth'],
    ['a NUL', { displayName: 'a\0b' }, 'displayName'],
    ['a list of 200 groups', { allowedGroups: Array(200).fill('g') }, 'allowedGroups'],
    ['no https', { discoveryUrl: 'ftp://example.com' }, 'discoveryUrl'],
  ])('%s is 422 at its field', async (_what, change, field) => {
    const { status, json } = await add(change)
    expect(status).toBe(422)
    expect(json.detail[0].loc).toContain(field)
    expect((await list()).providers).toHaveLength(1)
  })

  test.each([['[]'], ['{'], ['null'], ['{"name":7}']])('the body %s', async (body) => {
    const headers = { ...as().headers, 'content-type': 'application/json' }
    const { status } = await call(create, { method: 'POST', headers, body })
    expect([400, 422]).toContain(status)
  })
})

test('the state of every provider that is on says what is wrong with it, without its address', async () => {
  const discoveryUrl = 'http://localhost:2/.well-known/openid-configuration'
  await add({ discoveryUrl })
  await add({ discoveryUrl, name: 'off', enabled: false })
  const { json, text } = await call(states, as())
  const problem = expect.stringMatching(/^The provider cannot be used: .*no connection could be made/)
  expect(json).toEqual({
    states: [
      { name: 'google', problem },
      { name: 'keycloak', problem },
    ],
  })
  expect(text).not.toMatch(/localhost|127\.0\.0\.1/)
})

test('a provider of the environment cannot be changed here', async () => {
  const params = { name: 'google' }
  const { status } = await call(turn, { method: 'PATCH', ...as(), params, body: { enabled: false } })
  expect(status).toBe(404)
  expect((await call(remove, { method: 'DELETE', ...as(), params })).status).toBe(404)
})

test('a test of an address that is not https asks nobody', async () => {
  const provider = { ...BODY, discoveryUrl: 'http://10.0.0.1/' }
  const { status, json } = await call(ask, { method: 'POST', ...as(), body: { provider } })
  expect(status).toBe(422)
  expect(json.detail[0].loc).toEqual(['body', 'discoveryUrl'])
})

test('a test of a provider that is not there says so', async () => {
  const provider = { ...BODY, discoveryUrl: 'http://127.0.0.1:1/.well-known/openid-configuration' }
  const { status, json } = await call(ask, { method: 'POST', ...as(), body: { provider } })
  expect(status).toBe(200)
  expect(json).toEqual({ ok: false, problem: expect.any(String) })
  expect(json.problem).not.toContain('127.0.0.1')
})
