/** Identity providers that admins add in Settings, and what the last sign-ins through any provider brought. */
import { sql } from 'drizzle-orm'
import type { Palette } from '#server/db/columns.postgres'
import type { defineAccounts } from '#server/db/schema/accounts'
import { listWords } from '#server/db/schema/words'

export const SIGN_IN_OUTCOMES = ['success', 'refused'] as const
/** How a sign-in through a provider ended. */
export type SignInOutcome = (typeof SIGN_IN_OUTCOMES)[number]

export function defineSso(c: Palette, { users }: Pick<ReturnType<typeof defineAccounts>, 'users'>) {
  const ssoProviders = c.table(
    'sso_providers',
    {
      id: c.serial('id'),
      /** Its part of every address: `/oauth2/<name>/login`. Never changed: the provider has it in the redirect URI. */
      name: c.text('name').notNull(),
      displayName: c.text('display_name').notNull(),
      /** A Fernet token: see server/secrets. Null for a client without a secret. */
      clientSecret: c.text('client_secret'),
      /** Everything else, JSON: see server/sso-providers/model.ts. */
      settings: c.jsonText('settings').notNull(),
      enabled: c.bool('enabled').notNull(),
      /** The order of the buttons, ascending. */
      position: c.int('position').notNull(),
      /** Who changed it last; null for somebody who is gone. */
      userId: c.int('user_id').references(() => users.id, { onDelete: 'set null' }),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('sso_providers_name_unique').on(t.name),
      c.index('sso_providers_user_id_index').on(t.userId),
    ],
  )

  /** Personal data: a few of each provider, for a few days, and none of somebody whose account is gone. */
  const ssoRecentSignIns = c.table(
    'sso_recent_sign_ins',
    {
      id: c.serial('id'),
      /** The provider's name, of the environment or of `sso_providers`. */
      provider: c.text('provider').notNull(),
      at: c.time('at').notNull(),
      outcome: c.choice<SignInOutcome>('outcome').notNull(),
      /** The code of the refusal that the login page was given; null for a success. */
      code: c.text('code'),
      /** Null for somebody without an account. */
      userId: c.int('user_id').references(() => users.id, { onDelete: 'cascade' }),
      /** JSON: the claims that came, shortened, no token among them. */
      claims: c.jsonText('claims').notNull(),
      /** JSON: which rule decided the role or the refusal. */
      decision: c.jsonText('decision').notNull(),
    },
    (t) => [
      c.index('sso_recent_sign_ins_provider_id_index').on(t.provider, t.id),
      c.index('sso_recent_sign_ins_at_index').on(t.at),
      c.index('sso_recent_sign_ins_user_id_index').on(t.userId),
      c.check('sso_recent_sign_ins_outcome_check', sql`${t.outcome} in (${listWords(SIGN_IN_OUTCOMES)})`),
    ],
  )

  return { ssoProviders, ssoRecentSignIns }
}
