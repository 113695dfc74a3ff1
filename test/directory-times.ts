/** How long refused sign-ins with a directory take, by the reason why. */
import { execFileSync } from 'node:child_process'
import { pino } from 'pino'
import type { Ctx } from '#server/context'
import { signInWithDirectory } from '#server/ldap/sign-in'
import { createAccount } from './accounts'
import { percentile } from './percentile'
import { createTestRuntime, type TestRuntime } from './runtime'
import { type DirectoryPerson, ldapSettings, PERSON_PASSWORD, type Slapd, startSlapd } from './slapd'

/** Reasons that must look the same from outside. */
export const REASONS = ['wrong', 'unknown', 'groupless', 'ambiguous', 'disabled'] as const
export type Reason = (typeof REASONS)[number]

/** Names of each, every one of which is tried once. */
const NAMES = 100
const WARM_UP = 5
/** PERSON_PASSWORD as a directory stores it that is in no hurry: SHA-512 crypt, some tens of milliseconds. */
const HASHED = `{CRYPT}${execFileSync('openssl', ['passwd', '-6', '-salt', 'rounds=40000$bennu', PERSON_PASSWORD], { encoding: 'utf8' }).trim()}`

const numbers = Array.from({ length: NAMES + WARM_UP }, (_, n) => n)
const nameOf = (reason: Reason, n: number) => `${reason}${n}`
const mail = (uid: string) => `${uid}@example.com`

/** One entry each, but for the ambiguous, who are two, and the unknown, who are none. */
function people(): DirectoryPerson[] {
  const one = (reason: Reason, n: number, uid = nameOf(reason, n)) => ({
    uid,
    cn: nameOf(reason, n),
    mail: mail(uid),
    displayName: uid,
    password: HASHED,
  })
  return numbers.flatMap((n) => [
    one('wrong', n),
    one('groupless', n),
    one('disabled', n),
    one('ambiguous', n),
    one('ambiguous', n, `${nameOf('ambiguous', n)}twin`),
  ])
}

/** Median times of refused sign-ins in milliseconds, one of each reason at a time. */
export async function measureDirectoryRefusals(): Promise<Record<Reason, number>> {
  const members = numbers.flatMap((n) => [nameOf('wrong', n), nameOf('disabled', n), nameOf('ambiguous', n)])
  const slapd = await startSlapd({ people: people(), groups: { users: members } })
  try {
    const runtime = await startRuntime(slapd)
    const times = await measure(runtime)
    return Object.fromEntries(REASONS.map((reason) => [reason, percentile(times[reason], 0.5)])) as Record<
      Reason,
      number
    >
  } finally {
    await slapd.stop()
  }
}

async function startRuntime(slapd: Slapd): Promise<TestRuntime> {
  // Limits and lock take part, and never hold anybody up.
  const open = { count: 1_000_000, windowMs: 60_000 }
  const runtime = await createTestRuntime({
    config: {
      ldap: ldapSettings(slapd, { userFilter: '(&(objectClass=inetOrgPerson)(cn=%s))' }),
      auth: { lockoutAfter: 10_000 },
      limits: { enabled: true, login: open },
    },
  })
  for (const n of numbers) {
    const username = nameOf('disabled', n)
    await createAccount(runtime, {
      username,
      email: mail(username),
      authMethod: 'LDAP',
      disabledAt: new Date(),
    })
  }
  return runtime
}

async function measure(runtime: TestRuntime): Promise<Record<Reason, number[]>> {
  const ctx: Ctx = {
    ...runtime,
    log: pino({ level: 'silent' }),
    actor: { kind: 'anonymous' },
    request: { requestId: 'r', address: '192.0.2.1', userAgent: null },
  }
  const times: Record<Reason, number[]> = {
    wrong: [],
    unknown: [],
    groupless: [],
    ambiguous: [],
    disabled: [],
  }
  for (const n of numbers) {
    // The first of an address and minute have an entry each in the audit log; the others are counted.
    const refusals = inTurn(n).map(async (reason) => {
      const password = reason === 'wrong' ? 'not the password' : PERSON_PASSWORD
      const start = performance.now()
      const answer = await signInWithDirectory(ctx, { username: nameOf(reason, n), password }).catch(String)
      if (n >= WARM_UP) times[reason].push(performance.now() - start)
      if (answer !== 'AppError: Wrong user name or password') throw new Error(`${reason}: ${answer}`)
    })
    await Promise.all(refusals)
  }
  await refuseOtherReasons(runtime)
  return times
}

/** All five were really met: a password that does not fit its hash would make them one. */
async function refuseOtherReasons({ db }: TestRuntime): Promise<void> {
  const rows = await db.read.selectDistinct({ reason: db.t.auditEvents.reason }).from(db.t.auditEvents)
  const missing = ['wrong-password', 'directory-unknown', 'no-group', 'ambiguous', 'disabled'].filter(
    (reason) => !rows.some((row) => row.reason === reason),
  )
  if (missing.length > 0) throw new Error(`Not met: ${missing.join(', ')}`)
}

/** Each comes after each other one equally often: what one leaves behind is not counted against its follower. */
const inTurn = (n: number) => REASONS.map((_, index) => REASONS[(index + n) % REASONS.length] as Reason)

/** Which reasons can be told from a wrong password: their median is more than a twentieth off. */
export function tellingReasons(medians: Record<Reason, number>): Reason[] {
  return REASONS.filter((reason) => Math.abs(medians[reason] - medians.wrong) > medians.wrong * 0.05)
}
