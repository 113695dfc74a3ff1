/** Accounts, their sessions and their keys. */
import { sql } from 'drizzle-orm'
import type { Palette } from '#server/db/columns.postgres'
import { listWords } from '#server/db/schema/words'
import type { Role, Scope } from '#server/permissions'

export const ACCOUNT_ROLES = ['SYSTEM', 'ADMIN', 'MEMBER', 'VIEWER'] as const
/** A role as stored: a person's, or SYSTEM for the account that owns system keys. */
export type AccountRole = (typeof ACCOUNT_ROLES)[number]

export const AUTH_METHODS = ['LOCAL', 'OAUTH2', 'LDAP'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export function defineAccounts(c: Palette) {
  const users = c.table(
    'users',
    {
      id: c.serial('id'),
      username: c.text('username').notNull(),
      /** Trimmed and lower-cased. Null only for directory accounts without mail. */
      email: c.text('email'),
      role: c.choice<AccountRole>('role').notNull(),
      authMethod: c.choice<AuthMethod>('auth_method').notNull(),
      /** Without a salt: an argon2id string in PHC form. With one: 32 bytes of PBKDF2-HMAC-SHA256, 10,000 rounds. */
      passwordHash: c.bytes('password_hash'),
      passwordSalt: c.bytes('password_salt'),
      resetPassword: c.bool('reset_password').notNull().default(false),
      oauth2ClientId: c.text('oauth2_client_id'),
      oauth2UserId: c.text('oauth2_user_id'),
      ldapUniqueId: c.text('ldap_unique_id'),
      profilePictureUrl: c.text('profile_picture_url'),
      disabledAt: c.time('disabled_at'),
      disabledReason: c.text('disabled_reason'),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('users_username_unique').on(t.username),
      c.uniqueIndex('users_email_unique').on(t.email),
      c.uniqueIndex('users_oauth2_unique').on(t.oauth2ClientId, t.oauth2UserId),
      c.uniqueIndex('users_ldap_unique').on(t.ldapUniqueId),
      c.check('users_role_check', sql`${t.role} in (${listWords(ACCOUNT_ROLES)})`),
      c.check('users_auth_method_check', sql`${t.authMethod} in (${listWords(AUTH_METHODS)})`),
    ],
  )

  const refreshTokens = c.table(
    'refresh_tokens',
    {
      id: c.serial('id'),
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      /** SHA-256 of the token handed out, hex. */
      tokenHash: c.text('token_hash').notNull(),
      createdAt: c.time('created_at').notNull(),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [
      c.index('refresh_tokens_user_id_index').on(t.userId),
      c.index('refresh_tokens_expires_at_index').on(t.expiresAt),
    ],
  )

  const accessTokens = c.table(
    'access_tokens',
    {
      id: c.serial('id'),
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      refreshTokenId: c
        .int('refresh_token_id')
        .notNull()
        .references(() => refreshTokens.id, { onDelete: 'cascade' }),
      tokenHash: c.text('token_hash').notNull(),
      createdAt: c.time('created_at').notNull(),
      expiresAt: c.time('expires_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('access_tokens_refresh_token_id_unique').on(t.refreshTokenId),
      c.index('access_tokens_user_id_index').on(t.userId),
      c.index('access_tokens_expires_at_index').on(t.expiresAt),
    ],
  )

  const apiKeys = c.table(
    'api_keys',
    {
      id: c.serial('id'),
      /** The owner: a person, or the system user for system keys. The owner's role decides the kind. */
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      name: c.text('name').notNull(),
      description: c.text('description'),
      /** SHA-256 of the key handed out, hex. Null for an imported key until its first use. */
      tokenHash: c.text('token_hash'),
      lastFour: c.text('last_four'),
      scope: c.choice<Scope>('scope').notNull().default('full'),
      /** System keys only: a person's key has its owner's role. */
      role: c.choice<Role>('role'),
      createdBy: c.int('created_by').references(() => users.id, { onDelete: 'set null' }),
      createdAt: c.time('created_at').notNull(),
      expiresAt: c.time('expires_at'),
      lastUsedAt: c.time('last_used_at'),
    },
    (t) => [
      c.index('api_keys_user_id_index').on(t.userId),
      c.index('api_keys_created_by_index').on(t.createdBy),
      c.index('api_keys_expires_at_index').on(t.expiresAt),
      c.check('api_keys_scope_check', sql`${t.scope} in ('full', 'read', 'ingest')`),
      c.check('api_keys_role_check', sql`${t.role} in ('VIEWER', 'MEMBER', 'ADMIN')`),
    ],
  )

  return { users, refreshTokens, accessTokens, apiKeys }
}
