/** The ways back in, and what admins must be told. */
import { sql } from 'drizzle-orm'
import type { Palette } from '#server/db/columns.postgres'
import type { defineAccounts } from '#server/db/schema/accounts'
import { listWords } from '#server/db/schema/words'

export const RESET_PURPOSES = ['reset', 'invitation'] as const
/** What a link is for: a lost password, or the first one of a new account. */
export type ResetPurpose = (typeof RESET_PURPOSES)[number]

export const NOTICE_TONES = ['warn', 'danger'] as const
export type NoticeTone = (typeof NOTICE_TONES)[number]

export function defineRecovery(c: Palette, { users }: Pick<ReturnType<typeof defineAccounts>, 'users'>) {
  /** At most one for each account. The row goes when it is used. */
  const passwordResetTokens = c.table(
    'password_reset_tokens',
    {
      id: c.serial('id'),
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      purpose: c.choice<ResetPurpose>('purpose').notNull(),
      /** SHA-256 of the token that was mailed, hex. Null for an invitation that waits to be sent. */
      tokenHash: c.text('token_hash'),
      /** How often its mail was tried. */
      attempts: c.int('attempts').notNull().default(0),
      /** Until when somebody is at sending it: what did not come to an end by then is tried again. Null for nobody. */
      claimedUntil: c.time('claimed_until'),
      createdAt: c.time('created_at').notNull(),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('password_reset_tokens_user_id_unique').on(t.userId),
      c.index('password_reset_tokens_expires_at_index').on(t.expiresAt),
      c.check('password_reset_tokens_purpose_check', sql`${t.purpose} in (${listWords(RESET_PURPOSES)})`),
    ],
  )

  /** What is wrong with the server just now, one row for each fault: gone once it is right again. */
  const adminNotices = c.table(
    'admin_notices',
    {
      /** Names the fault: `mail.failed`. */
      id: c.text('id').primaryKey(),
      tone: c.choice<NoticeTone>('tone').notNull(),
      /** What happened and what to do; no secret, no personal data. */
      sentence: c.text('sentence').notNull(),
      count: c.int('count').notNull().default(1),
      firstAt: c.time('first_at').notNull(),
      lastAt: c.time('last_at').notNull(),
    },
    (t) => [c.check('admin_notices_tone_check', sql`${t.tone} in (${listWords(NOTICE_TONES)})`)],
  )

  return { passwordResetTokens, adminNotices }
}
