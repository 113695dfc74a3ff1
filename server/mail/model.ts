/** How mail is set up, and whether it works. Browser-safe. */
import { z } from 'zod'
import type { MailSecurity } from '#server/mail/transport'
import { Email } from '#server/users/model'

/** The answer of `GET /ui/mail`. */
export interface MailState {
  /** Null while no mail is sent. */
  server: {
    host: string
    port: number
    security: MailSecurity
    from: string
    hasCredentials: boolean
    validatesCerts: boolean
  } | null
  /** What links in mails begin with. */
  linksTo: string
  /** Whether PHOENIX_ROOT_URL says so. */
  linksAreSet: boolean
  /** The last failure, until a mail goes through again. `at` is ISO 8601. */
  failure: { sentence: string; at: string; count: number } | null
  /** Where a test mail goes unless somebody says otherwise; null when the own account's address cannot receive any. */
  ownAddress: string | null
}

/** The body of `POST /ui/mail/test`. */
export const TestMail = z.object({ to: Email })
export type TestMail = z.infer<typeof TestMail>

/** Whether the mail server took a mail; if not, the sentence says why. */
export type MailOutcome = { ok: true } | { ok: false; reason: string; sentence: string }
