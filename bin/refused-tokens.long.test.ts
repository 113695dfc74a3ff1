/** What a stranger could learn from how his tokens are refused: by their answers nothing, by their times nothing. */
import { createHmac, randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GrpcTestClient } from '../test/grpc'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'

const SECRET = 'test-secret-0123456789-abcdefghijkl'
const ADMIN_SECRET = 'admin-secret-0123456789-abcdefghijklmn'
const GIVEN = 'first password 12'
const ROUNDS = 300
/** Rounds before the measured ones: connections are opened, code is compiled. */
const WARM_UP = 50
/** What two medians of the same thing differ by on a busy machine, in milliseconds, and as a share of the median. */
const NOISE_MS = 0.15
const NOISE_SHARE = 0.15

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let postgres: PostgresServer | null = null
  let program: Program
  let agent: Agent
  let tokens: Record<string, string>

  beforeAll(async () => {
    postgres = engine === 'postgres' ? await startPostgres() : null
    program = await startProgram({
      env: {
        PHOENIX_ENABLE_AUTH: 'true',
        PHOENIX_SECRET: SECRET,
        PHOENIX_ADMIN_SECRET: ADMIN_SECRET,
        PHOENIX_DISABLE_RATE_LIMIT: 'true',
        BENNU_FORCED_RESET: 'ui',
        ...(postgres && { PHOENIX_SQL_DATABASE_URL: postgres.url(await postgres.createDatabase()) }),
      },
    })
    agent = new Agent({ keepAlive: true, maxSockets: 1 })
    tokens = await deadTokens(program)
  })
  afterAll(async () => {
    agent?.destroy()
    await program?.stop()
    await postgres?.stop()
  })

  const asBearer = (token: string) =>
    ask(program, agent, 'GET', '/v1/user', { authorization: `Bearer ${token}` })
  const asCookie = (token: string) =>
    ask(program, agent, 'GET', '/v1/user', { cookie: `phoenix-access-token=${token}` })
  const asRefresh = (token: string) =>
    ask(program, agent, 'POST', '/auth/refresh', { cookie: `phoenix-refresh-token=${token}` })
  const overOtlp = (token: string) =>
    ask(program, agent, 'POST', '/v1/traces', {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-protobuf',
    })

  test.each([
    ['as a bearer', asBearer],
    ['as a cookie', asCookie],
    ['as a refresh cookie', asRefresh],
    ['where spans are sent', overOtlp],
  ] as const)('%s', async (place, send) => {
    const answers = new Map<string, string>()
    for (const [kind, token] of Object.entries(tokens)) {
      const { status, headers, body } = await send(token)
      // The id and the moment of an answer differ whatever is asked.
      const kept = headers.filter(([name]) => !/^(x-request-id|date)$/i.test(name))
      answers.set(kind, JSON.stringify({ status, kept, body }))
      expect(status, kind).toBe(401)
    }
    expect([...new Set(answers.values())]).toHaveLength(1)
    compareTimes(`${engine}, ${place}`, await measure(tokens, send))
  })

  test('over gRPC', async () => {
    const client = new GrpcTestClient(program.grpcPort)
    const send = (token: string) => client.call(new Uint8Array(), `Bearer ${token}`)
    const answers = new Set<string>()
    for (const token of Object.values(tokens)) {
      const { code, details } = await send(token)
      answers.add(`${code} ${details}`)
    }
    expect([...answers]).toEqual([expect.stringMatching(/^UNAUTHENTICATED /)])
    compareTimes(`${engine}, over gRPC`, await measure(tokens, send))
    client.close()
  })
})

/** A token of every kind that is refused. */
async function deadTokens(program: Program): Promise<Record<string, string>> {
  const email = `${randomBytes(4).toString('hex')}@example.com`
  const user = { auth_method: 'LOCAL', email, username: email, role: 'MEMBER', password: GIVEN }
  await asAdmin(program, 'POST', '/v1/users', { user, send_welcome_email: false })
  const replayed = await signIn(program, email)
  await fetch(`${program.baseUrl}/auth/logout`, { headers: { cookie: replayed.cookie }, redirect: 'manual' })
  const live = await signIn(program, email)
  const deleted = await makeKey(program)
  await asAdmin(program, 'DELETE', `/v1/system/api_keys/${deleted.id}`)
  const expired = await makeKey(program, new Date(Date.now() + 700).toISOString())
  const present = await makeKey(program)
  await sleep(800)
  const jti = (text: string) => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
  const { access, refresh } = live
  return {
    'no token at all': 'garbage',
    'the session’s, replayed after signing out': replayed.access,
    'the refresh token’s, replayed after signing out': replayed.refresh,
    'a key, deleted': deleted.key,
    'a key, expired': expired.key,
    'a key, of a row that never was': sign({ jti: 'ApiKey:987654' }, SECRET),
    'a key, forged for a live row': sign(jti(present.key), 'x'.repeat(32)),
    'a session, corrupted': `${access.slice(0, -6)}AAAAAA`,
    'a session, alg=none': `${encode({ alg: 'none' })}.${encode(jti(access))}.`,
    'a session, by another secret': sign(jti(access), 'x'.repeat(32)),
    'a session, by the leaked secret': sign(jti(access), SECRET),
    'a refresh token, corrupted': `${refresh.slice(0, -6)}AAAAAA`,
    'a refresh token, by the leaked secret': sign(jti(refresh), SECRET),
    'a reset token': sign({ jti: 'PasswordResetToken:1' }, SECRET),
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function sign(payload: object, secret: string): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

async function asAdmin(program: Program, method: string, path: string, body?: object): Promise<string> {
  const answer = await fetch(`${program.baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text
}

async function makeKey(program: Program, expires_at?: string): Promise<{ id: string; key: string }> {
  const data = { name: 'exporter', scope: 'full', ...(expires_at && { expires_at }) }
  return JSON.parse(await asAdmin(program, 'POST', '/v1/system/api_keys', { data })).data
}

async function signIn({ baseUrl }: Program, email: string) {
  const answer = await fetch(`${baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: GIVEN }),
  })
  expect(answer.status).toBe(204)
  const pairs = answer.headers.getSetCookie().map((line) => (line.split(';')[0] ?? '').split('='))
  const value = (name: string) => pairs.find(([each]) => each === name)?.[1] ?? ''
  return {
    access: value('phoenix-access-token'),
    refresh: value('phoenix-refresh-token'),
    cookie: pairs.map(([name, text]) => `${name}=${text}`).join('; '),
  }
}

interface Answer {
  status: number
  /** In the order and the spelling of the wire. */
  headers: [string, string][]
  body: string
}

function ask(
  { port }: Program,
  agent: Agent,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => resolve(read(answer, Buffer.concat(parts).toString())))
    })
    sent.on('error', reject)
    sent.end()
  })
}

function read({ statusCode = 0, rawHeaders }: IncomingMessage, body: string): Answer {
  const headers: [string, string][] = []
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.push([rawHeaders[at] as string, rawHeaders[at + 1] as string])
  return { status: statusCode, headers, body }
}

/** The median time of each kind, in milliseconds: one of each in turn, every round in another order. */
async function measure(
  tokens: Record<string, string>,
  send: (token: string) => Promise<unknown>,
): Promise<Map<string, number>> {
  const times = new Map(Object.keys(tokens).map((kind) => [kind, [] as number[]]))
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const kinds = [...times.keys()].sort(() => Math.random() - 0.5)
    for (const kind of kinds) {
      const started = performance.now()
      await send(tokens[kind] as string)
      if (round >= WARM_UP) times.get(kind)?.push(performance.now() - started)
    }
  }
  return new Map([...times].map(([kind, list]) => [kind, median(list)]))
}

const median = (list: number[]) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] as number

function compareTimes(place: string, medians: Map<string, number>): void {
  const middle = median([...medians.values()])
  const lines = [...medians].map(([kind, ms]) => `  ${ms.toFixed(3)} ms  ${kind}`)
  console.log(`${place}: medians of ${ROUNDS}\n${lines.join('\n')}`)
  const allowed = Math.max(NOISE_MS, middle * NOISE_SHARE)
  for (const [kind, ms] of medians) expect(Math.abs(ms - middle), `${place}, ${kind}`).toBeLessThan(allowed)
}
