/** The whole flow against a certified provider. */
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspectProvider } from '#server/oidc/inspect'
import type { ProviderSettings } from '#server/oidc/model'
import { HostileIssuer } from '../../test/hostile-provider'
import { type OidcProvider, startOidcProvider } from '../../test/oidc-provider'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { beginAt, comeBack, Jar } from '../../test/sso-browser'
import * as login from './[idp]/login/route'
import * as tokens from './[idp]/tokens/route'

const routes = { login, tokens }
const SECRET = 'a secret with % + & : / ='
let world: TestRuntime
let provider: OidcProvider

const client = (id: string, method: 'client_secret_basic' | 'client_secret_post' | 'none') => ({
  client_id: id,
  ...(method !== 'none' && { client_secret: SECRET }),
  redirect_uris: ['http://localhost/oauth2/sso/tokens'],
  post_logout_redirect_uris: ['http://localhost/login'],
  token_endpoint_auth_method: method,
})

beforeAll(async () => {
  provider = await startOidcProvider({
    people: {
      ada: {
        email: 'ada@example.com',
        email_verified: true,
        name: 'Ada',
        groups: ['staff'],
        roles: ['boss'],
      },
      eve: { email: 'eve@example.com', email_verified: true, name: 'Eve', groups: ['guests'] },
    },
    clients: [
      client('basic', 'client_secret_basic'),
      client('post', 'client_secret_post'),
      client('public', 'none'),
    ],
    userinfoOnly: true,
  })
  world = await createTestRuntime()
})
afterAll(() => provider.close())

const defaults = new HostileIssuer('https://nobody/sso', {
  kid: '',
  publicJwk: {},
  privateKey: {} as never,
}).settings()
function use(rest: Partial<ProviderSettings> = {}): ProviderSettings {
  const settings = {
    ...defaults,
    discoveryUrl: provider.discoveryUrl,
    scopes: [...defaults.scopes, 'roles'],
    clientId: 'basic',
    clientSecret: SECRET,
    ...rest,
  }
  world.config = { ...world.config, oauth2: { providers: [settings] } }
  return settings
}

async function signIn(person: string): Promise<string> {
  const jar = new Jar()
  const start = await beginAt(routes, 'sso', jar)
  const back = await provider.visit(start.headers.get('location') ?? '', person)
  const end = await comeBack(routes, 'sso', jar, back)
  return end.headers.get('location') ?? String(end.status)
}

test.each<[string, Partial<ProviderSettings>]>([
  ['client_secret_basic', { clientId: 'basic', tokenAuth: 'client_secret_basic' }],
  ['client_secret_post', { clientId: 'post', tokenAuth: 'client_secret_post' }],
  ['no secret', { clientId: 'public', tokenAuth: 'none', clientSecret: null }],
  ['no PKCE', { clientId: 'basic', pkce: false }],
  ['PKCE', { clientId: 'basic', pkce: true }],
])('signs in with %s', async (_, rest) => {
  await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.authMethod, 'OAUTH2')))
  use(rest)
  expect(await signIn('ada')).toBe('/')
})

test('a wrong secret is an error of the provider', async () => {
  use({ clientSecret: 'wrong' })
  expect(await signIn('ada')).toBe('/login?error=oauth_error')
})

test('groups and roles that only userinfo has decide', async () => {
  await world.db.write((tx) => tx.delete(world.db.t.users).where(eq(world.db.t.users.authMethod, 'OAUTH2')))
  use({ groupsPath: 'groups', allowedGroups: ['staff'], rolePath: 'roles', roleMapping: [['boss', 'ADMIN']] })
  expect(await signIn('ada')).toBe('/')
  expect(await signIn('eve')).toBe('/login?error=auth_failed')
  const rows = await world.db.read
    .select({ role: world.db.t.users.role })
    .from(world.db.t.users)
    .where(eq(world.db.t.users.authMethod, 'OAUTH2'))
  expect(rows).toEqual([{ role: 'ADMIN' }])
})

test('keys that change between two sign-ins are no hindrance', async () => {
  use()
  expect(await signIn('ada')).toBe('/')
  await provider.rotateKeys()
  expect(await signIn('ada')).toBe('/')
})

test('the test of the settings says what was found', async () => {
  expect(await inspectProvider(use())).toMatchObject({
    ok: true,
    issuer: provider.issuer,
    authorizationEndpoint: `${provider.issuer}/auth`,
    endSessionEndpoint: `${provider.issuer}/session/end`,
    pkce: true,
    keys: 1,
    backchannelLogout: true,
  })
})

test('the test of the settings says what is wrong, without the address', async () => {
  const discoveryUrl = provider.discoveryUrl.replace('.well-known', 'nowhere')
  expect(await inspectProvider({ ...use(), discoveryUrl })).toEqual({
    ok: false,
    problem:
      'The provider cannot be used: its discovery document cannot be had: it answered with status 404.',
  })
})
