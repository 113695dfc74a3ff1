/** Setting a password with the token of a mail. */
import { and, eq, isNull } from 'drizzle-orm'
import { recordFailure } from '#server/audit/flood'
import { recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import { passwordFaults } from '#server/auth/password-policy'
import {
  checkResetToken,
  consumeResetToken,
  type ResetRefusal,
  type ResetToken,
} from '#server/auth/reset-tokens'
import { endedDetails, endSessions } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { takeFromLimit } from '#server/limits/limits'
import { clearLockout } from '#server/limits/lockout'
import { tellPasswordChanged } from '#server/mail/security-mails'
import { warmSecrets } from '#server/secrets/secrets'
import type { User } from '#server/users/find'

export interface ResetInput {
  token?: string | null | undefined
  password: string
}

/**
 * Gives an account the password that its owner chose with a mailed token: ends all its sessions, its lockout and a due
 * reset. The token is used up; a password that breaks the rules leaves it as it was.
 * @throws AppError forbidden (passwords are switched off), unauthenticated (401: no live token), invalid (422: the
 *   password breaks the rules, with its place), rate_limited
 */
export async function resetPasswordByToken(ctx: Ctx, { token: text, password }: ResetInput): Promise<void> {
  if (!ctx.config.auth.basicAuth)
    throw new AppError('forbidden', 'Signing in with a password is switched off on this server')
  await takeFromLimit(ctx, 'password_reset_token')
  const check = await checkResetToken(ctx, text ?? '')
  if (!check.ok) return refuse(ctx, check.reason, check.user)
  const { user, token } = check
  const faults = await passwordFaults(ctx.config, password, user)
  if (faults.length > 0) throw passwordFault(faults.join('. '))
  const passwordHash = await hashPassword(password, ctx.request.address)
  await warmSecrets(ctx.config.auth)
  if (!(await apply(ctx, user, token, passwordHash))) return refuse(ctx, 'used', user)
  // A first password replaces none.
  if (user.passwordHash) tellPasswordChanged(ctx, user)
}

function passwordFault(sentence: string): AppError {
  const faults = [{ type: 'value_error', loc: ['body', 'password'], msg: sentence }]
  return new AppError('invalid', sentence, { faults })
}

function apply(ctx: Ctx, user: User, token: ResetToken, passwordHash: Buffer): Promise<boolean> {
  return ctx.db.write(async (tx) => {
    const { users } = ctx.db.t
    if (!(await consumeResetToken(tx, ctx, token))) return false
    const changed = await tx
      .update(users)
      .set({ passwordHash, passwordSalt: null, resetPassword: false, updatedAt: ctx.clock() })
      .where(and(eq(users.id, user.id), isNull(users.disabledAt)))
      .returning({ id: users.id })
    if (changed.length === 0) return false
    await clearLockout(tx, ctx, user)
    const ended = await endSessions(tx, ctx.db, user.id)
    await recordEvent(tx, ctx, {
      action: 'passwordReset.complete',
      outcome: 'success',
      target: `User:${user.id}`,
      targetName: user.username,
      actorUserId: user.id,
      actorName: user.username,
      details: { purpose: token.purpose, ...endedDetails(ended) },
    })
    return true
  })
}

async function refuse(ctx: Ctx, reason: ResetRefusal | 'used', user: User | null): Promise<never> {
  await recordFailure(ctx, {
    action: 'passwordReset.complete',
    reason,
    ...(user && { target: `User:${user.id}`, targetName: user.username }),
  })
  throw new AppError('unauthenticated', 'This link does not work any more: ask for a new one', {
    code: 'invalid_reset_token',
  })
}
