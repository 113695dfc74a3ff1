/** How long refused sign-ins take, by the kind of account they are aimed at. */
import { pino } from 'pino'
import { signIn } from '#server/auth/sign-in'
import type { Ctx } from '#server/context'
import { createAccount } from './accounts'
import { percentile } from './percentile'
import { createTestRuntime } from './runtime'

/** Kinds that must look the same from outside; `wrong` is the one that really has a password to check. */
export const KINDS = ['wrong', 'unknown', 'directory', 'disabled', 'imported'] as const
export type Kind = (typeof KINDS)[number]

/** The addresses of an account of each kind. */
const ADDRESSES: Record<Kind, string> = {
  wrong: 'wrong@example.com',
  unknown: 'unknown@example.com',
  directory: 'directory@example.com',
  disabled: 'disabled@example.com',
  imported: 'imported@example.com',
}

/**
 * Median times of refused sign-ins in milliseconds, one of each kind after the other, so that whatever else the machine
 * does meets all alike.
 */
export async function measureRefusals(rounds: number): Promise<Record<Kind, number>> {
  // Limits and lock take part, and never hold anybody up.
  const open = { count: 1_000_000, windowMs: 60_000 }
  const runtime = await createTestRuntime({
    config: { auth: { lockoutAfter: 10_000 }, limits: { enabled: true, login: open } },
  })
  await createAccount(runtime, { username: 'wrong', email: ADDRESSES.wrong })
  await createAccount(runtime, { username: 'directory', email: ADDRESSES.directory, authMethod: 'LDAP' })
  await createAccount(runtime, { username: 'disabled', email: ADDRESSES.disabled, disabledAt: new Date() })
  // As SQL or an import writes it: PBKDF2 with a salt beside it.
  const imported = { passwordHash: Buffer.alloc(32, 1), passwordSalt: Buffer.alloc(32, 2) }
  await createAccount(runtime, { username: 'imported', email: ADDRESSES.imported, ...imported })
  const ctx: Ctx = {
    ...runtime,
    log: pino({ level: 'silent' }),
    actor: { kind: 'anonymous' },
    request: { requestId: 'r', address: '192.0.2.1', userAgent: null },
  }
  const times: Record<Kind, number[]> = { wrong: [], unknown: [], directory: [], disabled: [], imported: [] }
  // The first of an address and minute have an entry each in the audit log; the others are counted.
  for (let round = -10; round < rounds; round++) {
    for (const kind of KINDS) {
      const start = performance.now()
      await signIn(ctx, { email: ADDRESSES[kind], password: 'not the password' }).catch(() => {})
      if (round >= 0) times[kind].push(performance.now() - start)
    }
  }
  return Object.fromEntries(KINDS.map((kind) => [kind, percentile(times[kind], 0.5)])) as Record<Kind, number>
}

/** An imported password is checked by another method, whose share of the processor varies more. */
const MARGIN: Record<Kind, number> = {
  wrong: 0.1,
  unknown: 0.1,
  directory: 0.1,
  disabled: 0.1,
  imported: 0.25,
}

/** Which kinds can be told from a wrong password: their median is more than a tenth off; a quarter for imported ones. */
export function tellingKinds(medians: Record<Kind, number>): Kind[] {
  return KINDS.filter((kind) => Math.abs(medians[kind] - medians.wrong) > medians.wrong * MARGIN[kind])
}
