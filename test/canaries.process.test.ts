/** After a run that used every secret, none of them is anywhere it does not belong. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Canaries, findCanaries, type Leavings, newAwkwardCanary, newCanary } from './canaries'
import {
  EMAIL,
  failToSignIn,
  keepToken,
  makeKey,
  misplaceSecrets,
  type Run,
  readPages,
  sendAndKeep,
  signIn,
} from './canary-run'
import { freePort } from './free-port'
import { GrpcTestClient } from './grpc'
import { type PostgresServer, startPostgres } from './postgres'
import { type Program, runBennu, startProgram, until } from './program'
import { ask, bearer } from './rotation-traffic'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MARK = 'a-mark-0123456789'
/** Variables with a `_FILE` form: one program has them there, and then not even its environment holds a secret. */
const IN_FILES = [
  'PHOENIX_SECRET',
  'PHOENIX_ADMIN_SECRET',
  'PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD',
  'PHOENIX_SQL_DATABASE_URL',
  'PHOENIX_SMTP_PASSWORD',
  'BENNU_SECRET_PREVIOUS',
]

const canaries: Canaries = new Map([
  ['PHOENIX_SECRET', newCanary('secret')],
  ['PHOENIX_ADMIN_SECRET', newCanary('adminsecret')],
  ['BENNU_SECRET_PREVIOUS', newCanary('previous')],
  ['the initial password', newAwkwardCanary('initial')],
  ['the password of the database', newAwkwardCanary('database')],
  ['PHOENIX_SMTP_PASSWORD', newAwkwardCanary('smtp')],
  ['PHOENIX_TLS_KEY_FILE_PASSWORD', newAwkwardCanary('tls')],
  ['PHOENIX_LDAP_BIND_PASSWORD', newAwkwardCanary('ldap')],
  ['PHOENIX_OAUTH2_OKTA_CLIENT_SECRET', newAwkwardCanary('oauth')],
  ['the chosen password', newAwkwardCanary('chosen')],
  ['the password after the reset', newAwkwardCanary('reset')],
  ['a wrong password', newAwkwardCanary('wrong')],
  ['a password that is refused', newAwkwardCanary('refused')],
  ['a stored value', newAwkwardCanary('stored')],
])
const secret = (name: string) => canaries.get(name) ?? ''

let folder: string
let server: PostgresServer
let mails: SMTPServer
let mailed = ''
const mailPasswords: string[] = []
let database: string
let programs: Program[] = []
const leavings: Leavings[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-canaries-'))
  server = await startPostgres({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] })
  database = await server.createDatabase()
  await server.query(`create role ada login superuser password '${secret('the password of the database')}'`)
  const smtpPort = await listenForMail()
  const env = environment(smtpPort)
  await firstLife(env)
  await secondLife(env)
  await commands(env)
  leavings.push({ where: 'the database', text: await dump() })
}, 240_000)
afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()))
  await new Promise<void>((resolve) => (mails ? mails.close(() => resolve()) : resolve()))
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function listenForMail(): Promise<number> {
  mails = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ password }, _session, done) => {
      mailPasswords.push(String(password))
      done(null, { user: 'mailer' })
    },
    onData: (stream, _session, done) => {
      stream.on('data', (part) => {
        mailed += part
      })
      stream.on('end', done)
    },
  })
  const port = await freePort()
  await new Promise<void>((resolve) => mails.listen(port, '127.0.0.1', resolve))
  return port
}

function environment(smtpPort: number): Record<string, string> {
  const password = encodeURIComponent(secret('the password of the database'))
  return {
    PHOENIX_SQL_DATABASE_URL: `postgresql://ada:${password}@127.0.0.1:${server.port}/${database}`,
    PHOENIX_ENABLE_AUTH: 'true',
    PHOENIX_SECRET: secret('BENNU_SECRET_PREVIOUS'),
    PHOENIX_ADMIN_SECRET: secret('PHOENIX_ADMIN_SECRET'),
    PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: secret('the initial password'),
    PHOENIX_LOGGING_LEVEL: 'DEBUG',
    PHOENIX_ENABLE_PROMETHEUS: 'true',
    PHOENIX_DISABLE_RATE_LIMIT: 'true',
    PHOENIX_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION: 'true',
    PHOENIX_SMTP_HOSTNAME: '127.0.0.1',
    PHOENIX_SMTP_PORT: String(smtpPort),
    PHOENIX_SMTP_USERNAME: 'mailer',
    PHOENIX_SMTP_PASSWORD: secret('PHOENIX_SMTP_PASSWORD'),
    PHOENIX_SMTP_VALIDATE_CERTS: 'false',
    // `admin@localhost` takes no mail; this admin is invited by one.
    PHOENIX_ADMINS: 'Grace=grace@example.com',
  }
}

async function start(env: Record<string, string>): Promise<{ program: Program; metricsPort: number }> {
  const metricsPort = await freePort()
  const program = await startProgram({ env: { ...env, BENNU_METRICS_PORT: String(metricsPort) } })
  programs.push(program)
  return { program, metricsPort }
}

/** Under the secret that will be the earlier one: default log, secrets in the environment. */
async function firstLife(env: Record<string, string>): Promise<void> {
  const { program, metricsPort } = await start(env)
  const run: Run = { baseUrl: program.baseUrl, canaries, leavings }
  const fresh = await signIn(run, 'the initial password')
  await sendAndKeep(run, 'GET', '/reset-password', { headers: { cookie: fresh } })
  const change = {
    user: { password: secret('the chosen password'), current_password: secret('the initial password') },
  }
  await sendAndKeep(run, 'PATCH', '/v1/user', { headers: { cookie: fresh }, body: change })
  const cookie = await signIn(run, 'the chosen password')
  await failToSignIn(run, cookie)
  const keys = [
    await makeKey(run, '/v1/system/api_keys', bearer(secret('PHOENIX_ADMIN_SECRET'))),
    await makeKey(run, '/v1/user/api_keys', { cookie }),
  ]
  await storeSecrets(run, cookie)
  await ingest(run, program, keys)
  await resetByMail(run)
  await readPages(run, await signIn(run, 'the chosen password'))
  await misplaceSecrets(run, [...keys, secret('a stored value')])
  await ask(run.baseUrl, 'GET', `/v1/${MARK}`)
  keepMetricsAndProcesses('by environment', program, await metricsOf(metricsPort), false)
  await withoutDatabase(run, keys)
  await end(program, 'the default log')
}

/** Under a new secret, the first one being the earlier: structured log, secrets in files. */
async function secondLife(env: Record<string, string>): Promise<void> {
  const all = {
    ...env,
    PHOENIX_SECRET: secret('PHOENIX_SECRET'),
    BENNU_SECRET_PREVIOUS: secret('BENNU_SECRET_PREVIOUS'),
  }
  const { program, metricsPort } = await start({ ...inFiles(all), PHOENIX_LOGGING_MODE: 'structured' })
  const run: Run = { baseUrl: program.baseUrl, canaries, leavings }
  keepOutput(
    'secret rotate',
    await runBennu(['secret', 'rotate'], { ...inFiles(all), PHOENIX_LOGGING_MODE: 'structured' }),
  )
  const cookie = await signIn(run, 'the chosen password')
  await failToSignIn(run, cookie)
  const key = await makeKey(run, '/v1/user/api_keys', { cookie })
  await storeSecrets(run, cookie)
  await readPages(run, cookie)
  await misplaceSecrets(run, [key])
  keepMetricsAndProcesses('by files', program, await metricsOf(metricsPort), true)
  await end(program, 'the structured log')
}

function inFiles(env: Record<string, string>): Record<string, string> {
  const rest = { ...env }
  mkdirSync(join(folder, 'secrets'), { recursive: true })
  for (const name of IN_FILES) {
    const file = join(folder, 'secrets', name)
    writeFileSync(file, `${env[name]}\n`, { mode: 0o600 })
    delete rest[name]
    rest[`${name}_FILE`] = file
  }
  return rest
}

async function storeSecrets(run: Run, cookie: string): Promise<void> {
  const put = (body: unknown) => sendAndKeep(run, 'PUT', '/v1/secrets', { headers: { cookie }, body })
  const value = secret('a stored value')
  expect((await put({ secrets: [{ key: 'OPENAI_API_KEY', value }] })).status).toBe(200)
  await put({ secrets: [{ key: value, value: null }] })
  await put({ secrets: [{ key: 'A', value: { value } }] })
  await put({ secrets: { [value]: value } })
}

async function ingest(run: Run, program: Program, keys: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  for (const key of keys)
    await sendAndKeep(run, 'POST', '/v1/traces', { headers: { ...headers, ...bearer(key) }, body: {} })
  await sendAndKeep(run, 'POST', '/v1/traces', { headers, body: {} })
  const grpc = new GrpcTestClient(program.grpcPort)
  for (const key of [...keys, secret('a wrong password')]) await grpc.call(new Uint8Array(), `Bearer ${key}`)
  await grpc.call(new Uint8Array())
  grpc.close()
}

/** The token of a mailed link, used once well and once in vain. */
async function resetByMail(run: Run): Promise<void> {
  await until('the invitation', () => mailedTokens().length > 0)
  const [invitation] = mailedTokens()
  const body = { email: 'grace@example.com' }
  await sendAndKeep(run, 'POST', '/auth/password-reset-email', { body })
  const newest = () => mailedTokens().find((token) => token !== invitation)
  await until('the mail', () => newest() !== undefined)
  const token = newest() ?? ''
  keepToken(run, 'the mailed token', token)
  const reset = { token, password: secret('the password after the reset') }
  expect((await sendAndKeep(run, 'POST', '/auth/password-reset', { body: reset })).status).toBe(204)
  await sendAndKeep(run, 'POST', '/auth/password-reset', { body: reset })
  // The page of the link, and the link with the token elsewhere.
  await ask(run.baseUrl, 'GET', `/reset-password-with-token?token=${token}`)
  await ask(run.baseUrl, 'GET', `/v1/projects?token=${token}`)
}

/** The tokens of the links in all mails, without the line breaks of quoted-printable. */
const mailedTokens = () =>
  [
    ...mailed
      .replace(/=\r\n/g, '')
      .replaceAll('=3D', '=')
      .matchAll(/token=([\w-]+\.[\w-]+\.[\w-]{40,})/g),
  ].map(([, token]) => token ?? '')

async function metricsOf(port: number): Promise<string> {
  return (await ask(`http://127.0.0.1:${port}`, 'GET', '/metrics')).text
}

function keepMetricsAndProcesses(
  how: string,
  program: Program,
  metrics: string,
  hasCleanEnvironment: boolean,
): void {
  expect(metrics).toContain('bennu_')
  leavings.push({ where: `the metrics, ${how}`, text: metrics })
  for (const pid of program.pids()) {
    const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
    leavings.push({ where: `the command line of process ${pid}, ${how}`, text: read('cmdline') })
    // Whoever puts secrets into the environment has them there: /proc shows that to the same user alone.
    if (hasCleanEnvironment)
      leavings.push({ where: `the environment of process ${pid}`, text: read('environ') })
  }
}

/** What is logged and answered while the database is away holds what drivers know of it. */
async function withoutDatabase(run: Run, keys: readonly string[]): Promise<void> {
  await server.kill('SIGINT')
  await sendAndKeep(run, 'GET', '/v1/projects', { headers: bearer(keys[0] ?? '') })
  await sendAndKeep(run, 'POST', '/auth/login', {
    body: { email: EMAIL, password: secret('a wrong password') },
  })
  await sendAndKeep(run, 'POST', '/v1/traces', { headers: bearer(keys[0] ?? ''), body: {} })
  await server.start()
  await until('the database', async () => (await ask(run.baseUrl, 'GET', '/readyz')).status === 200)
}

async function end(program: Program, where: string): Promise<void> {
  await program.stop()
  programs = programs.filter((each) => each !== program)
  leavings.push({ where, text: program.output() })
}

const keepOutput = (command: string, { stdout, stderr }: { stdout: string; stderr: string }) =>
  leavings.push({ where: `the output of bennu ${command}`, text: stdout + stderr })

/** Commands with a good configuration, and with several that cannot be used or reach nothing. */
async function commands(env: Record<string, string>): Promise<void> {
  const run = async (args: string[], variables: Record<string, string>) =>
    keepOutput(args.join(' '), await runBennu(args, variables))
  for (const args of [
    ['config'],
    ['secret', 'check'],
    ['users', 'list'],
    ['db', 'status'],
    ['audit', 'verify'],
  ])
    await run(args, env)
  const password = encodeURIComponent(secret('the password of the database'))
  const urls = [
    `postgresql://nobody:${password}@127.0.0.1:${server.port}/${database}`,
    `postgresql://ada:${password}@127.0.0.1:1/${database}`,
    `postgresql://ada:${password}@127.0.0.1:${server.port}/not_there`,
    `postgresql://ada:${password}@127.0.0.1:port/${database}`,
    `postgresql//ada:${password}@nonsense`,
    `mysql://ada:${password}@127.0.0.1/x`,
    `postgresql://ada:${secret('the password of the database')}@127.0.0.1/x?sslmode=wrong&password=${password}`,
  ]
  for (const PHOENIX_SQL_DATABASE_URL of urls) {
    await run(['db', 'status'], { ...env, PHOENIX_SQL_DATABASE_URL })
    await run(['config'], { ...env, PHOENIX_SQL_DATABASE_URL })
  }
  const wrong = secret('a wrong password')
  await run(['config'], {
    ...env,
    PHOENIX_SECRET: `${wrong} with blanks`,
    BENNU_SECRET_PREVIOUS: `${wrong} x`,
  })
  await run(['config'], {
    ...env,
    PHOENIX_PORT: 'x',
    PHOENIX_ADMIN_SECRET: secret('BENNU_SECRET_PREVIOUS'),
  })
  await run(['config'], {
    ...env,
    PHOENIX_LDAP_HOST: 'ldap.example.com',
    PHOENIX_LDAP_BIND_PASSWORD: secret('PHOENIX_LDAP_BIND_PASSWORD'),
    PHOENIX_OAUTH2_OKTA_CLIENT_ID: 'x',
    PHOENIX_OAUTH2_OKTA_CLIENT_SECRET: secret('PHOENIX_OAUTH2_OKTA_CLIENT_SECRET'),
    PHOENIX_TLS_ENABLED: 'true',
    PHOENIX_TLS_CERT_FILE: '/nowhere/cert.pem',
    PHOENIX_TLS_KEY_FILE: '/nowhere/key.pem',
    PHOENIX_TLS_KEY_FILE_PASSWORD: secret('PHOENIX_TLS_KEY_FILE_PASSWORD'),
  })
}

/** Every row of every table of ours, as text. */
async function dump(): Promise<string> {
  const tables = await server.query("select tablename from pg_tables where schemaname = 'public'", database)
  const rows = await Promise.all(
    tables.map(({ tablename }) =>
      server.query(`select to_jsonb(t)::text as row from "${tablename}" t`, database),
    ),
  )
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n')
}

function filesBelow(path: string): Leavings[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|css|json|html|txt)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ where: file.slice(ROOT.length), text: readFileSync(file, 'utf8') }))
}

describe('the run', () => {
  test('used the secrets: the mail server was shown its password, and the link worked', () => {
    expect(new Set(mailPasswords)).toEqual(new Set([secret('PHOENIX_SMTP_PASSWORD')]))
    expect(canaries.size).toBeGreaterThan(30)
  })

  test('left a log at its finest level, in which a mark is found', () => {
    const log = leavings.find(({ where }) => where === 'the default log')
    expect(log?.text).toContain(MARK)
    expect(log?.text).toMatch(/DEBUG/)
    expect(findCanaries(leavings, new Map([['mark', MARK]]))).toContainEqual(
      expect.stringContaining('default log'),
    )
  })

  test('left what is on record', () => {
    const text = leavings.find(({ where }) => where === 'the database')?.text ?? ''
    for (const action of ['session.login', 'secret.set', 'secret.rotate', 'apiKey.create'])
      expect(text).toContain(action)
  })
})

test('no secret is in a log, an answer, a page, the metrics, the process list, a command or the database', () => {
  expect(findCanaries(leavings, canaries)).toEqual([])
})

test('no secret is in what browsers load', () => {
  const files = filesBelow(join(ROOT, '.next/static'))
  expect(files.length).toBeGreaterThan(10)
  expect(findCanaries(files, canaries)).toEqual([])
})

test('a secret planted in any of these places is found', () => {
  for (const { where, text } of leavings) {
    const planted = {
      where,
      text: `${text}${Buffer.from(`x${secret('a stored value')}`).toString('base64')}`,
    }
    expect(findCanaries([planted], canaries).length).toBeGreaterThan(0)
  }
})
