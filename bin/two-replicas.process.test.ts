/** Two web processes and a collector on one PostgreSQL: what ends on one is over on the others at the next request. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { GrpcTestClient } from '../test/grpc'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'

const ADMIN_SECRET = 'admin-secret-0123456789-abcdefghijklmn'
const PASSWORD = 'a fine test password 1'
let server: PostgresServer
let one: Program
let two: Program
let collector: Program
let grpc: GrpcTestClient
let people = 0
let email: string
let userId: string

beforeAll(async () => {
  server = await startPostgres()
  const env = {
    PHOENIX_SQL_DATABASE_URL: server.url(await server.createDatabase()),
    PHOENIX_ENABLE_AUTH: 'true',
    PHOENIX_SECRET: 'test-secret-0123456789-abcdefghijkl',
    PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
  }
  // At the same moment, as a deployment starts its replicas.
  ;[one, two, collector] = await Promise.all([
    startProgram({ env, args: ['--only', 'web'] }),
    startProgram({ env, args: ['--only', 'web'] }),
    startProgram({ env, args: ['--only', 'collector'] }),
  ])
  grpc = new GrpcTestClient(collector.grpcPort)
})
afterAll(async () => {
  grpc?.close()
  await Promise.all([one, two, collector].map((program) => program?.stop()))
  await server?.stop()
})

interface Sent {
  headers?: Record<string, string>
  body?: unknown
}
const send = (program: Program, method: string, path: string, { headers = {}, body }: Sent = {}) =>
  fetch(`${program.baseUrl}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  })
const bearer = (text: string) => ({ authorization: `Bearer ${text}` })
const asAdmin = (method: string, path: string, body?: unknown) =>
  send(one, method, path, { headers: bearer(ADMIN_SECRET), ...(body !== undefined && { body }) })

/** Signs in on one replica; returns the Cookie header. */
async function signIn(program: Program): Promise<string> {
  const answer = await send(program, 'POST', '/auth/login', { body: { email, password: PASSWORD } })
  expect(answer.status).toBe(204)
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
}
const statusOn = async (program: Program, headers: Record<string, string>) =>
  (await send(program, 'GET', '/v1/user', { headers })).status

beforeEach(async () => {
  email = `person${++people}@example.com`
  const user = {
    auth_method: 'LOCAL',
    email,
    username: `person ${people}`,
    role: 'MEMBER',
    password: 'first password 12',
  }
  const made = await asAdmin('POST', '/v1/users', { user, send_welcome_email: false })
  expect(made.status).toBe(201)
  userId = ((await made.json()) as { data: { id: string } }).data.id
  // The password that an admin gave must be changed before anything else.
  const login = await send(one, 'POST', '/auth/login', { body: { email, password: 'first password 12' } })
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0])
  const change = { user: { password: PASSWORD, current_password: 'first password 12' } }
  const changed = await send(one, 'PATCH', '/v1/user', {
    headers: { cookie: cookie.join('; ') },
    body: change,
  })
  expect(changed.status).toBe(200)
})

const pathOfUser = () => `/v1/users/${encodeURIComponent(userId)}`
const events: [string, (cookie: string) => Promise<Response>][] = [
  [
    'ending the session',
    async (cookie) => {
      const list = await send(one, 'GET', '/ui/sessions', { headers: { cookie } })
      const { sessions } = (await list.json()) as { sessions: { id: string; isCurrent: boolean }[] }
      const other = sessions.find(({ isCurrent }) => !isCurrent)
      return send(one, 'DELETE', `/ui/sessions/${encodeURIComponent(other?.id ?? '')}`, {
        headers: { cookie },
      })
    },
  ],
  ['ending all others', (cookie) => send(one, 'DELETE', '/ui/sessions', { headers: { cookie } })],
  ['signing out', (cookie) => send(one, 'GET', '/auth/logout', { headers: { cookie } })],
  ['a new role', () => asAdmin('PATCH', pathOfUser(), { user: { role: 'VIEWER' } })],
  ['a new password', () => asAdmin('PATCH', pathOfUser(), { user: { password: 'another password 34' } })],
  ['disabling the account', () => asAdmin('PATCH', pathOfUser(), { user: { disabled: true } })],
  ['deleting the account', () => asAdmin('DELETE', pathOfUser())],
]

test.each(events)('%s on one replica binds the other at its next request', async (_name, happen) => {
  const here = await signIn(one)
  const there = await signIn(two)
  expect(await statusOn(two, { cookie: there })).toBe(200)
  expect((await happen(here)).status).toBeLessThan(400)
  expect(await statusOn(two, { cookie: there })).toBe(401)
  expect((await send(two, 'POST', '/auth/refresh', { headers: { cookie: there } })).status).toBe(401)
})

test('a refresh token used on both replicas ends its session on both', async () => {
  const cookie = await signIn(one)
  const renewed = await send(one, 'POST', '/auth/refresh', { headers: { cookie } })
  expect(renewed.status).toBe(204)
  expect((await send(two, 'POST', '/auth/refresh', { headers: { cookie } })).status).toBe(401)
  const fresh = renewed.headers.getSetCookie().map((line) => line.split(';')[0])
  expect(await statusOn(one, { cookie: fresh.join('; ') })).toBe(401)
})

const EMPTY = new Uint8Array()

async function newKey(): Promise<{ id: string; key: string }> {
  const made = await asAdmin('POST', '/v1/system/api_keys', { data: { name: 'exporter' } })
  return ((await made.json()) as { data: { id: string; key: string } }).data
}
const onBoth = async (key: string) => [
  await statusOn(two, bearer(key)),
  (await grpc.call(EMPTY, `Bearer ${key}`)).code,
]

test('a key deleted on one replica is dead on the other and at the collector', async () => {
  const { id, key } = await newKey()
  expect(await onBoth(key)).toEqual([200, 'OK'])
  expect((await asAdmin('DELETE', `/v1/system/api_keys/${encodeURIComponent(id)}`)).status).toBe(204)
  expect(await onBoth(key)).toEqual([401, 'UNAUTHENTICATED'])
})

test('a key rotated without a grace has its new value everywhere, and one deleted within a grace has none', async () => {
  const { id, key } = await newKey()
  const path = `/v1/system/api_keys/${encodeURIComponent(id)}`
  const rotate = async (grace_seconds: number) => {
    const answer = await asAdmin('POST', `${path}/rotate`, { data: { grace_seconds } })
    return ((await answer.json()) as { data: { key: string } }).data.key
  }
  const second = await rotate(0)
  expect([await onBoth(key), await onBoth(second)]).toEqual([
    [401, 'UNAUTHENTICATED'],
    [200, 'OK'],
  ])
  const third = await rotate(3600)
  expect([await onBoth(second), await onBoth(third)]).toEqual([
    [200, 'OK'],
    [200, 'OK'],
  ])
  expect((await asAdmin('DELETE', path)).status).toBe(204)
  expect([await onBoth(second), await onBoth(third)]).toEqual([
    [401, 'UNAUTHENTICATED'],
    [401, 'UNAUTHENTICATED'],
  ])
})

test('web and collector count into one number, and what is noted is written when they end', async () => {
  const { id, key } = await newKey()
  await onBoth(key)
  await onBoth(key)
  await collector.stop()
  await two.stop()
  const answer = await asAdmin('GET', `/ui/keys/${encodeURIComponent(id)}/usage`)
  expect(await answer.json()).toMatchObject({ total: 4, lastUsedAddress: '127.0.0.1' })
})
