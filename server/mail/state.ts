/** How mail is set up, for admins, and the mail that shows whether it works. */
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { isMailable } from '#server/mail/address'
import { publicUrl } from '#server/mail/links'
import { testMail } from '#server/mail/mails'
import type { MailOutcome, MailState } from '#server/mail/model'
import { sendMail } from '#server/mail/send'
import { securityOf } from '#server/mail/transport'
import { listNotices } from '#server/notices/notices'
import { getOwnProfile } from '#server/users/profile'

/** How mail is set up and whether it works, without secrets. */
export async function getMailState(ctx: Ctx): Promise<MailState> {
  const { mail, server } = ctx.config
  const failed = (await listNotices(ctx)).find(({ id }) => id === 'mail.failed')
  const own = (await getOwnProfile(ctx))?.email
  return {
    server: mail && {
      host: mail.host,
      port: mail.port,
      security: securityOf(mail),
      from: mail.from.address,
      hasCredentials: mail.username !== null,
      validatesCerts: mail.validateCerts,
    },
    linksTo: publicUrl(ctx.config, ''),
    linksAreSet: server.rootUrl !== null,
    failure: failed ? { sentence: failed.sentence, at: failed.lastAt, count: failed.count } : null,
    ownAddress: isMailable(own) ? own : null,
  }
}

/**
 * Sends a mail that says nothing but that it arrived, and waits for the mail server.
 * @throws AppError conflict (no mail server is set), invalid (the address cannot receive mail)
 */
export async function sendTestMail(ctx: Ctx, to: string): Promise<MailOutcome> {
  if (ctx.config.mail === null) {
    throw new AppError('conflict', 'No mail is sent: PHOENIX_SMTP_HOSTNAME is not set', { code: 'no_mail' })
  }
  if (!isMailable(to)) {
    const sentence = 'This address cannot receive mail'
    throw new AppError('invalid', sentence, {
      faults: [{ type: 'value_error', loc: ['body', 'to'], msg: sentence }],
    })
  }
  const content = testMail(ctx.config, ctx.clock())
  return sendMail(ctx, { kind: 'test', to: { userId: null, username: null, email: to }, content })
}
