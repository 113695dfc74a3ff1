import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '#server/config'
import type { DatabaseTls, PostgresConfig } from '#server/config/model'

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const FILES: Record<string, string> = {
  '/ca.pem': PEM,
  '/c.pem': PEM,
  '/k.pem': PEM,
  '/ca.der': '\u0001\u0002',
}

const parse = (env: Record<string, string>, files = FILES) =>
  parseConfig(env, {
    homedir: '/home/op',
    cwd: '/srv',
    readFile: (path) => {
      const content = files[path]
      if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
      return content
    },
  })

const database = (url: string, more: Record<string, string> = {}) =>
  parse({ PHOENIX_SQL_DATABASE_URL: url, ...more }).config.database

const postgres = (url: string, more: Record<string, string> = {}) => database(url, more) as PostgresConfig

function problemsOf(env: Record<string, string>): string[] {
  try {
    parse(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const PLAIN: PostgresConfig = {
  dialect: 'postgres',
  hosts: [{ host: 'db', port: 5432 }],
  user: 'u',
  password: 'p',
  database: 'd',
  schema: null,
  tls: { mode: 'prefer', rootCertFile: null, certFile: null, keyFile: null, keyPassword: null },
  applicationName: null,
  connectTimeoutSeconds: 10,
  options: null,
  targetSessionAttrs: null,
}

describe('SQLite URLs', () => {
  test.each([
    ['sqlite:///traces.db', '/srv/traces.db'],
    ['sqlite:///data/traces.db', '/srv/data/traces.db'],
    ['sqlite:////var/lib/traces.db', '/var/lib/traces.db'],
    ['sqlite+aiosqlite:////var/lib/traces.db', '/var/lib/traces.db'],
    ['SQLite:////var/lib/Traces.db', '/var/lib/Traces.db'],
    ['  sqlite:////var/lib/traces.db ', '/var/lib/traces.db'],
    ['sqlite:///~/traces.db', '/home/op/traces.db'],
    ['sqlite:////data/50%25 off.db', '/data/50%25 off.db'],
  ])('%s is the file %s', (url, file) => {
    expect(database(url)).toEqual({ dialect: 'sqlite', file, inMemory: false })
  })

  test('a database in memory is marked', () => {
    expect(database('sqlite:///:memory:')).toEqual({ dialect: 'sqlite', file: ':memory:', inMemory: true })
  })

  test.each([
    'sqlite://',
    'sqlite:///',
    'sqlite://:memory:',
    'sqlite://traces.db',
    'sqlite:///data/',
    'sqlite:///file:x?mode=memory',
    'sqlite:///x.db?mode=ro',
  ])('%s is refused', (url) => {
    expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: url })).toEqual([
      expect.stringMatching(/^PHOENIX_SQL_DATABASE_URL: /),
    ])
  })
})

describe('PostgreSQL URLs', () => {
  test.each([
    'postgresql://u:p@db/d',
    'postgresql://u:p@db:5432/d',
    'postgres://u:p@db/d',
    'POSTGRESQL://u:p@db/d',
    'postgresql+asyncpg://u:p@db/d',
    'postgresql+psycopg2://u:p@db/d',
    'postgresql://@db/d?user=u&password=p',
    'postgresql://db/d?user=u&password=p',
    'postgresql:///d?host=db&user=u&password=p',
    'postgresql://u:p@/d?host=db&port=5432',
    'postgresql://u:p@db?dbname=d',
    'postgresql://u:p@db/d?sslmode=prefer',
    'postgresql://u:p@db/d?prepared_statement_cache_size=0&keepalives=1',
  ])('%s', (url) => {
    expect(database(url)).toEqual(PLAIN)
  })

  test.each([
    ['p%40ss%2Fword%25', 'p@ss/word%'],
    ['p#ss', 'p#ss'],
    ['p/a/ss', 'p/a/ss'],
    ['p?ss', 'p?ss'],
    ['p@ss', 'p@ss'],
    ['a:b', 'a:b'],
    ['a+b', 'a+b'],
    ['50%', '50%'],
    ['50%zz', '50%zz'],
    ['%FF', '%FF'],
  ])('the password %s is %s', (written, password) => {
    expect(postgres(`postgresql://u:${written}@db/d`)).toEqual({ ...PLAIN, password })
  })

  test('a password that begins like a port is asked to be encoded', () => {
    expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: 'postgresql://u:12/34@db/d' })).toEqual([
      expect.stringContaining('Percent-encode'),
    ])
  })

  test.each([
    ['[::1]:5433', [{ host: '::1', port: 5433 }]],
    ['[2001:db8::7]', [{ host: '2001:db8::7', port: 5432 }]],
    [
      'a:1,b:2',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    [
      'a,[::1]:7',
      [
        { host: 'a', port: 5432 },
        { host: '::1', port: 7 },
      ],
    ],
    ['%2Fvar%2Frun%2Fpostgresql', [{ host: '/var/run/postgresql', port: 5432 }]],
    ['', [{ host: 'localhost', port: 5432 }]],
  ])('the host part %j is read', (written, hosts) => {
    expect(postgres(`postgresql://u:p@${written}/d`).hosts).toEqual(hosts)
  })

  test.each([
    ['host=/var/run/postgresql', [{ host: '/var/run/postgresql', port: 5432 }]],
    [
      'host=a:1&host=b:2',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    [
      'host=a,b&port=1,2',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    [
      'host=a,b&port=7',
      [
        { host: 'a', port: 7 },
        { host: 'b', port: 7 },
      ],
    ],
  ])('the hosts of ?%s are read', (query, hosts) => {
    expect(postgres(`postgresql://u:p@/d?${query}`).hosts).toEqual(hosts)
  })

  test('driver settings are kept', () => {
    const query =
      'application_name=my%20app&connect_timeout=3&options=-c%20statement_timeout%3D5s&target_session_attrs=read-write'
    expect(postgres(`postgresql://u:p@db/d?${query}`)).toEqual({
      ...PLAIN,
      applicationName: 'my app',
      connectTimeoutSeconds: 3,
      options: '-c statement_timeout=5s',
      targetSessionAttrs: 'read-write',
    })
  })

  test('a passfile gives the password of the first line that fits', () => {
    const files = { '/pass': '# comment\nother:*:*:*:no\ndb:5432:d:u:a\\:b\n*:*:*:*:later\n' }
    const { config } = parse({ PHOENIX_SQL_DATABASE_URL: 'postgresql://u@db/d?passfile=/pass' }, files)
    expect((config.database as PostgresConfig).password).toBe('a:b')
  })

  test('user, password, host and port left out come from the standard variables', () => {
    const standard = { PGHOST: 'db', PGPORT: '5433', PGUSER: 'u', PGPASSWORD: 'p' }
    expect(postgres('postgresql:///d', standard)).toEqual({ ...PLAIN, hosts: [{ host: 'db', port: 5433 }] })
  })

  test.each([
    ['mysql://u:p@db/d', 'neither postgresql nor sqlite'],
    ['db.example.com/d', 'not a URL'],
    ['postgresql:u:p@db/d', 'not a URL'],
    ['postgresql://u:p@db:5432', 'names no database'],
    ['postgresql://u:p@db/', 'names no database'],
    ['postgresql://u:p@db:0/d', 'port'],
    ['postgresql://u:p@db:70000/d', 'port'],
    ['postgresql://u:p@[nonsense]/d', 'IPv6'],
    ['postgresql://u:p@d b/d', 'host'],
    ['postgresql://u:p@db/d?sslmode=verify', 'sslmode'],
    ['postgresql://u:p@db/d?ssl_mode=verify-full', 'ssl_mode'],
    ['postgresql://u:p@db/d?sslmode=require&sslmode=disable', 'twice'],
    ['postgresql://u:p@db/d?ssl=true', 'sslmode'],
    ['postgresql://u:p@db/d?sslcrl=/crl.pem', 'sslcrl'],
    ['postgresql://u:p@db/d?channel_binding=require', 'channel_binding'],
    ['postgresql://u:p@db/d?ssl_min_protocol_version=TLSv1.3', 'ssl_min_protocol_version'],
    ['postgresql://u:p@db/d?connect_timeout=soon', 'connect_timeout'],
    ['postgresql://u:p@db/d?target_session_attrs=standby', 'read-write'],
    ['postgresql://u:p@a,b/d?port=1,2,3', 'ports'],
    ['postgresql://u@db/d?passfile=/gone', 'ENOENT'],
  ])('%s is refused with its reason', (url, reason) => {
    expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: url })).toEqual([
      expect.stringMatching(new RegExp(`^PHOENIX_SQL_DATABASE_URL: .*${reason}`)),
    ])
  })

  test('the URL may stand in a file', () => {
    const { config } = parse({ PHOENIX_SQL_DATABASE_URL_FILE: '/u' }, { '/u': 'postgresql://u:p@db/d\n' })
    expect(config.database).toEqual(PLAIN)
  })
})

describe('TLS towards PostgreSQL', () => {
  const tls = (query: string, more: Record<string, string> = {}): DatabaseTls =>
    postgres(`postgresql://u:p@db/d${query}`, more).tls

  test.each([
    ['', 'prefer'],
    ['?sslmode=disable', 'disable'],
    ['?sslmode=allow', 'allow'],
    ['?sslmode=prefer', 'prefer'],
    ['?sslmode=require', 'require'],
    ['?sslmode=REQUIRE', 'require'],
    ['?sslmode=verify-ca', 'verify-ca'],
    ['?sslmode=verify-full', 'verify-full'],
    ['?sslrootcert=/ca.pem', 'verify-ca'],
    ['?sslcert=/c.pem&sslkey=/k.pem', 'verify-ca'],
    ['?sslmode=require&sslrootcert=/ca.pem', 'verify-ca'],
    ['?sslmode=verify-full&sslrootcert=/ca.pem', 'verify-full'],
    ['?sslrootcert=system', 'verify-full'],
  ])('%j means %s', (query, mode) => {
    expect(tls(query).mode).toBe(mode)
  })

  test.each([
    ['', 'require', 'require'],
    ['?sslmode=disable', 'require', 'disable'],
    ['?sslrootcert=/ca.pem', 'prefer', 'verify-ca'],
    ['?sslrootcert=/ca.pem', 'verify-full', 'verify-full'],
  ])('%j with PGSSLMODE means %s', (query, standard, mode) => {
    expect(tls(query, { PGSSLMODE: standard }).mode).toBe(mode)
  })

  test('PGSSLMODE with a root certificate in PGSSLROOTCERT checks the chain', () => {
    expect(tls('', { PGSSLMODE: 'require', PGSSLROOTCERT: '/ca.pem' }).mode).toBe('verify-ca')
  })

  test('files and the key password are kept', () => {
    expect(
      tls('?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&sslpassword=kp'),
    ).toEqual({
      mode: 'verify-full',
      rootCertFile: '/ca.pem',
      certFile: '/c.pem',
      keyFile: '/k.pem',
      keyPassword: 'kp',
    })
  })

  test.each([
    ['?sslrootcert=/gone.pem', 'ENOENT'],
    ['?sslrootcert=/ca.der', 'PEM'],
    ['?sslmode=require&sslcert=/c.pem', 'belong together'],
    ['?sslmode=require&sslkey=/k.pem', 'belong together'],
    ['?sslmode=prefer&sslrootcert=system', 'verify-full'],
  ])('%s is refused', (query, reason) => {
    expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: `postgresql://u:p@db/d${query}` })).toEqual([
      expect.stringContaining(reason),
    ])
  })

  test('an unknown word in PGSSLMODE is refused', () => {
    expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: 'postgresql://u@db/d', PGSSLMODE: 'on' })).toEqual([
      expect.stringMatching(/^PGSSLMODE: /),
    ])
  })

  test('PGSSLMODE is nothing to SQLite', () => {
    expect(problemsOf({ PGSSLMODE: 'on' })).toEqual([])
  })
})

describe('the parts of a PostgreSQL address', () => {
  const parts = {
    PHOENIX_POSTGRES_HOST: 'db',
    PHOENIX_POSTGRES_USER: 'u',
    PHOENIX_POSTGRES_PASSWORD: 'p',
    PHOENIX_POSTGRES_DB: 'd',
  }

  test('host, user, password and database make one', () => {
    expect(parse(parts).config.database).toEqual(PLAIN)
  })

  test('the password is taken as it is, not decoded', () => {
    const { config } = parse({ ...parts, PHOENIX_POSTGRES_PASSWORD: 'p%40:/@' })
    expect((config.database as PostgresConfig).password).toBe('p%40:/@')
  })

  test.each([
    [{ PHOENIX_POSTGRES_HOST: 'db/' }, { host: 'db', port: 5432 }],
    [{ PHOENIX_POSTGRES_HOST: 'db:5433' }, { host: 'db', port: 5433 }],
    [{ PHOENIX_POSTGRES_PORT: '5433' }, { host: 'db', port: 5433 }],
    [{ PHOENIX_POSTGRES_HOST: '::1' }, { host: '::1', port: 5432 }],
    [{ PHOENIX_POSTGRES_HOST: '/var/run/postgresql/' }, { host: '/var/run/postgresql', port: 5432 }],
  ])('%j', (more, host) => {
    expect((parse({ ...parts, ...more }).config.database as PostgresConfig).hosts).toEqual([host])
  })

  test.each(Object.keys(parts))('without %s the start stops', (name) => {
    expect(problemsOf({ ...parts, [name]: '' })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: missing`)),
    ])
  })

  test('PGSSLMODE holds for them', () => {
    expect((parse({ ...parts, PGSSLMODE: 'require' }).config.database as PostgresConfig).tls.mode).toBe(
      'require',
    )
  })

  test('the URL wins over them, with a warning', () => {
    const { config, warnings } = parse({ ...parts, PHOENIX_SQL_DATABASE_URL: 'sqlite:////x.db' })
    expect(config.database.dialect).toBe('sqlite')
    expect(warnings).toEqual([expect.stringMatching(/^PHOENIX_POSTGRES_HOST: /)])
  })

  test('a port that Kubernetes injected means nothing without a host', () => {
    expect(parse({ PHOENIX_POSTGRES_PORT: 'tcp://10.0.0.3:5432' }).config.database.dialect).toBe('sqlite')
  })

  test('two ports that differ are refused', () => {
    expect(problemsOf({ ...parts, PHOENIX_POSTGRES_HOST: 'db:1', PHOENIX_POSTGRES_PORT: '2' })).toHaveLength(
      1,
    )
  })
})

describe('the schema', () => {
  const url = 'postgresql://u:p@db/d'

  test.each([
    ['traces', 'traces'],
    ['_t1$', '_t1$'],
    ['MySchema', 'myschema'],
  ])('%s is %s', (written, schema) => {
    expect(database(url, { PHOENIX_SQL_DATABASE_SCHEMA: written })).toEqual({ ...PLAIN, schema })
  })

  test.each(['my-schema', '1st', 'pg_mine', 'a"; drop schema public; --', 'a b', 'ä', 'x'.repeat(64)])(
    '%j is no schema name',
    (schema) => {
      expect(problemsOf({ PHOENIX_SQL_DATABASE_URL: url, PHOENIX_SQL_DATABASE_SCHEMA: schema })).toEqual([
        expect.stringMatching(/^PHOENIX_SQL_DATABASE_SCHEMA: /),
      ])
    },
  )

  test('on SQLite it is ignored with a warning', () => {
    expect(parse({ PHOENIX_SQL_DATABASE_SCHEMA: 'traces' }).warnings).toEqual([
      expect.stringMatching(/^PHOENIX_SQL_DATABASE_SCHEMA: /),
    ])
  })
})
