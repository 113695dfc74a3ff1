/** Signing in with a password. One answer for every failure, after the same work; the audit log knows the reason. */
import { and, eq, isNull } from 'drizzle-orm'
import { recordEvent } from '#server/audit/record'
import { type Attempt, admit, noteRefusal } from '#server/auth/attempts'
import { hashPassword, type PasswordCheck, verifyPassword } from '#server/auth/password'
import { issueSession, type Session } from '#server/auth/sessions'
import { typedAddress } from '#server/auth/typed-address'
import type { Ctx } from '#server/context'
import { AppError, isAppError } from '#server/errors'
import { takeFromLimit } from '#server/limits/limits'
import { clearName, oneByOne, takeBack } from '#server/limits/lockout'
import { findUserByEmail, sanitizeEmail, type User } from '#server/users/find'

export interface SignInInput {
  email?: string | null | undefined
  password?: string | null | undefined
}

/** Why a sign-in failed, for the audit log alone. */
type Refusal =
  | 'unknown-user'
  | 'not-local'
  | 'disabled'
  | 'wrong-password'
  | 'changed-meanwhile'
  | 'empty'
  | 'locked'
  | 'busy'
  | 'switched-off'

/**
 * Makes a session for the account with this address and password. A password kept in an older form is hashed anew.
 * How often the client and the name have come is tested before any hash is made.
 * @throws AppError unauthenticated: one sentence, whatever the reason; forbidden while passwords are switched off;
 *   rate_limited (429, with Retry-After): the address came too often, or the name is locked; unavailable: too many
 *   passwords are being checked
 */
export async function signIn(ctx: Ctx, input: SignInInput): Promise<Session> {
  const { password } = input
  const email = sanitizeEmail(input.email ?? '')
  if (!ctx.config.auth.basicAuth) {
    await note(ctx, email, null, 'switched-off')
    throw new AppError('forbidden', 'Signing in with a password is switched off on this server')
  }
  await takeFromLimit(ctx, 'login')
  if (!email || !password) {
    await note(ctx, email, null, 'empty')
    throw new AppError('unauthenticated', 'E-mail address and password are required')
  }
  return oneByOne(ctx, email, () => attempt(ctx, email, password))
}

async function attempt(ctx: Ctx, email: string, password: string): Promise<Session> {
  const locks = await admit(ctx, attemptAt(email))
  const user = await findUserByEmail(ctx.db.read, ctx.db, email)
  const refusal = refusalOf(user)
  const check = await checkPassword(ctx, email, password, refusal === null ? user : null)
  const session =
    user && refusal === null && check.good
      ? await openSession(ctx, email, user, check.outdated ? password : null)
      : null
  if (session) return session
  const reason = refusal ?? (check.good ? 'changed-meanwhile' : 'wrong-password')
  await note(ctx, email, user, reason, { locks })
  throw new AppError('unauthenticated', 'Wrong e-mail address or password')
}

/** @throws AppError unavailable: nobody looked at the password, so the attempt does not count */
async function checkPassword(
  ctx: Ctx,
  email: string,
  password: string,
  user: User | null,
): Promise<PasswordCheck> {
  try {
    return await verifyPassword(password, user, ctx.request.address)
  } catch (error) {
    await takeBack(ctx, email)
    if (isAppError(error) && error.kind === 'unavailable') await note(ctx, email, user, 'busy')
    throw error
  }
}

/**
 * Null when the password or the account changed since it was checked.
 * @param rehash the password, when it is to be hashed anew
 */
async function openSession(
  ctx: Ctx,
  email: string,
  user: User,
  rehash: string | null,
): Promise<Session | null> {
  const passwordHash = rehash === null ? user.passwordHash : await hashPassword(rehash, ctx.request.address)
  return ctx.db.write(async (tx) => {
    if (!(await keepPassword(tx, ctx, user, passwordHash))) return null
    const made = await issueSession(tx, ctx, user.id, { method: 'LOCAL', ...ctx.request })
    await clearName(tx, ctx, email)
    await recordEvent(tx, ctx, {
      action: 'session.login',
      outcome: 'success',
      target: `User:${user.id}`,
      targetName: user.username,
      actorUserId: user.id,
      actorName: user.username,
      credential: `AccessToken:${made.accessTokenId}`,
      details: { method: 'LOCAL', upgradedHash: rehash !== null, session: `Session:${made.sessionId}` },
    })
    return made
  })
}

function refusalOf(user: User | null): Refusal | null {
  if (!user) return 'unknown-user'
  if (user.authMethod !== 'LOCAL' || user.role === 'SYSTEM') return 'not-local'
  return user.disabledAt ? 'disabled' : null
}

/**
 * Locks the row and writes the hash, unless the password or the account changed since it was checked: somebody may be
 * changing it at this very moment because it leaked.
 */
async function keepPassword(
  tx: Parameters<typeof issueSession>[0],
  { db }: Ctx,
  user: User,
  passwordHash: Buffer | null,
): Promise<boolean> {
  const { users } = db.t
  const unchanged = user.passwordHash ? eq(users.passwordHash, user.passwordHash) : isNull(users.passwordHash)
  const rows = await tx
    .update(users)
    .set({ passwordHash, passwordSalt: passwordHash === user.passwordHash ? user.passwordSalt : null })
    .where(and(eq(users.id, user.id), unchanged, isNull(users.disabledAt)))
    .returning({ id: users.id })
  return rows.length === 1
}

const attemptAt = (email: string, user: User | null = null): Attempt => ({
  name: email,
  method: 'LOCAL',
  shown: user?.email === email ? email : typedAddress(email),
})

/** Puts a failure on record, and the lock that it led to. */
function note(
  ctx: Ctx,
  email: string,
  user: User | null,
  reason: Refusal,
  options: { locks?: boolean } = {},
): Promise<void> {
  return noteRefusal(ctx, attemptAt(email, user), { reason, user }, options)
}
