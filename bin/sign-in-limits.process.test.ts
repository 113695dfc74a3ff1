/** How often one may sign in, asked of the running program: two replicas that share a count, and one under a flood. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'
import { floodWithSignIns, statusOfSignIn } from '../test/sign-in-flood'

const AUTH = {
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_SECRET: 'test-secret-0123456789-abcdefghijkl',
  PHOENIX_DISABLE_RATE_LIMIT: undefined,
}
const SIX = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}@example.com`)

let server: PostgresServer
const running: Program[] = []
beforeAll(async () => {
  server = await startPostgres()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()))
})
afterAll(() => server?.stop())

async function start(env: Record<string, string | undefined>): Promise<Program> {
  const program = await startProgram({ env: { ...AUTH, ...env }, args: ['--only', 'web'] })
  running.push(program)
  return program
}

test('the sixth sign-in of a minute is a 429, sent to two replicas in turn, and killing one forgets nothing', async () => {
  const database = { PHOENIX_SQL_DATABASE_URL: server.url(await server.createDatabase()) }
  const [one, two] = await Promise.all([start(database), start(database)])
  const statuses = []
  for (const [index, email] of SIX.entries())
    statuses.push(await statusOfSignIn(index % 2 ? two : one, { email, from: '203.0.113.1' }))
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  one.killTree()
  await one.exited
  running.splice(running.indexOf(one), 1)
  expect(await statusOfSignIn(two, { email: 'g@example.com', from: '203.0.113.1' })).toBe(429)
  const three = await start(database)
  expect(await statusOfSignIn(three, { email: 'h@example.com', from: '203.0.113.1' })).toBe(429)
  expect(await statusOfSignIn(three, { email: 'h@example.com', from: '203.0.113.2' })).toBe(401)
  await expectSentence(three)
})

/** The answer to an address that came too often: a sentence, and when to come again. */
async function expectSentence(program: Program): Promise<void> {
  const answer = await fetch(`${program.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.1' },
    body: JSON.stringify({ email: 'a@example.com', password: 'x' }),
  })
  expect(answer.status).toBe(429)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  const seconds = Number(answer.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(61)
  expect(await answer.text()).toBe(
    `Too many requests: try again in ${seconds} second${seconds === 1 ? '' : 's'}`,
  )
}

test('a client may not choose the address it is counted under', async () => {
  const program = await start({ FORWARDED_ALLOW_IPS: '198.51.100.1' })
  const statuses = []
  for (const [index, email] of SIX.entries())
    statuses.push(await statusOfSignIn(program, { email, from: `203.0.113.${index}` }))
  expect(statuses.at(-1)).toBe(429)
})

test('a limit of a path holds for what lies below it, for reading and for spans, and not for health', async () => {
  const program = await start({
    PHOENIX_ENABLE_AUTH: 'false',
    BENNU_RATE_LIMIT_API: '/=50/min,/v1/projects=2/min',
  })
  const ask = async (path: string, method = 'GET') => {
    const { status, headers } = await fetch(`${program.baseUrl}${path}`, { method })
    return [status, headers.has('retry-after')]
  }
  expect([await ask('/v1/projects'), await ask('/v1/projects/x'), await ask('/v1/projects')]).toEqual([
    [200, false],
    [404, false],
    [429, true],
  ])
  for (let n = 0; n < 50; n++) await ask('/v1/traces', 'POST')
  expect(await ask('/v1/traces', 'POST')).toEqual([429, true])
  expect(await ask('/healthz')).toEqual([200, false])
})

test('while one address floods the server, another signs in and pages answer', async () => {
  const program = await start({ PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: 'the first password 1' })
  const flood = floodWithSignIns(program, { from: '203.0.113.1', perSecond: 300 })
  const times: number[] = []
  try {
    await flood.untilRunning()
    for (let n = 0; n < 4; n++) {
      const start = performance.now()
      const credentials = { email: 'admin@localhost', password: 'the first password 1' }
      expect(await statusOfSignIn(program, { ...credentials, from: '203.0.113.2' })).toBe(204)
      expect((await fetch(`${program.baseUrl}/login`)).status).toBe(200)
      times.push(performance.now() - start)
    }
  } finally {
    await flood.stop()
  }
  const { answered } = flood
  expect(answered.get(401)).toBe(5)
  expect(answered.get(429)).toBeGreaterThan(100)
  // Very coarse: the figures are in the long test.
  expect(Math.min(...times)).toBeLessThan(5_000)
})
