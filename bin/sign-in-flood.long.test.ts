/**
 * A thousand sign-ins a second from one address, on either engine: another one signs in within a second, and pages
 * answer. Then the same from a thousand addresses, which no limit stops, and where clients take turns.
 */
import { afterAll, expect, test } from 'vitest'
import { percentile } from '../test/percentile'
import { startPostgres } from '../test/postgres'
import { type Program, startProgram } from '../test/program'
import { floodWithSignIns, statusOfSignIn } from '../test/sign-in-flood'
import { runSql } from '../test/sql'

const PASSWORD = 'the first password 1'
const ends: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

async function start(engine: 'sqlite' | 'postgres', env: Record<string, string> = {}): Promise<Program> {
  const postgres = engine === 'postgres' ? await startPostgres() : null
  if (postgres) ends.push(() => postgres.stop())
  const program = await startProgram({
    env: {
      PHOENIX_ENABLE_AUTH: 'true',
      PHOENIX_SECRET: 'test-secret-0123456789-abcdefghijkl',
      PHOENIX_DEFAULT_ADMIN_INITIAL_PASSWORD: PASSWORD,
      PHOENIX_DISABLE_RATE_LIMIT: undefined,
      ...(postgres && { PHOENIX_SQL_DATABASE_URL: postgres.url(await postgres.createDatabase()) }),
      ...env,
    },
  })
  ends.push(() => program.stop())
  return program
}

/** How long a sign-in takes when nothing else happens, in milliseconds: what the machine is worth just now. */
async function measureQuiet(program: Program): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 12; n++) {
    const attempt = { email: 'admin@localhost', password: PASSWORD, from: `192.0.2.${1 + Math.floor(n / 4)}` }
    const start = performance.now()
    await statusOfSignIn(program, attempt)
    times.push(performance.now() - start)
  }
  return Math.round(percentile(times, 0.5))
}

/** Times of sign-ins and of pages in milliseconds while the flood lasts. */
async function measure(program: Program, from: string | ((n: number) => string)) {
  const signIns: number[] = []
  const pages: number[] = []
  const quiet = await measureQuiet(program)
  const flood = floodWithSignIns(program, { from, perSecond: 1_000 })
  await flood.untilRunning()
  for (let n = 0; n < 40; n++) {
    // Four of an address, which its limit lets through.
    const attempt = {
      email: 'admin@localhost',
      password: PASSWORD,
      from: `198.51.100.${1 + Math.floor(n / 4)}`,
    }
    let start = performance.now()
    expect(await statusOfSignIn(program, attempt)).toBe(204)
    signIns.push(performance.now() - start)
    start = performance.now()
    expect((await fetch(`${program.baseUrl}/login`)).status).toBe(200)
    pages.push(performance.now() - start)
  }
  const rate = flood.rate()
  await flood.stop()
  const figures = {
    quiet,
    rate: Math.round(rate),
    signIn: [percentile(signIns, 0.5), Math.max(...signIns)].map(Math.round),
    page: [percentile(pages, 0.5), Math.max(...pages)].map(Math.round),
    answered: Object.fromEntries(flood.answered),
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  return figures
}

test.each(['sqlite', 'postgres'] as const)(
  'on %s, while one address sends a thousand sign-ins a second, another signs in within a second',
  async (engine) => {
    const { rate, signIn, page } = await measure(await start(engine), '203.0.113.1')
    expect(rate).toBeGreaterThan(800)
    expect(signIn[1]).toBeLessThan(1_000)
    expect(page[1]).toBeLessThan(1_000)
  },
)

test('a flood that takes another address of one IPv6 /64 each time is one address to the limits and to the log', async () => {
  const program = await start('sqlite')
  const from = (n: number) => `2001:db8:0:1::${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}`
  const { signIn, page } = await measure(program, from)
  expect(signIn[1]).toBeLessThan(1_000)
  expect(page[1]).toBeLessThan(1_000)
  const database = { dialect: 'sqlite' as const, file: `${program.workingDir}/bennu.db`, inMemory: false }
  const [entries] = await runSql(
    database,
    "select count(*) as n from audit_events where address like '2001:%'",
  )
  // Twenty failures and a refusal in each of the few minutes that this takes, and a number for the rest of each.
  expect(Number(entries?.n)).toBeLessThan(100)
})

test.each(['sqlite', 'postgres'] as const)(
  'on %s, a flood from a thousand addresses leaves room for others',
  async (engine) => {
    const from = (n: number) => `203.0.${100 + (n % 4)}.${(n >> 2) % 250}`
    expect(new Set(Array.from({ length: 5_000 }, (_, n) => from(n))).size).toBe(1_000)
    const { signIn, page } = await measure(await start(engine), from)
    expect(signIn[1]).toBeLessThan(5_000)
    expect(page[1]).toBeLessThan(5_000)
  },
)
