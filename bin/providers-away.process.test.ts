/** The running program while the identity providers it is set up with, and the directory, cannot be reached. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OidcProvider, startOidcProvider } from '../test/oidc-provider'
import { type Program, startProgram } from '../test/program'
import { Jar } from '../test/sso-browser'

const PUBLIC = 'http://bennu.test'
const SECRET = 'a secret of the test'
const REFUSED = '/login?error=oauth_error'
const SENTENCE = 'The identity provider could not be reached'

let cutting: OidcProvider
let silent: OidcProvider
let program: Program
let admin: Jar
/** What admins see while nobody answers: begun early, for it waits for the one that is silent. */
let seen: Promise<Record<string, string | null>>

beforeAll(async () => {
  cutting = await startAway('cutting', 'cuts')
  silent = await startAway('silent', 'is silent')
  program = await startProgram({
    env: {
      PHOENIX_ENABLE_AUTH: 'true',
      PHOENIX_SECRET: 'test-secret-0123456789-abcdefghijkl',
      // The page alone asks for another password than the first.
      BENNU_FORCED_RESET: 'ui',
      // The redirect URIs must be known before the port is; what comes back there is asked of the port.
      PHOENIX_ROOT_URL: PUBLIC,
      ...settingsOf('CUTTING', cutting.discoveryUrl),
      ...settingsOf('SILENT', silent.discoveryUrl),
      ...settingsOf('NOWHERE', 'http://127.0.0.1:2/.well-known/openid-configuration'),
      PHOENIX_LDAP_HOST: '127.0.0.1',
      PHOENIX_LDAP_PORT: '2',
      PHOENIX_LDAP_TLS_MODE: 'none',
      PHOENIX_LDAP_USER_SEARCH_BASE_DNS: '["dc=example,dc=com"]',
      PHOENIX_LDAP_ATTR_EMAIL: 'mail',
      PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn":"*","role":"VIEWER"}]',
    },
  })
  admin = new Jar()
  const body = { email: 'admin@localhost', password: 'admin' }
  admin.keep(await ask('/auth/login', { body: JSON.stringify(body) }))
  seen = problems()
  // It is waited for later, and says then what went wrong.
  seen.catch(() => {})
})
afterAll(async () => {
  await program?.stop()
  await cutting?.close()
  await silent?.close()
})

async function startAway(name: string, how: Parameters<OidcProvider['goAway']>[0]): Promise<OidcProvider> {
  const provider = await startOidcProvider({
    people: { ada: { email: `${name}@example.com`, name: 'Ada' } },
    clients: [{ client_id: name, client_secret: SECRET, redirect_uris: [`${PUBLIC}/oauth2/${name}/tokens`] }],
  })
  provider.goAway(how)
  return provider
}

const settingsOf = (idp: string, discoveryUrl: string) => ({
  [`PHOENIX_OAUTH2_${idp}_CLIENT_ID`]: idp.toLowerCase(),
  [`PHOENIX_OAUTH2_${idp}_CLIENT_SECRET`]: SECRET,
  [`PHOENIX_OAUTH2_${idp}_OIDC_CONFIG_URL`]: discoveryUrl,
})

function ask(path: string, { jar = new Jar(), body = '' } = {}): Promise<Response> {
  const headers = { ...jar.header, ...(body && { 'content-type': 'application/json' }) }
  const method = body ? 'POST' : 'GET'
  return fetch(`${program.baseUrl}${path}`, { method, body: body || null, headers, redirect: 'manual' })
}

const locationOf = async (answer: Promise<Response>) => (await answer).headers.get('location')

async function problems(): Promise<Record<string, string | null>> {
  const { states } = (await (await ask('/ui/sign-in/states', { jar: admin })).json()) as {
    states: { name: string; problem: string | null }[]
  }
  return Object.fromEntries(states.map(({ name, problem }) => [name, problem]))
}

/** Signs somebody in at a provider that answers; the path that the browser ends at with a session, or null. */
async function signIn(name: string, provider: OidcProvider): Promise<string | null> {
  const jar = new Jar()
  const start = await ask(`/oauth2/${name}/login`, { jar })
  jar.keep(start)
  const back = await provider.visit(start.headers.get('location') ?? '', 'ada')
  const end = await ask(back.pathname + back.search, { jar })
  jar.keep(end)
  return jar.cookies.has('phoenix-access-token') ? end.headers.get('location') : null
}

it('is ready, and offers every way in', async () => {
  expect((await ask('/readyz')).status).toBe(200)
  const page = await (await ask('/login')).text()
  for (const label of ['Cutting', 'Silent', 'Nowhere']) expect(page).toContain(`Sign in with ${label}`)
})

it('lets people in who come another way', async () => {
  expect(admin.cookies.has('phoenix-access-token')).toBe(true)
  expect((await ask('/v1/user', { jar: admin })).status).toBe(200)
})

it.each(['cutting', 'nowhere'])('leads back from the button of %s with a sentence', async (name) => {
  const location = await locationOf(ask(`/oauth2/${name}/login`))
  expect(location).toBe(REFUSED)
  expect(await (await ask(location ?? '')).text()).toContain(SENTENCE)
})

// Once more on a machine so busy that a page takes the five seconds for which a provider is waited for.
it('answers others while somebody waits for a provider that says nothing', { retry: 2 }, async () => {
  let isOver = false
  const waiting = locationOf(ask('/oauth2/silent/login')).then((location) => {
    isOver = true
    return location
  })
  expect((await ask('/login')).status).toBe(200)
  expect(isOver).toBe(false)
  expect(await waiting).toBe(REFUSED)
})

it('shows admins which provider is away and why', async () => {
  expect(await seen).toEqual({
    cutting: expect.stringMatching(/no connection could be made \([A-Z_]+\)\.$/),
    nowhere: expect.stringMatching(/no connection could be made \(ECONNREFUSED\)\.$/),
    silent: expect.stringMatching(/it did not answer within 5 seconds\.$/),
  })
})

it('says why in the log', () => {
  expect(program.output()).toMatch(/sign-in with an identity provider failed: .*no connection could be made/)
})

it('says that the directory is away', async () => {
  const body = JSON.stringify({ username: 'ada', password: 'a password' })
  const answer = await ask('/auth/ldap/login', { body })
  expect([answer.status, await answer.text()]).toEqual([
    503,
    'The directory does not answer: try again in a moment',
  ])
})

it('signs people in as soon as a provider is back', async () => {
  cutting.comeBack()
  silent.comeBack()
  expect(await signIn('cutting', cutting)).toBe('/')
  expect(await signIn('silent', silent)).toBe('/')
  expect(await problems()).toMatchObject({ cutting: null, silent: null, nowhere: expect.any(String) })
})
