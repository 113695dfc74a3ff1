/** What identity providers say of people: who somebody is there, and which of our sessions began there. */
import type { Palette } from '#server/db/columns.postgres'
import type { defineAccounts } from '#server/db/schema/accounts'

export function defineOidc(
  c: Palette,
  { users, sessions }: Pick<ReturnType<typeof defineAccounts>, 'users' | 'sessions'>,
) {
  /** Who an account is at a provider. The adapter of Auth.js finds and writes these by their properties' names. */
  const linkedAccounts = c.table(
    'linked_accounts',
    {
      /** The id of our client there: providers that share it share its people. */
      provider: c.text('provider').notNull(),
      /** The subject of the id token. */
      providerAccountId: c.text('provider_account_id').notNull(),
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      /** `oidc`. */
      type: c.text('type').notNull(),
      issuer: c.text('issuer').notNull(),
      /** The provider's name here when it was linked. */
      providerName: c.text('provider_name').notNull(),
      createdAt: c.time('created_at').notNull(),
    },
    (t) => [
      c.primaryKey({ columns: [t.provider, t.providerAccountId] }),
      c.index('linked_accounts_user_id_index').on(t.userId),
    ],
  )

  /** Sessions that began at a provider: so that either side can end both. */
  const oidcSessions = c.table(
    'oidc_sessions',
    {
      sessionId: c
        .int('session_id')
        .primaryKey()
        .references(() => sessions.id, { onDelete: 'cascade' }),
      providerName: c.text('provider_name').notNull(),
      issuer: c.text('issuer').notNull(),
      clientId: c.text('client_id').notNull(),
      subject: c.text('subject').notNull(),
      /** The provider's own name of its session; null when it has none. */
      sid: c.text('sid'),
      /** The id token as a Fernet token: shown to the provider at logout. */
      idToken: c.text('id_token').notNull(),
    },
    (t) => [
      c.index('oidc_sessions_subject_index').on(t.subject),
      c.index('oidc_sessions_sid_index').on(t.sid),
    ],
  )

  /** Logout tokens that were honoured, until they are over: each works once. */
  const usedLogoutTokens = c.table(
    'used_logout_tokens',
    {
      /** SHA-256 of issuer and `jti`, hex. */
      digest: c.text('digest').primaryKey(),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [c.index('used_logout_tokens_expires_at_index').on(t.expiresAt)],
  )

  return { linkedAccounts, oidcSessions, usedLogoutTokens }
}
