import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import { parseEnvText } from '../../test/env-text'

/** What a shell would put in place of a command or a reference. */
const SUPPLIED = 'k3J9s+Zq0aVb7/supplied-by-the-operator='
const WITH_AUTH = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2' }

const read = (block: string) =>
  parseEnvText(block, (reference) =>
    reference === 'openssl rand -base64 32' || /^[A-Z_]+$/.test(reference) ? SUPPLIED : '',
  )
const start = (block: string) => {
  const env = read(block)
  const whole = 'PHOENIX_ENABLE_AUTH' in env ? env : { ...WITH_AUTH, ...env }
  return parseConfig(whole, { homedir: '/home/op', cwd: '/srv' })
}

function problemsOf(block: string): string[] {
  try {
    start(block)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

// Blocks as public documents about this kind of server print them: what operators paste.
const START: [string, string][] = [
  [
    'compose, authentication',
    `- PHOENIX_ENABLE_AUTH=true
      - PHOENIX_SECRET=your-secret-key-minimum-32-characters-long
      - PHOENIX_USE_SECURE_COOKIES=true`,
  ],
  [
    'authentication with blanks around the sign',
    `PHOENIX_ENABLE_AUTH = true
PHOENIX_SECRET = $( openssl rand -base64 32 )
PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD = changeme`,
  ],
  [
    'authentication in capitals',
    `PHOENIX_ENABLE_AUTH=True
PHOENIX_SECRET=3413f9a7735bb780c6b8e4db7d946a492b64d26112a955cdea6a797f4c833593`,
  ],
  [
    'container, authentication',
    `PHOENIX_ENABLE_AUTH=true
PHOENIX_SECRET=change-me-32chars-min1digit1lower
PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD='strong-admin-password'`,
  ],
  ['secrets', 'PHOENIX_ADMIN_SECRET = $( openssl rand -base64 32 )'],
  ['secure cookies', 'PHOENIX_USE_SECURE_COOKIES = true'],
  [
    'audit logging',
    `PHOENIX_LOGGING_MODE = structured
PHOENIX_LOGGING_LEVEL = info`,
  ],
  [
    'mail',
    `export PHOENIX_SMTP_HOSTNAME=smtp.sendgrid.net
export PHOENIX_SMTP_USERNAME=apikey
export PHOENIX_SMTP_PASSWORD=XXXXXXXXXXXXXXXXX`,
  ],
  [
    'cross-origin requests',
    'PHOENIX_ALLOWED_ORIGINS = https://app.example.com,https://dashboard.example.com',
  ],
  ['rate limits off', 'PHOENIX_DISABLE_RATE_LIMIT = true'],
  ['PostgreSQL by query', 'PHOENIX_SQL_DATABASE_URL=postgresql://@host/dbname?user=user&password=password'],
  ['PostgreSQL', 'PHOENIX_SQL_DATABASE_URL=postgresql://user:password@host/dbname'],
  ['SQLite', 'PHOENIX_SQL_DATABASE_URL=sqlite:///path/to/database.db'],
  [
    'PostgreSQL in parts',
    `PHOENIX_POSTGRES_HOST=db
PHOENIX_POSTGRES_PORT=5432
PHOENIX_POSTGRES_USER=user
PHOENIX_POSTGRES_PASSWORD=password
PHOENIX_POSTGRES_DB=postgres`,
  ],
  [
    'ports and folders',
    `PHOENIX_PORT=6006
PHOENIX_GRPC_PORT=4317
PHOENIX_HOST=0.0.0.0
PHOENIX_WORKING_DIR=~/.phoenix/`,
  ],
]

describe('samples that start as printed', () => {
  test.each(START)('%s', (_, block) => {
    expect(problemsOf(block)).toEqual([])
  })

  test('the values arrive as a shell would pass them', () => {
    const { auth } = start(START[1]?.[1] as string).config
    expect([auth.enabled, auth.secret, auth.defaultAdminInitialPassword]).toEqual([
      true,
      SUPPLIED,
      'changeme',
    ])
  })
})

describe('samples whose time has not come, and templates not filled in', () => {
  test.each([
    [
      'LDAP',
      `PHOENIX_LDAP_HOST = dc1.company.com,dc2.company.com # Failover
PHOENIX_LDAP_BIND_DN = "CN=svc,DC=company,DC=com"
PHOENIX_LDAP_GROUP_ROLE_MAPPINGS = '[
{"group_dn": "CN=Admins,DC=company,DC=com", "role": "ADMIN"}
]'`,
      'PHOENIX_LDAP_BIND_DN, PHOENIX_LDAP_GROUP_ROLE_MAPPINGS, PHOENIX_LDAP_HOST',
    ],
    [
      'an empty provider template',
      `PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID=""
PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL="https:////realms//.well-known/openid-configuration"
PHOENIX_OAUTH2_KEYCLOAK_CLIENT_SECRET=""`,
      'PHOENIX_OAUTH2_KEYCLOAK_OIDC_CONFIG_URL',
    ],
    ['TLS', 'PHOENIX_TLS_ENABLED_FOR_HTTP = true', 'PHOENIX_TLS_ENABLED_FOR_HTTP'],
  ])('%s is refused by name', (_, block, names) => {
    expect(problemsOf(block)).toEqual([expect.stringMatching(new RegExp(`^${names}: `))])
  })

  test('an env file does not run commands: the sample is refused with a sentence', () => {
    const env = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: '$(openssl rand -base64 32)' }
    expect(() => parseConfig(env)).toThrow(/PHOENIX_SECRET: holds the text of a command/)
  })
})
