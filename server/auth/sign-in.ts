/** Signing in with a password. One answer for every failure, after the same work; the audit log knows the reason. */
import { and, eq, isNull } from 'drizzle-orm'
import { recordFailure } from '#server/audit/flood'
import { recordEvent } from '#server/audit/record'
import { hashPassword, verifyPassword } from '#server/auth/password'
import { issueSession, type Session } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { findUserByEmail, sanitizeEmail, type User } from '#server/users/find'

export interface SignInInput {
  email?: string | null | undefined
  password?: string | null | undefined
}

/** Why a sign-in failed, for the audit log alone. */
type Refusal = 'unknown-user' | 'not-local' | 'disabled' | 'wrong-password' | 'changed-meanwhile'

/** Longest address by RFC 5321 4.5.3.1; more is not kept of what somebody typed. */
const MAX_EMAIL = 320

/**
 * Makes a session for the account with this address and password. A password kept in an older form is hashed anew.
 * @throws AppError unauthenticated: one sentence, whatever the reason; forbidden while passwords are switched off
 */
export async function signIn(ctx: Ctx, input: SignInInput): Promise<Session> {
  if (!ctx.config.auth.basicAuth)
    throw new AppError('forbidden', 'Signing in with a password is switched off on this server')
  const { password } = input
  const email = sanitizeEmail(input.email ?? '')
  if (!email || !password) throw new AppError('unauthenticated', 'E-mail address and password are required')
  const user = await findUserByEmail(ctx.db.read, ctx.db, email)
  const refusal = refusalOf(user)
  const check = await verifyPassword(password, refusal === null ? user : null)
  if (!user || refusal !== null) return refuse(ctx, email, user, refusal ?? 'unknown-user')
  if (!check.good) return refuse(ctx, email, user, 'wrong-password')
  const passwordHash = check.outdated ? await hashPassword(password) : user.passwordHash
  const session = await ctx.db.write(async (tx) => {
    if (!(await keepPassword(tx, ctx, user, passwordHash))) return null
    const made = await issueSession(tx, ctx, user.id, { method: 'LOCAL', ...ctx.request })
    await recordEvent(tx, ctx, {
      action: 'session.login',
      outcome: 'success',
      target: `User:${user.id}`,
      targetName: user.username,
      actorUserId: user.id,
      actorName: user.username,
      credential: `AccessToken:${made.accessTokenId}`,
      details: { method: 'LOCAL', upgradedHash: check.outdated, session: `Session:${made.sessionId}` },
    })
    return made
  })
  return session ?? refuse(ctx, email, user, 'changed-meanwhile')
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

async function refuse(ctx: Ctx, email: string, user: User | null, reason: Refusal): Promise<never> {
  await recordFailure(ctx, {
    action: 'session.login',
    reason,
    actorName: email.slice(0, MAX_EMAIL),
    ...(user && { target: `User:${user.id}`, targetName: user.username }),
    details: { method: 'LOCAL' },
  })
  throw new AppError('unauthenticated', 'Wrong e-mail address or password')
}
