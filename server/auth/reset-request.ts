/**
 * Asking for a reset mail. The answer, and how long it takes, is one and the same for every address and whatever becomes
 * of the mail: who has an account here, and whether mail works, is nobody's business.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { recordFailure } from '#server/audit/flood'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { issueResetToken } from '#server/auth/reset-tokens'
import { typedAddress } from '#server/auth/typed-address'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { mayMailAccount, takeFromLimit } from '#server/limits/limits'
import { isMailable } from '#server/mail/address'
import { inBackground } from '#server/mail/background'
import { resetMail } from '#server/mail/mails'
import { type Sent, sendMail } from '#server/mail/send'
import { findUserByEmail, sanitizeEmail, type User } from '#server/users/find'

/** How long every answer takes: enough for a mail server that is well, so that its mail is under way by then. */
export const ANSWER_MS = 1_000
/** Longest address by RFC 5321 4.5.3.1; more is not kept of what somebody typed. */
const MAX_EMAIL = 320

/**
 * Mails a link to the account of this address, if there is one that has a password here and was not sent as many as it may
 * be: clients with many addresses fill no mailbox, and do not end each of its links with a newer one. Answers after one second; a
 * slower mail server is waited for afterwards.
 * @throws AppError forbidden (passwords are switched off), unavailable (no mail server is set), rate_limited
 */
export async function requestPasswordReset(ctx: Ctx, email: string): Promise<void> {
  if (!ctx.config.auth.basicAuth)
    throw new AppError('forbidden', 'Signing in with a password is switched off on this server')
  if (ctx.config.mail === null)
    throw new AppError('unavailable', 'This server sends no mail: ask an admin to reset your password', {
      code: 'no_mail',
    })
  await takeFromLimit(ctx, 'password_reset')
  const answer = sleep(ANSWER_MS)
  const address = sanitizeEmail(email).slice(0, MAX_EMAIL + 1)
  inBackground(ctx, mailLink(ctx, address))
  await answer
}

async function mailLink(ctx: Ctx, address: string): Promise<void> {
  const user = await findUserByEmail(ctx.db.read, ctx.db, address)
  const reason = refusalOf(user) ?? (user && !(await mayMailAccount(ctx, user.id)) ? 'too-many' : null)
  if (user && reason === null) await mailResetLink(ctx, user)
  else {
    await recordFailure(ctx, {
      action: 'passwordReset.request',
      reason: reason ?? 'unknown-user',
      actorName: user ? address : typedAddress(address),
      ...(user && { target: `User:${user.id}`, targetName: user.username }),
    })
  }
}

type Refusal = 'unknown-user' | 'not-local' | 'disabled' | 'no-address'

function refusalOf(user: User | null): Refusal | null {
  if (!user) return 'unknown-user'
  if (user.authMethod !== 'LOCAL' || user.role === 'SYSTEM') return 'not-local'
  if (user.disabledAt) return 'disabled'
  return isMailable(user.email) ? null : 'no-address'
}

/** Makes a token for an account, ends any earlier one, and mails the link. The audit log knows who asked. */
export async function mailResetLink(ctx: RecordCtx, user: User): Promise<Sent> {
  const token = await ctx.db.write(async (tx) => {
    const text = await issueResetToken(tx, ctx, user.id)
    await recordEvent(tx, ctx, {
      action: 'passwordReset.request',
      outcome: 'success',
      target: `User:${user.id}`,
      targetName: user.username,
    })
    return text
  })
  const content = resetMail(ctx.config, user, token)
  const { id, username, email } = user
  return sendMail(ctx, { kind: 'reset', to: { userId: id, username, email }, content })
}
