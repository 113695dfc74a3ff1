/**
 * The lock of an account after failed sign-ins. It is the name that is locked, whether an account has it or not, so that
 * a lock tells nobody which accounts there are. Counted in the database for all processes and replicas.
 */
import { eq, sql } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { digestOf } from '#server/limits/keys'
import { inWords } from '#server/limits/limits'
import { sanitizeEmail } from '#server/users/find'

const LOCK_MS = 300_000
/** Failures that did not lead to a lock are forgotten when nobody has tried for so long. */
const FORGET_MS = 15 * 60_000

type World = Pick<RecordCtx, 'db' | 'config' | 'clock'>

/**
 * Counts an attempt at a name as failed before anybody looks at its password: attempts at the same moment cannot all be
 * the last one. `clearName` takes it back when the password was right, `takeBack` when nobody looked at it.
 * @returns whether the name is locked if this attempt fails
 * @throws AppError rate_limited (429, with Retry-After) while the name is locked
 */
export async function countAttempt(ctx: World, name: string): Promise<boolean> {
  const { lockoutAfter } = ctx.config.auth
  if (lockoutAfter === null) return false
  const nameDigest = digest(ctx, name)
  const { lockouts } = ctx.db.t
  // Most attempts at a locked name end here, without writing.
  const [known] = await ctx.db.read.select().from(lockouts).where(eq(lockouts.nameDigest, nameDigest))
  refuseIfLocked(ctx, known?.lockedUntil)
  const counted = await ctx.db.write((tx) => addFailure(tx, ctx, nameDigest, lockoutAfter), {
    mayBeLost: true,
  })
  if (!counted.isNew) refuseIfLocked(ctx, counted.lockedUntil)
  return counted.lockedUntil !== null
}

// On globalThis because Next gives each route its own copy of this module.
const TURNS = Symbol.for('bennu.limits.turns')
const holder = globalThis as unknown as Record<symbol, Map<string, Promise<unknown>> | undefined>

/**
 * Runs attempts at one name one after the other. Somebody who signs in ten times at once, with the right password,
 * would otherwise be counted ten times before the first is over, and be locked.
 */
export async function oneByOne<T>(ctx: World, name: string, attempt: () => Promise<T>): Promise<T> {
  if (ctx.config.auth.lockoutAfter === null) return attempt()
  holder[TURNS] ??= new Map()
  const turns = holder[TURNS]
  const key = sanitizeEmail(name)
  const turn = (turns.get(key) ?? Promise.resolve()).then(attempt, attempt)
  const over = turn.catch(() => {})
  turns.set(key, over)
  try {
    return await turn
  } finally {
    if (turns.get(key) === over) turns.delete(key)
  }
}

interface Counted {
  lockedUntil: Date | null
  /** False when it was locked already, and nothing was counted. */
  isNew: boolean
}

async function addFailure(
  tx: Queries,
  { db, clock }: World,
  nameDigest: string,
  lockoutAfter: number,
): Promise<Counted> {
  const { lockouts } = db.t
  const now = clock()
  const later = (milliseconds: number) => new Date(now.getTime() + milliseconds)
  const [row] = await tx
    .insert(lockouts)
    .values({ nameDigest, failures: 0, expiresAt: later(FORGET_MS) })
    .onConflictDoUpdate({ target: lockouts.nameDigest, set: { nameDigest: sql`excluded.name_digest` } })
    .returning()
  if (row?.lockedUntil && row.lockedUntil > now) return { lockedUntil: row.lockedUntil, isNew: false }
  const isOver = !row || row.lockedUntil !== null || row.expiresAt <= now
  const failures = isOver ? 1 : row.failures + 1
  const lockedUntil = failures >= lockoutAfter ? later(LOCK_MS) : null
  await tx
    .update(lockouts)
    .set({ failures, lockedUntil, expiresAt: lockedUntil ?? later(FORGET_MS) })
    .where(eq(lockouts.nameDigest, nameDigest))
  return { lockedUntil, isNew: true }
}

function refuseIfLocked({ clock }: World, lockedUntil: Date | null | undefined): void {
  const waitMs = lockedUntil ? lockedUntil.getTime() - clock().getTime() : 0
  if (waitMs <= 0) return
  const seconds = Math.ceil(waitMs / 1000)
  throw new AppError('rate_limited', `Too many failed sign-ins: try again in ${inWords(seconds)}`, {
    code: 'locked',
    retryAfterSeconds: seconds,
  })
}

/** Takes back the last counted attempt, and the lock that it set. */
export async function takeBack(ctx: World, name: string): Promise<void> {
  if (ctx.config.auth.lockoutAfter === null) return
  const { lockouts } = ctx.db.t
  await ctx.db.write((tx) =>
    tx
      .update(lockouts)
      .set({ failures: sql`${lockouts.failures} - 1`, lockedUntil: null })
      .where(eq(lockouts.nameDigest, digest(ctx, name))),
  )
}

/**
 * Forgets the failures of an account and lifts its lock: when its password was set anew by a mailed token or by an
 * admin. Inside the transaction of that change. It is the address alone that counts here: a name that is chosen freely
 * could be somebody else's address, and signing in under it would open the way for guessing at that one.
 */
export async function clearLockout(
  tx: Queries,
  world: Pick<RecordCtx, 'db' | 'config'>,
  account: { email: string | null },
): Promise<void> {
  if (account.email !== null) await clearName(tx, world, account.email)
}

/** Forgets the failures of one name: the one under which somebody has just signed in. */
export async function clearName(
  tx: Queries,
  world: Pick<RecordCtx, 'db' | 'config'>,
  name: string,
): Promise<void> {
  const { lockouts } = world.db.t
  await tx.delete(lockouts).where(eq(lockouts.nameDigest, digest(world, name)))
}

const digest = ({ config }: Pick<RecordCtx, 'config'>, name: string) =>
  digestOf(config, 'name', sanitizeEmail(name))
