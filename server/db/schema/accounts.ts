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
      /** Whether the directory did it, which may then take it back; what an admin did stays. */
      disabledByDirectory: c.bool('disabled_by_directory').notNull().default(false),
      /** Any request by a session or a key of theirs; written at most once a minute. */
      lastSeenAt: c.time('last_seen_at'),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('users_username_unique').on(t.username),
      c.uniqueIndex('users_email_unique').on(t.email),
      // Addresses are compared in small letters; rows from an import may have capitals.
      c.index('users_email_lower_index').on(sql`lower(${t.email})`),
      c.uniqueIndex('users_oauth2_unique').on(t.oauth2ClientId, t.oauth2UserId),
      c.uniqueIndex('users_ldap_unique').on(t.ldapUniqueId),
      c.check('users_role_check', sql`${t.role} in (${listWords(ACCOUNT_ROLES)})`),
      c.check('users_auth_method_check', sql`${t.authMethod} in (${listWords(AUTH_METHODS)})`),
    ],
  )

  /** A sign-in in one browser. Lives on when its tokens are renewed; deleting it ends them. */
  const sessions = c.table(
    'sessions',
    {
      id: c.serial('id'),
      userId: c
        .int('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      /** How the person signed in. */
      method: c.choice<AuthMethod>('method').notNull(),
      createdAt: c.time('created_at').notNull(),
      lastSeenAt: c.time('last_seen_at').notNull(),
      address: c.text('address'),
      /** As the browser named itself, at most 500 characters. */
      userAgent: c.text('user_agent'),
    },
    (t) => [
      c.index('sessions_user_id_index').on(t.userId),
      c.check('sessions_method_check', sql`${t.method} in (${listWords(AUTH_METHODS)})`),
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
      sessionId: c
        .int('session_id')
        .notNull()
        .references(() => sessions.id, { onDelete: 'cascade' }),
      /** SHA-256 of the token handed out, hex. */
      tokenHash: c.text('token_hash').notNull(),
      createdAt: c.time('created_at').notNull(),
      expiresAt: c.time('expires_at').notNull(),
      /** When it was traded for another. Kept until it expires, so that a second use is recognised. */
      consumedAt: c.time('consumed_at'),
    },
    (t) => [
      c.index('refresh_tokens_user_id_index').on(t.userId),
      c.index('refresh_tokens_session_id_index').on(t.sessionId),
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
      sessionId: c
        .int('session_id')
        .notNull()
        .references(() => sessions.id, { onDelete: 'cascade' }),
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
      c.index('access_tokens_session_id_index').on(t.sessionId),
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
      lastUsedAddress: c.text('last_used_address'),
      /** A rotated key keeps its row: the text before is good until `previousValidUntil`. */
      previousTokenHash: c.text('previous_token_hash'),
      previousLastFour: c.text('previous_last_four'),
      previousValidUntil: c.time('previous_valid_until'),
      rotatedAt: c.time('rotated_at'),
    },
    (t) => [
      c.index('api_keys_user_id_index').on(t.userId),
      c.index('api_keys_created_by_index').on(t.createdBy),
      c.index('api_keys_expires_at_index').on(t.expiresAt),
      c.check('api_keys_scope_check', sql`${t.scope} in ('full', 'read', 'ingest')`),
      c.check('api_keys_role_check', sql`${t.role} in ('VIEWER', 'MEMBER', 'ADMIN')`),
    ],
  )

  const apiKeyUsage = c.table(
    'api_key_usage',
    {
      keyId: c
        .int('key_id')
        .notNull()
        .references(() => apiKeys.id, { onDelete: 'cascade' }),
      /** Days since 1970-01-01, UTC. */
      day: c.int('day').notNull(),
      count: c.int('count').notNull(),
    },
    (t) => [c.primaryKey({ columns: [t.keyId, t.day] }), c.index('api_key_usage_day_index').on(t.day)],
  )

  /** Addresses and names that must not come back, as keyed digests: see server/users/blocked.ts. */
  const blockedIdentities = c.table(
    'blocked_identities',
    {
      id: c.serial('id'),
      emailDigest: c.text('email_digest'),
      usernameDigest: c.text('username_digest'),
      createdAt: c.time('created_at').notNull(),
      createdBy: c.int('created_by').references(() => users.id, { onDelete: 'set null' }),
    },
    (t) => [
      c.uniqueIndex('blocked_identities_email_digest_unique').on(t.emailDigest),
      c.uniqueIndex('blocked_identities_username_digest_unique').on(t.usernameDigest),
    ],
  )

  /** Random keys of this installation, each by its purpose. */
  const instanceKeys = c.table('instance_keys', {
    name: c.text('name').primaryKey(),
    /** A Fernet token, or base64 while no PHOENIX_SECRET is set. */
    keyText: c.text('key_text').notNull(),
    keyEncrypted: c.bool('key_encrypted').notNull(),
  })

  return {
    users,
    sessions,
    refreshTokens,
    accessTokens,
    apiKeys,
    apiKeyUsage,
    blockedIdentities,
    instanceKeys,
  }
}
