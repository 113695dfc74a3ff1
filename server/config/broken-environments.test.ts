import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'

/** A value that must never come back in a sentence, put wherever a secret may stand. */
const CANARY = 'canary0canary0canary0canary0canary0'

type Broken = [string, Record<string, string>, { names: string[]; says: RegExp }]

// What an operator really does wrong, with the names and the advice the sentences must hold, written by hand.
const BROKEN: Broken[] = [
  [
    'auth without a secret',
    { PHOENIX_ENABLE_AUTH: 'true' },
    { names: ['PHOENIX_SECRET'], says: /openssl rand -hex 32/ },
  ],
  [
    'auth spelled wrong',
    { PHOENIX_ENABLE_AUTH: 'enabled' },
    { names: ['PHOENIX_ENABLE_AUTH'], says: /true nor false/ },
  ],
  [
    'a short secret',
    { PHOENIX_SECRET: 'canary0' },
    { names: ['PHOENIX_SECRET'], says: /at least 32 characters/ },
  ],
  [
    'a secret without a digit',
    { PHOENIX_SECRET: CANARY.replaceAll('0', 'x') },
    { names: ['PHOENIX_SECRET'], says: /no digit.*at least one/ },
  ],
  [
    'a secret in capitals',
    { PHOENIX_SECRET: CANARY.toUpperCase() },
    { names: ['PHOENIX_SECRET'], says: /lower-case letter/ },
  ],
  [
    'an initial password copied from the output of bennu config',
    { PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: '********' },
    { names: ['PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD'], says: /the mask.*Put the password there/ },
  ],
  [
    'a secret with a blank',
    { PHOENIX_SECRET: `${CANARY} ${CANARY}` },
    { names: ['PHOENIX_SECRET'], says: /blank/ },
  ],
  [
    'a command left literal',
    { PHOENIX_SECRET: '$(openssl rand -base64 32)', PHOENIX_ENABLE_AUTH: '1' },
    { names: ['PHOENIX_SECRET'], says: /Run the command once yourself/ },
  ],
  [
    'a reference left literal',
    { PHOENIX_SECRET: '\x24{APP_SECRET}', PHOENIX_ENABLE_AUTH: '1' },
    { names: ['PHOENIX_SECRET'], says: /Put the value itself here/ },
  ],
  [
    'a secret file that is gone',
    { PHOENIX_SECRET_FILE: '/run/gone' },
    { names: ['PHOENIX_SECRET_FILE'], says: /"\/run\/gone".*ENOENT.*Check the path/ },
  ],
  [
    'an empty secret file',
    { PHOENIX_SECRET_FILE: '/empty' },
    { names: ['PHOENIX_SECRET_FILE'], says: /empty.*Put the value into it/ },
  ],
  [
    'both forms of a secret',
    { PHOENIX_SECRET: CANARY, PHOENIX_SECRET_FILE: '/canary' },
    { names: ['PHOENIX_SECRET'], says: /Keep one of the two/ },
  ],
  [
    'an admin secret alone',
    { PHOENIX_ADMIN_SECRET: CANARY },
    { names: ['PHOENIX_ADMIN_SECRET'], says: /PHOENIX_SECRET is missing/ },
  ],
  [
    'one secret used twice',
    { PHOENIX_SECRET: CANARY, PHOENIX_ADMIN_SECRET: CANARY },
    { names: ['PHOENIX_ADMIN_SECRET'], says: /Choose another value/ },
  ],
  [
    'a weak earlier secret',
    { PHOENIX_SECRET: CANARY, BENNU_SECRET_PREVIOUS: 'canary0' },
    { names: ['BENNU_SECRET_PREVIOUS'], says: /at least 32/ },
  ],
  [
    'an earlier secret that is the present one',
    { PHOENIX_SECRET: CANARY, BENNU_SECRET_PREVIOUS: CANARY },
    { names: ['BENNU_SECRET_PREVIOUS'], says: /only earlier ones/ },
  ],
  [
    'a port from Kubernetes',
    { PHOENIX_PORT: 'tcp://10.0.0.1:6006' },
    { names: ['PHOENIX_PORT'], says: /Kubernetes.*enableServiceLinks/ },
  ],
  [
    'a gRPC port from Kubernetes',
    { PHOENIX_GRPC_PORT: 'tcp://10.0.0.1:4317' },
    { names: ['PHOENIX_GRPC_PORT'], says: /Kubernetes/ },
  ],
  [
    'a port out of range',
    { PHOENIX_PORT: '66006' },
    { names: ['PHOENIX_PORT'], says: /"66006".*0 to 65535/ },
  ],
  [
    'one port for both',
    { PHOENIX_PORT: '7000', PHOENIX_GRPC_PORT: '7000' },
    { names: ['PHOENIX_GRPC_PORT'], says: /its own port/ },
  ],
  [
    'the port of the pages for OTLP',
    { PHOENIX_PORT: '7000', BENNU_OTLP_HTTP_PORT: '7000' },
    { names: ['BENNU_OTLP_HTTP_PORT'], says: /7000 is also PHOENIX_PORT/ },
  ],
  [
    'the port of OTLP for metrics',
    { PHOENIX_ENABLE_PROMETHEUS: 'true', BENNU_METRICS_PORT: '4318' },
    { names: ['BENNU_METRICS_PORT'], says: /4318 is also BENNU_OTLP_HTTP_PORT/ },
  ],
  [
    'a port in the host of metrics',
    { PHOENIX_ENABLE_PROMETHEUS: 'true', BENNU_METRICS_HOST: '127.0.0.1:9090' },
    { names: ['BENNU_METRICS_HOST'], says: /goes into BENNU_METRICS_PORT/ },
  ],
  [
    'a URL as host',
    { PHOENIX_HOST: 'http://0.0.0.0' },
    { names: ['PHOENIX_HOST'], says: /IP address or a host name alone/ },
  ],
  ['a port in the host', { PHOENIX_HOST: '0.0.0.0:6006' }, { names: ['PHOENIX_HOST'], says: /PHOENIX_PORT/ }],
  [
    'a root URL without scheme',
    { PHOENIX_ROOT_URL: 'traces.example.com' },
    { names: ['PHOENIX_ROOT_URL'], says: /https:\/\/traces.example.com/ },
  ],
  [
    'a root URL with an empty host',
    { PHOENIX_ROOT_URL: 'https:////traces' },
    { names: ['PHOENIX_ROOT_URL'], says: /scheme and host/ },
  ],
  [
    'a root URL with credentials',
    { PHOENIX_ROOT_URL: `https://u:${CANARY}@traces.example.com` },
    { names: ['PHOENIX_ROOT_URL'], says: /credentials/ },
  ],
  [
    'a path prefix that ends with a slash',
    { PHOENIX_HOST_ROOT_PATH: '/traces/' },
    { names: ['PHOENIX_HOST_ROOT_PATH'], says: /Leave that one out/ },
  ],
  [
    'an unknown database',
    { PHOENIX_SQL_DATABASE_URL: `mysql://u:${CANARY}@db/d` },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /Write postgresql:\/\// },
  ],
  [
    'a URL without a database',
    { PHOENIX_SQL_DATABASE_URL: `postgresql://u:${CANARY}@db` },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /names no database/ },
  ],
  [
    'an unknown sslmode',
    { PHOENIX_SQL_DATABASE_URL: `postgresql://u:${CANARY}@db/d?sslmode=strict` },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /verify-full/ },
  ],
  [
    'a root certificate that is gone',
    { PHOENIX_SQL_DATABASE_URL: `postgresql://u:${CANARY}@db/d?sslrootcert=/gone.pem` },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /"\/gone.pem".*ENOENT/ },
  ],
  [
    'a password not encoded',
    { PHOENIX_SQL_DATABASE_URL: `postgresql://u:1/${CANARY}@db/d` },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /Percent-encode/ },
  ],
  [
    'two slashes for SQLite',
    { PHOENIX_SQL_DATABASE_URL: 'sqlite://traces.db' },
    { names: ['PHOENIX_SQL_DATABASE_URL'], says: /sqlite:\/\/\/\// },
  ],
  [
    'a PostgreSQL host without its user',
    { PHOENIX_POSTGRES_HOST: 'db', PHOENIX_POSTGRES_PASSWORD: CANARY, PHOENIX_POSTGRES_DB: 'd' },
    { names: ['PHOENIX_POSTGRES_USER'], says: /missing.*Set host, user/ },
  ],
  [
    'a PostgreSQL user without password',
    { PHOENIX_POSTGRES_HOST: 'db', PHOENIX_POSTGRES_USER: 'u', PHOENIX_POSTGRES_DB: 'd' },
    { names: ['PHOENIX_POSTGRES_PASSWORD'], says: /missing/ },
  ],
  [
    'a schema that is no name',
    { PHOENIX_SQL_DATABASE_URL: 'postgresql://u@db/d', PHOENIX_SQL_DATABASE_SCHEMA: 'a-b' },
    { names: ['PHOENIX_SQL_DATABASE_SCHEMA'], says: /letters, digits and underscores/ },
  ],
  [
    'LDAP without a host',
    { PHOENIX_LDAP_BIND_PASSWORD: CANARY },
    {
      names: ['PHOENIX_LDAP_HOST'],
      says: /missing, and PHOENIX_LDAP_BIND_PASSWORD needs it.*Set it to the name/,
    },
  ],
  [
    'an identity provider',
    {
      PHOENIX_OAUTH2_GOOGLE_CLIENT_SECRET: CANARY,
      PHOENIX_OAUTH2_GOOGLE_CLIENT_ID: 'id',
      PHOENIX_OAUTH2_GOOGLE_OIDC_CONFIG_URL: 'http://accounts.google.com',
    },
    { names: ['PHOENIX_OAUTH2_GOOGLE_OIDC_CONFIG_URL'], says: /not an https address.*localhost alone/ },
  ],
  [
    'TLS without files',
    { PHOENIX_TLS_ENABLED_FOR_HTTP: 'true' },
    { names: ['PHOENIX_TLS_CERT_FILE', 'PHOENIX_TLS_KEY_FILE'], says: /Name the PEM file/ },
  ],
  [
    'TLS files without the switch',
    { PHOENIX_TLS_CERT_FILE: '/c', PHOENIX_TLS_KEY_FILE: '/k' },
    { names: ['PHOENIX_TLS_CERT_FILE', 'PHOENIX_TLS_KEY_FILE'], says: /PHOENIX_TLS_ENABLED is missing/ },
  ],
  [
    'no passwords',
    { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: CANARY, PHOENIX_DISABLE_BASIC_AUTH: 'true' },
    { names: ['PHOENIX_DISABLE_BASIC_AUTH'], says: /only way to sign in/ },
  ],
  [
    'retention',
    { PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: '90' },
    { names: ['PHOENIX_DEFAULT_RETENTION_POLICY_DAYS'], says: /kept for ever/ },
  ],
  [
    'an unknown log level',
    { PHOENIX_LOGGING_LEVEL: 'loud' },
    { names: ['PHOENIX_LOGGING_LEVEL'], says: /debug, info/ },
  ],
  [
    'an unknown logging mode',
    { PHOENIX_LOGGING_MODE: 'json' },
    { names: ['PHOENIX_LOGGING_MODE'], says: /default, structured/ },
  ],
  [
    'a token life of nothing',
    { PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: '0' },
    { names: ['PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES'], says: /more than 0/ },
  ],
  [
    'an unknown reset mode',
    { BENNU_FORCED_RESET: 'never' },
    { names: ['BENNU_FORCED_RESET'], says: /server, ui/ },
  ],
  [
    'a size with a unit',
    { BENNU_MAX_REQUEST_BYTES: '32MB' },
    { names: ['BENNU_MAX_REQUEST_BYTES'], says: /whole number/ },
  ],
  [
    'a cookie path with a semicolon',
    { PHOENIX_COOKIES_PATH: '/;Domain=evil' },
    { names: ['PHOENIX_COOKIES_PATH'], says: /begins with \// },
  ],
  [
    'a proxy that is no address',
    { FORWARDED_ALLOW_IPS: '10.0.0.0/99' },
    { names: ['FORWARDED_ALLOW_IPS'], says: /10\.0\.0\.0\/8/ },
  ],
]

function problemsOf(env: Record<string, string>): string[] {
  const files: Record<string, string> = { '/empty': '\n', '/canary': CANARY }
  const readFile = (path: string) => {
    const content = files[path]
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
    return content
  }
  try {
    parseConfig(env, { readFile, homedir: '/home/op', cwd: '/srv' })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test.each(BROKEN)('%s is one sentence with its name and what to do', (_, env, { names, says }) => {
  const problems = problemsOf(env)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(new RegExp(`^${names.join(', ')}: `))
  expect(problems[0]).toMatch(says)
  expect(problems[0]).toMatch(/[A-Z].*\.$/)
})

test.each(BROKEN)('%s gives no secret away', (_, env) => {
  expect(problemsOf(env).join('\n').toLowerCase()).not.toContain('canary0')
})

test('all problems of an environment are reported together', () => {
  const env = {
    PHOENIX_ENABLE_AUTH: 'true',
    PHOENIX_PORT: 'x',
    PHOENIX_SQL_DATABASE_URL: 'nonsense',
    PHOENIX_LDAP_HOST: 'ldap',
    BENNU_PASSWORD_MIN_LENGTH: 'long',
  }
  expect(problemsOf(env).map((one) => one.split(':')[0])).toEqual([
    'PHOENIX_PORT',
    'PHOENIX_SQL_DATABASE_URL',
    'PHOENIX_SECRET',
    'BENNU_PASSWORD_MIN_LENGTH',
    'PHOENIX_LDAP_USER_SEARCH_BASE_DNS',
    'PHOENIX_LDAP_GROUP_ROLE_MAPPINGS',
  ])
})

test('a value with a line break cannot forge a line of its own', () => {
  expect(problemsOf({ PHOENIX_HOST: 'a\nPHOENIX_SECRET: all is well' }).join('')).not.toContain('\n')
})
