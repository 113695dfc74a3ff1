import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import { DOCUMENTED_NAMES } from '#server/config/names'

const SECRET = 'a-good-enough-secret-of-40-characters-00'
const OTHER = 'another-good-secret-of-40-characters-001'

const options = { homedir: '/home/op', cwd: '/srv', readFile: noFile }

function noFile(path: string): string {
  throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' })
}

const parse = (env: Record<string, string>, files: Record<string, string> = {}) =>
  parseConfig(env, { ...options, readFile: (path) => files[path] ?? noFile(path) })

function problemsOf(env: Record<string, string>, files: Record<string, string> = {}): string[] {
  try {
    parse(env, files)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('defaults', () => {
  test('an empty environment gives the documented configuration', () => {
    expect(parse({})).toEqual({
      warnings: [],
      config: {
        server: {
          host: '0.0.0.0',
          port: 6006,
          grpcPort: 4317,
          otlpHttp: { port: 4318, chosen: false },
          rootPath: '',
          rootUrl: null,
          managementUrl: null,
          workingDir: '/home/op/.phoenix',
          forwardedAllowIps: ['127.0.0.0/8', '::1'],
        },
        tls: null,
        log: { level: 'info', structured: false },
        metrics: { enabled: false, host: '0.0.0.0', port: 9090, chosen: false },
        database: { dialect: 'sqlite', file: '/home/op/.phoenix/bennu.db', inMemory: false },
        auth: {
          enabled: false,
          secret: null,
          previousSecrets: [],
          adminSecret: null,
          basicAuth: true,
          admins: [],
          defaultAdminInitialPassword: 'admin',
          accessTokenMinutes: 10,
          refreshTokenMinutes: 10080,
          passwordResetMinutes: 15,
          invitationMinutes: 10080,
          passwordMinLength: 8,
          strongPasswords: false,
          commonPasswordCheck: true,
          forcedReset: 'server',
          lockoutAfter: 5,
        },
        oauth2: { providers: [] },
        cookies: { secure: false, path: '/' },
        limits: {
          enabled: true,
          login: { count: 5, windowMs: 60_000 },
          passwordReset: { count: 3, windowMs: 3_600_000 },
          api: [],
        },
        edge: { trustedHosts: null, allowedOrigins: [] },
        mail: null,
        ldap: null,
        ingest: {
          maxQueuedSpans: 20000,
          maxRequestBytes: 33554432,
          maxInflatedBytes: 134217728,
          maxInflightBytes: 268435456,
        },
      },
    })
  })

  test('the configuration is frozen all the way down', () => {
    const { config } = parse({ FORWARDED_ALLOW_IPS: '10.0.0.1' })
    const parts = [config, config.server, config.server.forwardedAllowIps, config.database, config.auth]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true, true])
  })
})

describe('values', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['1', true],
    ['yes', true],
    ['On', true],
    ['false', false],
    ['0', false],
    ['No', false],
    ['OFF', false],
    ['', false],
    ['  ', false],
    [' true ', true],
  ])('the boolean %j is read as %s', (written, expected) => {
    expect(parse({ PHOENIX_USE_SECURE_COOKIES: written }).config.cookies.secure).toBe(expected)
  })

  test.each([
    ['"6007"', 6007],
    ["'6007'", 6007],
    ['" 6007 "', 6007],
  ])('outer quotes of %s are removed with a warning', (written, expected) => {
    const { config, warnings } = parse({ PHOENIX_PORT: written })
    expect([config.server.port, warnings.length, warnings[0]?.startsWith('PHOENIX_PORT: ')]).toEqual([
      expected,
      1,
      true,
    ])
  })

  test.each([`"6007'`, '"', `"6"0"`])('quotes that make no pair stay: %s', (written) => {
    expect(problemsOf({ PHOENIX_PORT: written })).toHaveLength(1)
  })

  test('a quoted nothing is nothing', () => {
    expect(parse({ PHOENIX_PORT: '""' }).config.server.port).toBe(6006)
  })

  test.each([
    ['+30', 30],
    ['1_000', 1000],
  ])('the whole number %s is %d', (written, expected) => {
    expect(parse({ PHOENIX_MAX_SPANS_QUEUE_SIZE: written }).config.ingest.maxQueuedSpans).toBe(expected)
  })

  test.each(['0', '-1', '1.5', '0x10', '1__0', '_1', '1e3', 'nan', '٣'])('%j is no queue size', (written) => {
    expect(problemsOf({ PHOENIX_MAX_SPANS_QUEUE_SIZE: written })).toHaveLength(1)
  })

  test.each([
    ['0.5', 0.5],
    ['.5', 0.5],
    ['1e2', 100],
    ['60', 60],
  ])('a token may live %s minutes', (written, expected) => {
    expect(parse({ PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: written }).config.auth.accessTokenMinutes).toBe(
      expected,
    )
  })

  test.each(['0', '-1', 'nan', 'inf', 'Infinity', '1e400', '10m'])(
    'a token may not live %s minutes',
    (written) => {
      expect(problemsOf({ PHOENIX_ACCESS_TOKEN_EXPIRY_MINUTES: written })).toHaveLength(1)
    },
  )

  test.each([
    ['debug', 'debug'],
    ['INFO', 'info'],
    ['Warning', 'warn'],
    ['warn', 'warn'],
    ['error', 'error'],
    ['critical', 'fatal'],
    ['fatal', 'fatal'],
    ['', 'info'],
  ])('the log level %j is %s', (written, expected) => {
    expect(parse({ PHOENIX_LOGGING_LEVEL: written }).config.log.level).toBe(expected)
  })

  test('a name every object has is no choice', () => {
    expect(problemsOf({ PHOENIX_LOGGING_LEVEL: 'constructor' })).toHaveLength(1)
  })

  test('an empty cookie path is the root', () => {
    expect(parse({ PHOENIX_COOKIES_PATH: '' }).config.cookies.path).toBe('/')
  })
})

describe('where the server listens and keeps its data', () => {
  test.each([
    ['::', '::'],
    ['[::1]', '::1'],
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost'],
  ])('it may listen on %s', (written, expected) => {
    expect(parse({ PHOENIX_HOST: written }).config.server.host).toBe(expected)
  })

  test.each([
    ['/data', '/data'],
    ['data', '/srv/data'],
    ['~/traces', '/home/op/traces'],
    ['~', '/home/op'],
    ['', '/home/op/.phoenix'],
  ])('the working directory %j is %s', (written, expected) => {
    const { config } = parse({ PHOENIX_WORKING_DIR: written })
    expect([config.server.workingDir, config.database]).toEqual([
      expected,
      { dialect: 'sqlite', file: `${expected}/bennu.db`, inMemory: false },
    ])
  })

  test('both ports may be chosen by the system', () => {
    const { server } = parse({ PHOENIX_PORT: '0', PHOENIX_GRPC_PORT: '0' }).config
    expect([server.port, server.grpcPort]).toEqual([0, 0])
  })

  test('OTLP over HTTP has its standard port, and whoever chooses one insists on it', () => {
    expect(parse({}).config.server.otlpHttp).toEqual({ port: 4318, chosen: false })
    const chosen = parse({ BENNU_OTLP_HTTP_PORT: '4318' }).config.server.otlpHttp
    expect(chosen).toEqual({ port: 4318, chosen: true })
    expect(parse({ BENNU_OTLP_HTTP_PORT: '0' }).config.server.otlpHttp.port).toBe(0)
  })

  test.each([
    ['the pages', { PHOENIX_PORT: '4318' }, 0],
    ['gRPC', { PHOENIX_GRPC_PORT: '4318' }, 1],
  ])('OTLP over HTTP leaves its standard port to %s', (_, env, warningCount) => {
    const { config, warnings } = parse(env)
    expect(config.server.otlpHttp.port).toBe(0)
    expect(warnings).toHaveLength(warningCount)
  })

  test('metrics are off, and on at the address of the server once asked for', () => {
    expect(parse({}).config.metrics.enabled).toBe(false)
    const { config } = parse({ PHOENIX_ENABLE_PROMETHEUS: 'true', PHOENIX_HOST: '10.0.0.1' })
    expect(config.metrics).toEqual({ enabled: true, host: '10.0.0.1', port: 9090, chosen: false })
  })

  test('metrics may have an address and a port of their own', () => {
    const { config, warnings } = parse({
      PHOENIX_ENABLE_PROMETHEUS: 'true',
      BENNU_METRICS_HOST: '127.0.0.1',
      BENNU_METRICS_PORT: '6006',
    })
    expect(config.metrics).toEqual({ enabled: true, host: '127.0.0.1', port: 6006, chosen: true })
    expect(warnings).toEqual([])
  })

  test('an address for metrics that are off is warned about', () => {
    expect(parse({ BENNU_METRICS_PORT: '9091' }).warnings).toEqual([
      expect.stringMatching(/^BENNU_METRICS_PORT: .*PHOENIX_ENABLE_PROMETHEUS/),
    ])
  })

  test.each([
    ['https://traces.example.com', 'https://traces.example.com'],
    ['https://traces.example.com/', 'https://traces.example.com'],
    ['http://10.0.0.1:6006/sub/', 'http://10.0.0.1:6006/sub'],
  ])('the root URL %s loses its last slash', (written, expected) => {
    expect(parse({ PHOENIX_ROOT_URL: written }).config.server.rootUrl).toBe(expected)
  })

  test('trusted proxies are addresses, ranges or everybody', () => {
    const { config, warnings } = parse({ FORWARDED_ALLOW_IPS: '10.0.0.0/8, fd00::/8 ,192.0.2.1,*' })
    expect(config.server.forwardedAllowIps).toEqual(['10.0.0.0/8', 'fd00::/8', '192.0.2.1', '*'])
    expect(warnings[0]).toMatch(/^FORWARDED_ALLOW_IPS: /)
  })
})

describe('secrets', () => {
  const withAuth = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: SECRET }

  test('authentication comes on with a secret', () => {
    const { auth } = parse({ ...withAuth, PHOENIX_ADMIN_SECRET: OTHER }).config
    expect([auth.enabled, auth.secret, auth.adminSecret]).toEqual([true, SECRET, OTHER])
  })

  test.each([
    ['without a digit', 'abcdefghijklmnopqrstuvwxyzabcdefgh', 'no digit'],
    ['without a lower-case letter', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ12345678', 'no lower-case letter'],
    ['of 31 characters', 'abcdefghijklmnopqrstuvwxyz12345', 'too short'],
    ['with a blank', 'abcdefghijklmnopqrstuv wxyz12345678', 'blank'],
    ['with a letter outside ASCII', 'abcdefghijklmnopqrstuvwxyz12345é678', 'not ASCII'],
  ])('a secret %s is refused even while authentication is off', (_, secret, reason) => {
    const problems = problemsOf({ PHOENIX_SECRET: secret })
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^PHOENIX_SECRET: .*${reason}`))])
  })

  test('a secret of exactly 32 characters is enough', () => {
    expect(parse({ PHOENIX_SECRET: 'abcdefghijklmnopqrstuvwxyz123456' }).config.auth.secret).toHaveLength(32)
  })

  test('each broken rule has its own sentence', () => {
    expect(problemsOf({ PHOENIX_SECRET: 'ABC' })).toHaveLength(3)
  })

  test('the secret may stand in a file, whose last newline is not part of it', () => {
    const env = { PHOENIX_ENABLE_AUTH: '1', PHOENIX_SECRET_FILE: '/run/secrets/s' }
    expect(parse(env, { '/run/secrets/s': `${SECRET}\n` }).config.auth.secret).toBe(SECRET)
  })

  test('only the last newline is removed', () => {
    const env = { PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD_FILE: '/p' }
    const { auth } = parse(env, { '/p': ' "pass word" \r\n' }).config
    expect(auth.defaultAdminInitialPassword).toBe(' "pass word" ')
  })

  test('an empty variable beside its file form is unset', () => {
    const env = { PHOENIX_SECRET: '', PHOENIX_SECRET_FILE: '/s' }
    expect(parse(env, { '/s': SECRET }).config.auth.secret).toBe(SECRET)
  })

  test('both forms at once are one problem', () => {
    const env = { ...withAuth, PHOENIX_SECRET_FILE: '/s' }
    expect(problemsOf(env, { '/s': SECRET })).toEqual([
      expect.stringMatching(/^PHOENIX_SECRET: PHOENIX_SECRET_FILE is set too/),
    ])
  })

  test('a secret file that is not there is one problem', () => {
    const problems = problemsOf({ PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET_FILE: '/gone' })
    expect(problems).toEqual([expect.stringMatching(/^PHOENIX_SECRET_FILE: .*ENOENT/)])
  })

  test.each([
    [`${SECRET} ${OTHER}`, [SECRET, OTHER]],
    [`${SECRET},${OTHER}`, [SECRET, OTHER]],
    [`${SECRET}\n${OTHER}\n`, [SECRET, OTHER]],
    [`${SECRET},x`, [`${SECRET},x`]],
  ])('earlier secrets are a list', (written, expected) => {
    const env = { PHOENIX_SECRET: 'the-present-secret-of-40-characters-0001', BENNU_SECRET_PREVIOUS: written }
    expect(parse(env).config.auth.previousSecrets).toEqual(expected)
  })

  test('a secret from a public document starts with a warning', () => {
    const env = { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: 'change-me-32chars-min1digit1lower' }
    expect(parse(env).warnings).toEqual([expect.stringMatching(/^PHOENIX_SECRET: .*sample/)])
  })

  test('a secret without the switch is warned about', () => {
    expect(parse({ PHOENIX_SECRET: SECRET }).warnings).toEqual([
      expect.stringMatching(/^PHOENIX_SECRET: .*PHOENIX_ENABLE_AUTH=true/),
    ])
  })
})

describe('names', () => {
  test.each([
    ['PHOENIX_ENABLE_AUHT', 'PHOENIX_ENABLE_AUTH'],
    ['PHOENIX_COOKIE_PATH', 'PHOENIX_COOKIES_PATH'],
    ['PHOENIX_SECRETS', 'PHOENIX_SECRET'],
    ['phoenix_secret', 'PHOENIX_SECRET'],
    ['PHOENIX_SECRET ', 'PHOENIX_SECRET'],
    ['BENNU_MAX_REQUEST_BYTE', 'BENNU_MAX_REQUEST_BYTES'],
    ['BENNU_PORT', 'PHOENIX_PORT'],
  ])('%j is warned about with %s', (name, near) => {
    const { warnings } = parse({ [name]: 'some-value' })
    expect(warnings).toEqual([`${name}: this variable is not known and has no effect. Did you mean ${near}?`])
  })

  test('a name near nothing is warned about without a guess', () => {
    const { warnings } = parse({ PHOENIX_ZZZZZZZZZZZZZZZZZZZZZZZZ: '1' })
    expect(warnings).toEqual([expect.stringContaining('docs/configuration.md')])
  })

  test.each([
    'ANTHROPIC_API_KEY',
    'OPENAI_API_KEY',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'PHOENIX_API_KEY',
    'PHOENIX_PROJECT_NAME',
    'PHOENIX_TELEMETRY_ENABLED',
    'PHOENIX_AGENTS_DISABLE_BASH',
    'PHOENIX_ENABLE_MCP_SERVER',
    'PHOENIX_ALLOWED_SANDBOX_PROVIDERS',
    'PHOENIX_OAUTH2_GRANT_EXPIRY_DAYS',
    'PHOENIX_OAUTH2_ALLOWED_REDIRECT_HOSTS',
    'PHOENIX_PORT_6006_TCP_ADDR',
    'PHOENIX_SERVICE_HOST',
    'PHOENIX_SERVICE_PORT_HTTP',
    'PHOENIX_POSTGRES_SERVICE_HOST',
    'PHOENIX_POSTGRES_PORT_5432_TCP',
    'BENNU_SERVICE_PORT',
  ])('%s neither stops the start nor is remarked upon', (name) => {
    expect(parse({ [name]: 'nonsense that is no value' }).warnings).toEqual([])
  })
})

describe('promises that cannot be kept yet', () => {
  test.each([
    ['PHOENIX_TLS_VERIFY_CLIENT', 'on'],
    ['PHOENIX_TLS_CERT_FILE', '/etc/cert.pem'],
    ['PHOENIX_OAUTH2_ANY_THING_NEW', 'x'],
    ['PHOENIX_POSTGRES_USE_AWS_IAM_AUTH', 'true'],
    ['PHOENIX_POSTGRES_USE_AZURE_MANAGED_IDENTITY', 'true'],
    ['PHOENIX_DEFAULT_RETENTION_POLICY_DAYS', '90'],
    ['PHOENIX_DATABASE_USAGE_INSERTION_BLOCKING_THRESHOLD_PERCENTAGE', '90'],
    ['PHOENIX_DANGEROUSLY_DISABLE_MIGRATIONS', 'true'],
  ])('%s=%s stops the start', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: .*[Rr]emove|^${name}: .*false`)),
    ])
  })

  test.each([
    ['PHOENIX_TLS_ENABLED', 'false'],
    ['PHOENIX_TLS_VERIFY_CLIENT', '0'],
    ['PHOENIX_LDAP_HOST', ''],
    ['PHOENIX_OAUTH2_KEYCLOAK_CLIENT_ID', '""'],
    ['PHOENIX_DISABLE_BASIC_AUTH', 'False'],
    ['PHOENIX_CSRF_TRUSTED_ORIGINS', ''],
    ['PHOENIX_DEFAULT_RETENTION_POLICY_DAYS', '0'],
    ['PHOENIX_DISABLE_RATE_LIMIT', 'true'],
  ])('%s=%s asks for nothing', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([])
  })

  test('certificate files rest while TLS is switched off aloud', () => {
    expect(
      problemsOf({ PHOENIX_TLS_ENABLED: 'false', PHOENIX_TLS_CERT_FILE: '/c', PHOENIX_TLS_KEY_FILE: '/k' }),
    ).toEqual([])
  })

  test.each([
    ['PHOENIX_SQL_DATABASE_READ_REPLICA_URL', 'postgresql://h/d'],
    ['PHOENIX_FASTAPI_MIDDLEWARE_PATHS', 'a.py:B'],
  ])('%s has no effect and says so', (name, value) => {
    expect(parse({ [name]: value }).warnings).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
  })
})

test('whatever the environment holds, the answer is a configuration or a list of problems', () => {
  const name = fc.constantFrom(
    ...DOCUMENTED_NAMES,
    'FORWARDED_ALLOW_IPS',
    'PGHOST',
    'PGPORT',
    'PGSSLMODE',
    'PHOENIX_SECRET_FILE',
  )
  const url = fc
    .tuple(fc.constantFrom('postgresql://', 'sqlite:///', 'sqlite://', 'postgres+x://'), fc.string())
    .map(([a, b]) => a + b)
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    url,
    fc.constantFrom('true', '1', '%', '[', 'a:b@c'),
  )
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 6 }), (env) => {
      const problems = problemsOf(env)
      expect(problems.filter((problem) => !/^\w+(, \w+)*: .*\.$/.test(problem))).toEqual([])
    }),
    { numRuns: 1500, seed: 1 },
  )
})
