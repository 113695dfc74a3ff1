/** Hundreds of people who sign in with a directory at the same moment, with web's event loop watched from inside. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from './percentile'
import { type Program, startProgram, until } from './program'
import { PEOPLE, PERSON_PASSWORD, SERVICE, type Slapd, startSlapd } from './slapd'

const PEOPLE_AT_ONCE = 500
const SLOTS = 10

export interface DirectoryFlood {
  /** How often each status was answered. */
  statuses: Record<string, number>
  /** The longest that anybody waited, in milliseconds. */
  longestMs: number
  /** Most connections that the directory had open at one moment. */
  connections: number
  /** 99th percentile of the delay of web's main thread, in milliseconds. */
  eventLoopP99Ms: number
  /** How many times the sign-in page was answered meanwhile, and the median of its times in milliseconds. */
  pages: { answered: number; medianMs: number }
}

/** Starts a directory and a program of its own, and lets everybody in at once. */
export async function floodDirectory(): Promise<DirectoryFlood> {
  const names = Array.from({ length: PEOPLE_AT_ONCE }, (_, n) => `person${n}`)
  const people = names.map((uid) => ({ uid, mail: `${uid}@example.com`, displayName: uid }))
  const slapd = await startSlapd({ people })
  const folder = mkdtempSync(join(tmpdir(), 'bennu-flood-'))
  const report = join(folder, 'event-loop')
  const program = await startProgram({ env: { ...settings(slapd), ...probe(report) } })
  try {
    return await measure({ program, slapd, report, names })
  } finally {
    await program.stop()
    await slapd.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const settings = (slapd: Slapd) => ({
  PHOENIX_ENABLE_AUTH: 'true',
  PHOENIX_SECRET: 'q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2',
  PHOENIX_LDAP_HOST: '127.0.0.1',
  PHOENIX_LDAP_PORT: `${slapd.port}`,
  PHOENIX_LDAP_TLS_CA_CERT_FILE: slapd.authority.certFile,
  PHOENIX_LDAP_BIND_DN: SERVICE.dn,
  PHOENIX_LDAP_BIND_PASSWORD: SERVICE.password,
  PHOENIX_LDAP_USER_SEARCH_BASE_DNS: JSON.stringify([PEOPLE]),
  PHOENIX_LDAP_USER_SEARCH_FILTER: '(uid=%s)',
  PHOENIX_LDAP_ATTR_EMAIL: 'mail',
  PHOENIX_LDAP_GROUP_ROLE_MAPPINGS: '[{"group_dn": "*", "role": "MEMBER"}]',
  BENNU_LDAP_MAX_CONCURRENT: `${SLOTS}`,
  BENNU_LDAP_SYNC_MINUTES: '0',
})

const probe = (report: string) => ({
  NODE_OPTIONS: `--import ${new URL('./event-loop-probe.mjs', import.meta.url).href}`,
  EVENT_LOOP_REPORT: report,
})

interface World {
  program: Program
  slapd: Slapd
  report: string
  names: string[]
}

async function measure({ program, slapd, report, names }: World): Promise<DirectoryFlood> {
  const web = program.childPid('web')
  if (web === null) throw new Error('there is no web process')
  // The first of each loads code.
  await signIn(program, 'nobody')
  await fetch(`${program.baseUrl}/login`)
  await slapd.takeLog()
  process.kill(web, 'SIGUSR1')
  const pages = watchPage(`${program.baseUrl}/login`)
  const answers = await Promise.all(names.map((name) => signIn(program, name)))
  const times = await pages.stop()
  process.kill(web, 'SIGUSR2')
  await until('the report', () => existsSync(report) && readFileSync(report, 'utf8') !== '')
  const statuses: Record<string, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return {
    statuses,
    longestMs: Math.max(...answers.map(({ ms }) => ms)),
    connections: mostAtOnce(await slapd.takeLog()),
    eventLoopP99Ms: Number(readFileSync(report, 'utf8')),
    pages: { answered: times.length, medianMs: percentile(times, 0.5) },
  }
}

function signIn({ port }: Program, username: string): Promise<{ status: number; ms: number }> {
  const body = JSON.stringify({ username, password: PERSON_PASSWORD })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port, method: 'POST', path: '/auth/ldap/login', headers, agent: false }
    const sent = request(where, (answer) => {
      answer.resume()
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - start }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Asks for a page four times a second; the times of good answers. */
function watchPage(url: string) {
  const times: number[] = []
  let isOver = false
  const run = (async () => {
    while (!isOver) {
      await sleep(250)
      const start = performance.now()
      const answer = await fetch(url)
      await answer.text()
      if (answer.status === 200) times.push(performance.now() - start)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await run
      return times
    },
  }
}

/** From the lines of slapd: how many connections were open at the worst moment. */
function mostAtOnce(log: string[]): number {
  let open = 0
  let most = 0
  for (const line of log) {
    if (line.includes(' ACCEPT from ')) open += 1
    if (/ fd=\d+ closed/.test(line)) open -= 1
    most = Math.max(most, open)
  }
  return most
}
