import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import { describeConfig } from '#server/config/describe'
import { parseEnvText } from '../../test/env-text'
import { PRINTED_SAMPLES, SUPPLIED } from '../../test/printed-samples'

const AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2' }
const KEYCLOAK = {
  PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID: 'bennu',
  PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET: 'hidden-value',
  PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL: 'https://sso.example/realms/a/.well-known/openid-configuration',
}
const parse = (env: Record<string, string>) =>
  parseConfig({ ...AUTH, ...env }, { homedir: '/home/op', cwd: '/srv', readFile: () => 'from a file\n' })
const providers = (env: Record<string, string>) => parse(env).config.oauth2.providers
const keycloak = (env: Record<string, string> = {}) =>
  providers({
    ...KEYCLOAK,
    ...Object.fromEntries(
      Object.entries(env).map(([name, value]) => [`PHOENIX_OAUTH2_KEYCLOAK_${name}`, value]),
    ),
  })[0]
const problems = (env: Record<string, string>): string[] => {
  try {
    parse(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
const problemsOf = (env: Record<string, string>) =>
  problems({
    ...KEYCLOAK,
    ...Object.fromEntries(
      Object.entries(env).map(([name, value]) => [`PHOENIX_OAUTH2_KEYCLOAK_${name}`, value]),
    ),
  })

test('three variables make a provider; the rest has its default', () => {
  expect(keycloak()).toEqual({
    name: 'keycloak',
    displayName: 'Keycloak',
    clientId: 'bennu',
    clientSecret: 'hidden-value',
    discoveryUrl: 'https://sso.example/realms/a/.well-known/openid-configuration',
    tokenAuth: 'client_secret_basic',
    assertionFile: null,
    pkce: null,
    scopes: ['openid', 'email', 'profile'],
    allowSignUp: true,
    autoLogin: false,
    emailPath: 'email',
    groupsPath: null,
    allowedGroups: [],
    rolePath: null,
    roleMapping: [],
    roleStrict: false,
    roleResync: true,
    defaultRole: 'MEMBER',
    redirectPath: null,
    logoutAtProvider: true,
  })
})

test('the samples of the documents give the providers that they describe', () => {
  const sample = PRINTED_SAMPLES.find(([name]) => name === 'Google, Entra, Cognito and Keycloak')?.[1] ?? ''
  const { config, warnings } = parse(parseEnvText(sample, () => SUPPLIED))
  const of = (name: string) => config.oauth2.providers.find((one) => one.name === name)
  expect(config.oauth2.providers.map(({ name }) => name)).toEqual([
    'cognito',
    'google',
    'keycloak',
    'microsoft',
  ])
  expect(of('microsoft')).toMatchObject({
    displayName: 'Microsoft Entra ID',
    scopes: ['openid', 'email', 'profile', 'offline_access', 'User.Read'],
    emailPath: 'preferred_username',
  })
  expect(of('cognito')).toMatchObject({
    groupsPath: '"cognito:groups"',
    allowedGroups: ['Admins', 'PowerUsers'],
  })
  expect(of('keycloak')).toMatchObject({
    groupsPath: 'resource_access.phoenix.roles',
    allowedGroups: [],
    rolePath: 'resource_access.phoenix.role',
    roleMapping: [
      ['admin', 'ADMIN'],
      ['user', 'MEMBER'],
    ],
  })
  expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
    'PHOENIX_OAUTH2_COGNITO_GROUPS_ATTRIBUTE_PATH',
    'PHOENIX_OAUTH2_KEYCLOAK_GROUPS_ATTRIBUTE_PATH',
    'PHOENIX_OAUTH2_MICROSOFT_OIDC_CONFIG_URL',
  ])
})

describe('a claim path', () => {
  test.each([
    ['groups', 'groups'],
    ['"cognito:groups"', '"cognito:groups"'],
    ['cognito:groups', '"cognito:groups"'],
    ['https://example.com/roles', '"https://example.com/roles"'],
    ['my-groups', '"my-groups"'],
    ['"realm_access.roles"', 'realm_access.roles'],
    ['groups[].name', 'groups[].name'],
  ])('%s is read as %s', (written, path) => {
    expect(
      keycloak({ GROUPS_ATTRIBUTE_PATH: written.replaceAll(/^"([\w.]+)"$/g, '$1'), ALLOWED_GROUPS: 'a' })
        ?.groupsPath,
    ).toBe(path)
  })
})

describe('is refused with the name and what to do:', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['clear text', { OIDC_CONFIG_URL: 'http://sso.example/x' }, /OIDC_CONFIG_URL: not an https address/],
    ['no host', { OIDC_CONFIG_URL: 'https:////realms' }, /OIDC_CONFIG_URL: not an https address/],
    [
      'every tenant of Entra',
      { OIDC_CONFIG_URL: 'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration' },
      /OIDC_CONFIG_URL: the address of common, .* Put the id of your tenant in the place of common\./,
    ],
    [
      'every organization of Entra',
      {
        OIDC_CONFIG_URL:
          'https://login.microsoftonline.us/Organizations/v2.0/.well-known/openid-configuration',
      },
      /OIDC_CONFIG_URL: .*in the place of Organizations\./,
    ],
    ['no id', { CLIENT_ID: '' }, /CLIENT_ID: missing/],
    ['no secret', { CLIENT_SECRET: '' }, /CLIENT_SECRET: missing/],
    ['groups without a path', { ALLOWED_GROUPS: 'a' }, /ALLOWED_GROUPS: set without a path/],
    ['a mapping without a path', { ROLE_MAPPING: 'a:ADMIN' }, /ROLE_MAPPING: of no use without a path/],
    ['strict without a path', { ROLE_ATTRIBUTE_STRICT: 'true' }, /ROLE_ATTRIBUTE_STRICT: of no use/],
    ['no resync without a path', { ROLE_RESYNC: 'false' }, /ROLE_RESYNC: of no use/],
    [
      'the role SYSTEM',
      { ROLE_ATTRIBUTE_PATH: 'r', ROLE_MAPPING: 'a:SYSTEM' },
      /ROLE_MAPPING: .* one of VIEWER, MEMBER, ADMIN/,
    ],
    ['a path that is none', { ROLE_ATTRIBUTE_PATH: 'a[' }, /ROLE_ATTRIBUTE_PATH: not a JMESPath/],
    [
      'a dash in a longer path',
      { ROLE_ATTRIBUTE_PATH: 'a.b-c.d' },
      /ROLE_ATTRIBUTE_PATH: .*Write a\."b-c"\.d/,
    ],
    [
      'an unknown method',
      { TOKEN_ENDPOINT_AUTH_METHOD: 'magic' },
      /TOKEN_ENDPOINT_AUTH_METHOD: .*client_secret_basic/,
    ],
    [
      'an assertion without a file',
      { TOKEN_ENDPOINT_AUTH_METHOD: 'client_assertion_jwt' },
      /CLIENT_ASSERTION_FILE: missing/,
    ],
    [
      'a relative assertion file',
      { TOKEN_ENDPOINT_AUTH_METHOD: 'client_assertion_jwt', CLIENT_ASSERTION_FILE: 'a/b' },
      /CLIENT_ASSERTION_FILE: not an absolute path/,
    ],
    ['a setting that nobody knows', { CLIENT_IDD: 'x' }, /CLIENT_IDD: not a setting of an identity provider/],
  ])('%s', (_, env, sentence) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(sentence)])
  })

  test.each(['AUTHORIZE', 'CALLBACK', 'TOKEN', 'REVOKE', 'REGISTER', 'CONSENT'])('the name %s', (name) => {
    const env = Object.fromEntries(
      Object.entries(KEYCLOAK).map(([key, value]) => [key.replace('KEYCLOAK', name), value]),
    )
    expect(problems(env)).toEqual([expect.stringMatching(/a path of its own/)])
  })

  test('two that sign in by themselves', () => {
    const google = Object.fromEntries(
      Object.entries(KEYCLOAK).map(([key, value]) => [key.replace('KEYCLOAK', 'GOOGLE'), value]),
    )
    const eager = { PHOENIX_OAUTH2_GOOGLE_AUTO_LOGIN: 'true', PHOENIX_OAUTH2_KEYCLOAK_AUTO_LOGIN: 'true' }
    expect(problems({ ...KEYCLOAK, ...google, ...eager })).toEqual([
      expect.stringMatching(/one provider only/),
    ])
  })

  test('settings of ours for a provider that is not there', () => {
    expect(problems({ ...KEYCLOAK, BENNU_OAUTH2_GOGLE_LOGOUT: 'false' })).toEqual([
      expect.stringMatching(/there is no provider GOGLE/),
    ])
  })

  test('a redirect path that is not answered', () => {
    expect(problems({ ...KEYCLOAK, BENNU_OAUTH2_KEYCLOAK_REDIRECT_PATH: '/sso' })).toEqual([
      expect.stringMatching(/REDIRECT_PATH: not a path of this server. Use one of \/oauth2\/callback/),
    ])
  })
})

test('two providers with one shared callback are refused', () => {
  const google = Object.fromEntries(
    Object.entries(KEYCLOAK).map(([key, value]) => [key.replace('KEYCLOAK', 'GOOGLE'), value]),
  )
  const path = '/oauth2/callback'
  const one = { ...KEYCLOAK, ...google, BENNU_OAUTH2_KEYCLOAK_REDIRECT_PATH: path }
  expect(problems(one)).toEqual([])
  expect(problems({ ...one, BENNU_OAUTH2_GOOGLE_REDIRECT_PATH: path })).toEqual([
    expect.stringMatching(/^BENNU_OAUTH2_GOOGLE_REDIRECT_PATH: BENNU_OAUTH2_KEYCLOAK_REDIRECT_PATH too/),
  ])
})

test('admins who could never claim their accounts are warned about', () => {
  const env = { ...KEYCLOAK, PHOENIX_ADMINS: 'Ada=ada@example.com', PHOENIX_DISABLE_BASIC_AUTH: 'true' }
  expect(parse(env).warnings).toEqual([expect.stringMatching(/^PHOENIX_ADMINS: .*ALLOW_SIGN_UP=false/)])
  expect(parse({ ...env, PHOENIX_OAUTH2_KEYCLOAK_ALLOW_SIGN_UP: 'false' }).warnings).toEqual([])
  expect(parse({ ...env, PHOENIX_DISABLE_BASIC_AUTH: 'false' }).warnings).toEqual([])
})

test('an empty setting declares no provider', () => {
  expect(providers({ PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID: '""' })).toEqual([])
})

test.each([
  [
    'none needs no secret',
    { TOKEN_ENDPOINT_AUTH_METHOD: 'None', CLIENT_SECRET: '' },
    { tokenAuth: 'none', clientSecret: null },
  ],
  [
    'a secret may stand in a file',
    { CLIENT_SECRET: '', CLIENT_SECRET_FILE: '/run/s' },
    { clientSecret: 'from a file' },
  ],
  ['PKCE can be off', { USE_PKCE: 'false' }, { pkce: false }],
  [
    'roles are read in any case, at the first colon',
    { ROLE_ATTRIBUTE_PATH: 'r', ROLE_MAPPING: 'a:Admin, b : viewer' },
    {
      roleMapping: [
        ['a', 'ADMIN'],
        ['b', 'VIEWER'],
      ],
    },
  ],
])('%s', (_, env, expected) => {
  expect(keycloak(env)).toMatchObject(expected)
})

test('the role of newcomers may be said for all and for one', () => {
  expect(providers({ ...KEYCLOAK, BENNU_OAUTH2_DEFAULT_ROLE: 'VIEWER' })[0]?.defaultRole).toBe('VIEWER')
  expect(
    providers({
      ...KEYCLOAK,
      BENNU_OAUTH2_DEFAULT_ROLE: 'VIEWER',
      BENNU_OAUTH2_KEYCLOAK_DEFAULT_ROLE: 'member',
    })[0]?.defaultRole,
  ).toBe('MEMBER')
})

test('an assertion file may be named by a variable of the platform, and then no output names it', () => {
  const { config } = parse({
    ...KEYCLOAK,
    AZURE_FEDERATED_TOKEN_FILE: '/var/run/secret-place',
    PHOENIX_OAUTH2_KEYCLOAK_TOKEN_ENDPOINT_AUTH_METHOD: 'client_assertion_jwt',
    PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ASSERTION_FILE_ENV_VAR: 'AZURE_FEDERATED_TOKEN_FILE',
  })
  expect(config.oauth2.providers[0]?.assertionFile).toEqual({
    path: '/var/run/secret-place',
    confidential: true,
  })
  expect(describeConfig(config).join('\n')).not.toContain('secret-place')
})

test('the lines of `bennu config` hide the secret', () => {
  const lines = describeConfig(parse(KEYCLOAK).config)
  expect(lines).toContain('PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET=********')
  expect(lines.join('\n')).not.toContain('hidden-value')
})

test('with a provider passwords may be switched off', () => {
  expect(parse({ ...KEYCLOAK, PHOENIX_DISABLE_BASIC_AUTH: 'true' }).config.auth.basicAuth).toBe(false)
})

test('while authentication is off there are none, and a warning says so', () => {
  const { config, warnings } = parseConfig(KEYCLOAK, { homedir: '/home/op', cwd: '/srv' })
  expect(config.oauth2.providers).toEqual([])
  expect(warnings).toEqual([expect.stringMatching(/^PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID: of no effect/)])
})
