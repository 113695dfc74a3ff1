/** A new PHOENIX_SECRET on two replicas under traffic, from the first day of the old one to the day after it has gone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signToken, verifyTokenText } from '#server/auth/tokens'
import { freePort } from '../../test/free-port'
import { GrpcTestClient } from '../../test/grpc'
import { type PostgresServer, startPostgres } from '../../test/postgres'
import { type Program, runBennu, startProgram } from '../../test/program'
import { ask, bearer, cookiesOf, type Senders, Traffic } from '../../test/rotation-traffic'

const OLD = 'old-secret-of-the-rotation-0123456789'
const NEW = 'new-secret-of-the-rotation-9876543210'
const ADMIN_SECRET = 'admin-secret-of-the-rotation-012345678'
const PASSWORD = 'a fine test password 1'
const EMAIL = 'ada@example.com'

let server: PostgresServer
let database: string
let ports: { http: number; grpc: number }[]
let replicas: Program[]
let senders: Senders
let traffic: Traffic

const environment = (secrets: Record<string, string>) => ({
  PHOENIX_SQL_DATABASE_URL: server.url(database),
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
  // Hundreds of sign-ins come from one address here.
  PHOENIX_DISABLE_RATE_LIMIT: 'true',
  ...secrets,
})
const BOTH = { PHOENIX_SECRET: NEW, BENNU_SECRET_PREVIOUS: OLD }
const start = (index: number, secrets: Record<string, string>) =>
  startProgram({
    env: {
      ...environment(secrets),
      PHOENIX_PORT: String(ports[index]?.http),
      PHOENIX_GRPC_PORT: String(ports[index]?.grpc),
    },
  })
const first = () => (replicas[0] as Program).baseUrl
const asAdmin = async (method: string, path: string, body?: unknown) => {
  const answer = await ask(first(), method, path, {
    headers: bearer(ADMIN_SECRET),
    ...(body !== undefined && { body }),
  })
  expect([path, answer.status < 300, answer.text]).toEqual([path, true, expect.anything()])
  return answer.text === '' ? null : JSON.parse(answer.text)
}
const statusOf = async (headers: Record<string, string>) =>
  (await ask(first(), 'GET', '/v1/user', { headers })).status
const signIn = async (password = PASSWORD) =>
  cookiesOf(await ask(first(), 'POST', '/auth/login', { body: { email: EMAIL, password } }))

async function makeSenders(): Promise<Senders> {
  const user = {
    auth_method: 'LOCAL',
    email: EMAIL,
    username: 'Ada',
    role: 'MEMBER',
    password: 'first pass 12',
  }
  await asAdmin('POST', '/v1/users', { user, send_welcome_email: false })
  const change = { user: { password: PASSWORD, current_password: 'first pass 12' } }
  const headers = { cookie: await signIn('first pass 12') }
  expect((await ask(first(), 'PATCH', '/v1/user', { headers, body: change })).status).toBe(200)
  const session = await signIn()
  const made = await ask(first(), 'POST', '/v1/user/api_keys', {
    headers: { cookie: session },
    body: { data: { name: 'reader' } },
  })
  return {
    systemKey: (await asAdmin('POST', '/v1/system/api_keys', { data: { name: 'exporter' } })).data.key,
    userKey: JSON.parse(made.text).data.key,
    session,
    email: EMAIL,
    password: PASSWORD,
    adminSecret: ADMIN_SECRET,
  }
}

beforeAll(async () => {
  server = await startPostgres()
  database = await server.createDatabase()
  ports = await Promise.all([0, 1].map(async () => ({ http: await freePort(), grpc: await freePort() })))
  // Phase 1: the old secret alone.
  replicas = await Promise.all([0, 1].map((index) => start(index, { PHOENIX_SECRET: OLD })))
  senders = await makeSenders()
  await asAdmin('PUT', '/v1/secrets', {
    secrets: [{ key: 'OF_PHASE_ONE', value: 'stored under the old secret' }],
  })
  traffic = new Traffic(replicas, senders)
  traffic.start()
  await traffic.untilMore(3)
})
afterAll(async () => {
  await traffic?.stop()
  await Promise.all((replicas ?? []).map((program) => program?.stop()))
  await server?.stop()
})

describe('under traffic', () => {
  test('no request fails while both replicas get both secrets, one after the other', async () => {
    for (const index of [0, 1]) {
      const { code } = await (replicas[index] as Program).stop()
      expect(code).toBe(0)
      await traffic.untilMore(3)
      replicas[index] = await start(index, BOTH)
      await traffic.untilMore(3)
    }
    expect(traffic.faults).toEqual([])
    // Otherwise nothing was restarted under the traffic.
    expect(traffic.refused).toBeGreaterThan(0)
  })

  test('no request fails while everything is encrypted anew', async () => {
    const before = await runBennu(['secret', 'check'], environment(BOTH))
    expect([before.code, before.stdout]).toEqual([0, expect.stringContaining('bennu secret rotate')])
    const { code, stdout, stderr } = await runBennu(['secret', 'rotate'], environment(BOTH))
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Nothing in the database needs BENNU_SECRET_PREVIOUS any more.')
    await traffic.untilMore(5)
    await traffic.stop()
    expect(traffic.faults).toEqual([])
  })
})

describe('once the old secret has gone', () => {
  let late: string
  beforeAll(async () => {
    late = await signIn()
    await Promise.all(replicas.map((program) => program.stop()))
    replicas = await Promise.all([0, 1].map((index) => start(index, { PHOENIX_SECRET: NEW })))
  })

  test('keys of the first day still work, over HTTP and gRPC', async () => {
    expect([await statusOf(bearer(senders.systemKey)), await statusOf(bearer(senders.userKey))]).toEqual([
      200, 200,
    ])
    const grpc = new GrpcTestClient((replicas[1] as Program).grpcPort)
    expect((await grpc.call(new Uint8Array(), `Bearer ${senders.systemKey}`)).code).toBe('OK')
    grpc.close()
  })

  test('sessions go on that were made or renewed since everything was encrypted anew, and no others', async () => {
    expect(await statusOf({ cookie: late })).toBe(200)
    expect(await statusOf({ cookie: senders.session })).toBe(401)
  })

  test('a token forged under the old secret is refused, for a key and for a session that are alive', async () => {
    const keyId = verifyTokenText(senders.systemKey, [])?.rowId ?? 0
    const session = /phoenix-access-token=([^;]+)/.exec(late)?.[1] ?? ''
    const sessionId = verifyTokenText(session, [NEW])?.rowId ?? 0
    expect([keyId > 0, sessionId > 0]).toEqual([true, true])
    expect(await statusOf(bearer(signToken('ApiKey', keyId, OLD)))).toBe(401)
    expect(await statusOf(bearer(signToken('AccessToken', sessionId, OLD)))).toBe(401)
    expect(
      await statusOf({ cookie: `phoenix-access-token=${signToken('AccessToken', sessionId, OLD)}` }),
    ).toBe(401)
  })

  test('what was stored reads', async () => {
    const { secrets } = await asAdmin('GET', '/ui/secrets')
    const states = secrets.map(({ key, state }: { key: string; state: string }) => `${key} ${state}`)
    expect(states).toContain('OF_PHASE_ONE set')
    expect(states.filter((line: string) => !line.endsWith(' set'))).toEqual([])
    const { code, stdout } = await runBennu(['secret', 'check'], environment({ PHOENIX_SECRET: NEW }))
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/, 0 under BENNU_SECRET_PREVIOUS, 0 cannot be read/),
    ])
  })

  test('the audit log is one chain under one key', async () => {
    const { code, stdout, stderr } = await runBennu(['audit', 'verify'], environment({ PHOENIX_SECRET: NEW }))
    expect([code, stdout + stderr]).toEqual([0, expect.anything()])
  })

  test('what nobody can read makes the command fail and say what', async () => {
    await server.query(`update secrets set value = 'spoiled' where key = 'OF_PHASE_ONE'`, database)
    const { code, stderr } = await runBennu(['secret', 'rotate'], environment({ PHOENIX_SECRET: NEW }))
    expect([code, stderr]).toEqual([1, expect.stringContaining('  - stored secret OF_PHASE_ONE\n')])
    const later = await asAdmin('GET', '/ui/secrets')
    expect(later.secrets).toContainEqual(
      expect.objectContaining({ key: 'OF_PHASE_ONE', state: 'unreadable' }),
    )
  })
})
