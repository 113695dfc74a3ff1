import { expect, test } from 'vitest'
import { describeConfig, parseConfig, publicConfig } from '#server/config'

const options = { homedir: '/home/op', cwd: '/srv', readFile: () => '-----BEGIN X-----' }

const CANARIES = {
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_SECRET: 'canary-secret-of-at-least-32-characters',
  PHOENIX_ADMIN_SECRET: 'canary-admin-of-at-least-32-characters-',
  BENNU_SECRET_PREVIOUS: 'canary-older-of-at-least-32-characters-',
  PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: 'canary-password',
  PHOENIX_SQL_DATABASE_URL:
    'postgresql://u:canary-db@db,[::1]:5433/d?sslmode=verify-full&sslcert=/c&sslkey=/k&sslpassword=canary-key',
  PHOENIX_PROT: 'canary-unknown',
}

test('no secret appears in the description, in a warning or in what pages get', () => {
  const { config, warnings } = parseConfig(CANARIES, options)
  const everything = [...describeConfig(config), ...warnings, JSON.stringify(publicConfig(config))].join('\n')
  expect(everything).not.toContain('canary')
  expect(warnings).toHaveLength(1)
})

test('every line is a variable and its effective value', () => {
  const { config } = parseConfig({ ...CANARIES, PHOENIX_PORT: '7000' }, options)
  const lines = describeConfig(config)
  expect(lines.filter((line) => !/^[A-Z_]+=/.test(line))).toEqual([])
  expect(lines).toContain('PHOENIX_PORT=7000')
  expect(lines).toContain('PHOENIX_SECRET=********')
  expect(lines).toContain(
    'PHOENIX_SQL_DATABASE_URL=postgresql://u:********@db:5432,[::1]:5433/d' +
      '?sslmode=verify-full&sslcert=/c&sslkey=/k&sslpassword=********&connect_timeout=10',
  )
})

test('the lines read back as the configuration they describe', () => {
  const { config } = parseConfig(
    {
      PHOENIX_HOST: '::',
      PHOENIX_WORKING_DIR: '/data',
      PHOENIX_ADMINS: 'Ann = Ann@corp.internal; a=b=bob@example.com',
      PHOENIX_MANAGEMENT_URL: 'https://console.example.com',
    },
    options,
  )
  const env = Object.fromEntries(
    describeConfig(config).map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  )
  env.PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD = ''
  // Written down it is a port that the operator chose, and insists on.
  env.BENNU_OTLP_HTTP_PORT = ''
  expect(parseConfig(env, options).config).toEqual(config)
})

test('a database URL reads back with every parameter that counts', () => {
  const parameters =
    'sslmode=require&target_session_attrs=read-write&connect_timeout=3&application_name=a%20%26%20b&options=-c%20geqo%3Doff'
  const { config } = parseConfig(
    { PHOENIX_SQL_DATABASE_URL: `postgresql://u@db1,db2/d?${parameters}` },
    options,
  )
  const line = describeConfig(config).find((text) => text.startsWith('PHOENIX_SQL_DATABASE_URL='))
  const again = parseConfig({ PHOENIX_SQL_DATABASE_URL: line?.replace(/^[^=]*=/, '') }, options)
  expect(again.config.database).toEqual(config.database)
})

test('a value with a line break stays on its line', () => {
  const { config } = parseConfig({ PHOENIX_WORKING_DIR: '/a\nPHOENIX_SECRET=x' }, options)
  expect(describeConfig(config).filter((line) => line.startsWith('PHOENIX_SECRET='))).toEqual([
    'PHOENIX_SECRET=',
  ])
})

test('pages hear of twelve characters when the strong policy is on', () => {
  const length = (env: Record<string, string>) =>
    publicConfig(parseConfig(env, options).config).passwordMinLength
  const strong = { PHOENIX_ENABLE_STRONG_PASSWORD_POLICY: 'true' }
  expect([length({}), length(strong), length({ ...strong, BENNU_PASSWORD_MIN_LENGTH: '20' })]).toEqual([
    8, 12, 20,
  ])
})
