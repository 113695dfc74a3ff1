/**
 * Forgets a person: blanks the names, addresses and user agents of every entry that has to do with them. What was done,
 * when, by which account number and to which stays, and the chain still verifies.
 */
import { and, eq, gt, inArray, isNotNull, lte, or, type SQL, sql } from 'drizzle-orm'
import { readAuditHead } from '#server/audit/head'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { AppError } from '#server/errors'
import { forgetSignInsOf } from '#server/sso-providers/recent'
import { sanitizeEmail } from '#server/users/find'

/** Entries blanked in one transaction. */
const SLICE = 5_000

/** Whom to forget; at least one of them. */
export interface Forgotten {
  email?: string | undefined
  username?: string | undefined
  /** The number in `User:3`. */
  userId?: number | undefined
}

export interface Erasure {
  /** Entries that were blanked now. */
  entries: number
  /** The accounts, long deleted, that these names have led to. */
  userIds: number[]
}

/**
 * Blanks what is known of somebody who has no account any more. Safe to run again, which is also how it is taken up
 * after it was interrupted.
 * @throws AppError invalid: nobody is named; conflict: an account has this address, name or number
 */
export async function erasePerson(
  ctx: RecordCtx,
  person: Forgotten,
  onProgress?: (done: number, total: number) => void,
): Promise<Erasure> {
  if (!person.email && !person.username && person.userId === undefined)
    throw new AppError(
      'invalid',
      'Name whom to forget: an e-mail address, a username or the number of an account',
    )
  await refuseLiving(ctx, person)
  const { count: upTo = 0 } = (await readAuditHead(ctx.db)) ?? {}
  const userIds = await accountsOf(ctx, person)
  // First: what cannot be recorded must not happen.
  await ctx.db.write((tx) =>
    recordEvent(tx, ctx, {
      action: 'audit.erase',
      outcome: 'success',
      details: { accounts: userIds.map((id) => `User:${id}`) },
    }),
  )
  await forgetSignInsOf(ctx.db, namesOf(person))
  let entries = 0
  for (let after = 0; after < upTo; after += SLICE) {
    entries += await blank(ctx, isAbout(ctx, person, userIds), after, Math.min(after + SLICE, upTo))
    onProgress?.(Math.min(after + SLICE, upTo), upTo)
  }
  return { entries, userIds }
}

async function refuseLiving({ db }: RecordCtx, { email, username, userId }: Forgotten): Promise<void> {
  const { users } = db.t
  const [living] = await db.read
    .select({ id: users.id })
    .from(users)
    .where(
      or(
        email ? eq(sql`lower(${users.email})`, sanitizeEmail(email)) : undefined,
        username ? eq(users.username, username) : undefined,
        userId === undefined ? undefined : eq(users.id, userId),
      ),
    )
    .limit(1)
  if (living)
    throw new AppError(
      'conflict',
      `User:${living.id} is an account of this server: delete it first, then forget it`,
    )
}

/** The accounts that had these names, as far as the log tells; those that are there still are somebody else's. */
async function accountsOf({ db }: RecordCtx, person: Forgotten): Promise<number[]> {
  const { auditEvents: t, users } = db.t
  const names = namesOf(person)
  const found = new Set(person.userId === undefined ? [] : [person.userId])
  if (names.length > 0) {
    const acted = await db.read
      .selectDistinct({ id: t.actorUserId })
      .from(t)
      .where(inArray(t.actorName, names))
    // Whoever signs in gives a name, and the account it belongs to is the target.
    const signsIn = and(inArray(t.actorName, names), eq(t.action, 'session.login'))
    const meant = await db.read
      .selectDistinct({ target: t.target })
      .from(t)
      .where(or(inArray(t.targetName, names), signsIn))
    for (const { id } of acted) if (id !== null) found.add(id)
    for (const { target } of meant) {
      const id = /^User:(\d+)$/.exec(target ?? '')?.[1]
      if (id) found.add(Number(id))
    }
  }
  if (found.size === 0) return []
  const living = await db.read
    .select({ id: users.id })
    .from(users)
    .where(inArray(users.id, [...found]))
  for (const { id } of living) found.delete(id)
  return [...found].sort((a, b) => a - b)
}

const namesOf = ({ email, username }: Forgotten): string[] =>
  [email ? sanitizeEmail(email) : '', username ?? ''].filter((name) => name !== '')

function isAbout({ db }: RecordCtx, person: Forgotten, userIds: number[]): SQL | undefined {
  const { auditEvents: t } = db.t
  const names = namesOf(person)
  const targets = userIds.map((id) => `User:${id}`)
  return or(
    names.length > 0 ? or(inArray(t.actorName, names), inArray(t.targetName, names)) : undefined,
    userIds.length > 0 ? or(inArray(t.actorUserId, userIds), inArray(t.target, targets)) : undefined,
  )
}

/** The salt goes along: with it the digest would still confirm a guess. */
async function blank(
  { db }: RecordCtx,
  about: SQL | undefined,
  after: number,
  upTo: number,
): Promise<number> {
  if (!about) return 0
  const { auditEvents: t } = db.t
  const nothing = { actorName: null, targetName: null, address: null, userAgent: null, personalSalt: null }
  const rows = await db.write((tx) =>
    tx
      .update(t)
      .set(nothing)
      .where(and(gt(t.id, after), lte(t.id, upTo), isNotNull(t.personalSalt), about))
      .returning({ id: t.id }),
  )
  return rows.length
}
