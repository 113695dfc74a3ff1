/** An admin mails somebody a link to choose a new password. */
import type { RecordCtx } from '#server/audit/record'
import { mailResetLink } from '#server/auth/reset-request'
import { AppError } from '#server/errors'
import { isMailable } from '#server/mail/address'
import type { MailOutcome } from '#server/mail/model'
import { findUser, type User } from '#server/users/find'

/**
 * Mails the link and waits for the mail server. The present password works until the link is used.
 * @throws AppError not_found; conflict (no mail server, no password here, a disabled account, no address for mail)
 */
export async function mailResetLinkTo(ctx: RecordCtx, userId: number): Promise<MailOutcome> {
  const user = await findUser(ctx.db.read, ctx.db, userId)
  if (!user || user.role === 'SYSTEM') throw new AppError('not_found', 'User not found')
  const refusal = refusalOf(ctx, user)
  if (refusal) throw new AppError('conflict', refusal)
  return mailResetLink(ctx, user)
}

function refusalOf({ config }: RecordCtx, { authMethod, disabledAt, email }: User): string | null {
  if (!config.auth.enabled || config.mail === null) return 'No mail is sent: PHOENIX_SMTP_HOSTNAME is not set'
  if (authMethod !== 'LOCAL' || !config.auth.basicAuth) return 'This account has no password here'
  if (disabledAt) return 'This account is disabled: enable it first'
  return isMailable(email) ? null : 'The address of this account cannot receive mail'
}
