/**
 * Signing in somebody whom an authority outside vouches for. Finding or making the account, bringing it in line with
 * what the authority says, the session and the record are one transaction.
 */
import { eq } from 'drizzle-orm'
import { endSessions, issueSession, type Session } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { isAppError } from '#server/errors'
import { warmSecrets } from '#server/secrets/secrets'
import type { User } from '#server/users/find'
import { identityFault } from '#server/users/identity'
import type { Found, OutsideOutcome, OutsideRefusal, Vouched } from '#server/users/outside-model'
import { firstName, freeName } from '#server/users/outside-names'
import {
  noteRole,
  recordChanges,
  recordNewcomer,
  recordRefusal,
  recordSignIn,
} from '#server/users/outside-records'
import { lockAccount } from '#server/users/protection'

export type { Found, OutsideOutcome, OutsideRefusal, Vouched } from '#server/users/outside-model'

/** Two first sign-ins of one person at the same moment: the second finds what the first has made. */
const MAX_TRIES = 3

/** What else belongs to a sign-in, in its transaction. */
export type AfterSignIn = (
  tx: Queries,
  made: { user: User; session: Session; isNew: boolean },
) => Promise<void>

/**
 * Signs somebody in, making the account where `find` says so. An account that is there gets the authority's role,
 * address and picture; a changed role ends its older sessions, but the last admin who can sign in keeps being one.
 * Refusals change nothing and are on record.
 * @param find looks for the account, in the transaction: no network in there
 */
export async function signInOutside(
  asked: Ctx,
  vouched: Vouched,
  find: (tx: Queries) => Promise<Found>,
  after: AfterSignIn = async () => {},
): Promise<OutsideOutcome> {
  // Whoever is signed in already in this browser has no say in it.
  const ctx: Ctx = { ...asked, actor: { kind: 'anonymous' } }
  await warmSecrets(ctx.config.auth)
  const outcome = await untilUnique(ctx, () =>
    ctx.db.write(async (tx) => {
      const found = await find(tx)
      if (found === 'create') return signInNewcomer(tx, ctx, vouched, after)
      if ('refused' in found) return refuse(found.refused, found.userId)
      return signInKnown(tx, ctx, vouched, found.user.id, after)
    }),
  )
  if ('refused' in outcome) await recordRefusal(ctx, vouched, outcome)
  return outcome
}

async function untilUnique<T>(ctx: Ctx, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === MAX_TRIES || !ctx.db.dialect.isUniqueViolation(error)) throw error
    }
  }
}

const refuse = (refused: OutsideRefusal, userId?: number): OutsideOutcome => ({
  refused,
  userId: userId ?? null,
})

async function signInNewcomer(
  tx: Queries,
  ctx: Ctx,
  vouched: Vouched,
  after: AfterSignIn,
): Promise<OutsideOutcome> {
  const fault = await emailFault(tx, ctx, vouched.email, null)
  if (fault) return refuse(fault)
  const local = vouched.email?.split('@')[0]
  const username = await freeName(tx, ctx, firstName([...vouched.names, local]), vouched.suffix)
  if (username === null) return refuse('blocked')
  const user = await insertUser(tx, ctx, vouched, username)
  const session = await openSession(tx, ctx, vouched, user)
  await after(tx, { user, session, isNew: true })
  await recordNewcomer(tx, ctx, vouched, user)
  await recordSignIn(tx, ctx, vouched, user, session)
  return { session, user, isNew: true, keptRole: false }
}

async function insertUser(tx: Queries, ctx: Ctx, vouched: Vouched, username: string): Promise<User> {
  const now = ctx.clock()
  const { method: authMethod, email, roleOfNewcomer: role, pictureUrl = null, ties } = vouched
  const [user] = await tx
    .insert(ctx.db.t.users)
    .values({
      username,
      email,
      role,
      authMethod,
      profilePictureUrl: pictureUrl,
      ...ties,
      createdAt: now,
      updatedAt: now,
    })
    .returning()
  if (!user) throw new Error('The database returned no row for a new account')
  return user
}

async function signInKnown(
  tx: Queries,
  ctx: Ctx,
  vouched: Vouched,
  userId: number,
  after: AfterSignIn,
): Promise<OutsideOutcome> {
  const { user: before, refusals } = await lockAccount(tx, ctx, userId)
  if (before.authMethod !== vouched.method || before.role === 'SYSTEM') return refuse('other-method', userId)
  // What the directory has taken away it may give back: it has just let this person in.
  const isGivenBack = before.disabledAt !== null && before.disabledByDirectory && vouched.method === 'LDAP'
  if (before.disabledAt && !isGivenBack) return refuse('disabled', userId)
  const newEmail = vouched.email !== null && vouched.email !== before.email ? vouched.email : null
  const fault = await emailFault(tx, ctx, newEmail, before)
  if (fault) return refuse(fault, userId)
  const wantsRole = vouched.role !== null && vouched.role !== before.role
  const keptRole = wantsRole && refusals.changeRole !== null
  const user = await updateUser(tx, ctx, before, {
    ...(newEmail !== null && { email: newEmail }),
    ...(vouched.role !== null && !keptRole && { role: vouched.role }),
    ...(vouched.pictureUrl !== undefined && { profilePictureUrl: vouched.pictureUrl }),
    ...vouched.ties,
    ...(isGivenBack && { disabledAt: null, disabledReason: null, disabledByDirectory: false }),
  })
  const ended = user.role === before.role ? [] : await endSessions(tx, ctx.db, user.id)
  const session = await openSession(tx, ctx, vouched, user)
  await after(tx, { user, session, isNew: false })
  if (vouched.role !== null && before.role === 'ADMIN') await noteRole(tx, ctx, vouched, { user, keptRole })
  await recordChanges(tx, ctx, vouched, { before, user, ended })
  await recordSignIn(tx, ctx, vouched, user, session)
  return { session, user, isNew: false, keptRole }
}

/** Only what differs is written, so that `updated_at` tells of changes. */
async function updateUser(tx: Queries, ctx: Ctx, before: User, columns: Partial<User>): Promise<User> {
  const differs = Object.entries(columns).some(([name, value]) => before[name as keyof User] !== value)
  if (!differs) return before
  const { users } = ctx.db.t
  const [user] = await tx
    .update(users)
    .set({ ...columns, updatedAt: ctx.clock() })
    .where(eq(users.id, before.id))
    .returning()
  if (!user) throw new Error('An account that is locked was not there to be changed')
  return user
}

async function emailFault(
  tx: Queries,
  ctx: Ctx,
  email: string | null,
  own: User | null,
): Promise<'email-in-use' | 'blocked' | null> {
  try {
    const fault = await identityFault(tx, ctx, { email, username: null }, own)
    if (fault === null) return null
    return fault === 'email_taken' ? 'email-in-use' : 'blocked'
  } catch (error) {
    // Nobody can say whether the address is blocked: then it is.
    if (isAppError(error) && error.code === 'blocked_list_closed') return 'blocked'
    throw error
  }
}

function openSession(tx: Queries, ctx: Ctx, { method }: Vouched, user: User): Promise<Session> {
  const { address, userAgent } = ctx.request
  return issueSession(tx, ctx, user.id, { method, address, userAgent })
}
