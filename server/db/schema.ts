/** The only description of our tables. Both dialects are built from it; migrations are generated from it. */
import { sql } from 'drizzle-orm'
import type { Palette } from '#server/db/columns.postgres'
import type { Role, Scope } from '#server/permissions'

export const ACCOUNT_ROLES = ['SYSTEM', 'ADMIN', 'MEMBER', 'VIEWER'] as const
/** A role as stored: a person's, or SYSTEM for the account that owns system keys. */
export type AccountRole = (typeof ACCOUNT_ROLES)[number]

export const AUTH_METHODS = ['LOCAL', 'OAUTH2', 'LDAP'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export const STATUS_CODES = ['UNSET', 'OK', 'ERROR'] as const
export type StatusCode = (typeof STATUS_CODES)[number]

const list = (words: readonly string[]) => sql.raw(words.map((word) => `'${word}'`).join(', '))

/** Builds every table with the column kinds of one engine. */
export function defineTables(c: Palette) {
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
      c.check('users_role_check', sql`${t.role} in (${list(ACCOUNT_ROLES)})`),
      c.check('users_auth_method_check', sql`${t.authMethod} in (${list(AUTH_METHODS)})`),
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

  const projects = c.table(
    'projects',
    {
      id: c.serial('id'),
      name: c.text('name').notNull(),
      description: c.text('description'),
      gradientStartColor: c.text('gradient_start_color').notNull().default('#5bdbff'),
      gradientEndColor: c.text('gradient_end_color').notNull().default('#1c76fc'),
      createdAt: c.time('created_at').notNull(),
      updatedAt: c.time('updated_at').notNull(),
    },
    (t) => [c.uniqueIndex('projects_name_unique').on(t.name)],
  )

  const projectSessions = c.table(
    'project_sessions',
    {
      id: c.serial('id'),
      sessionId: c.text('session_id').notNull(),
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
    },
    (t) => [
      c.uniqueIndex('project_sessions_session_id_unique').on(t.sessionId),
      c.index('project_sessions_project_start_index').on(t.projectId, t.startTime),
    ],
  )

  const traces = c.table(
    'traces',
    {
      id: c.serial('id'),
      /** 32 lower-case hex digits. */
      traceId: c.text('trace_id').notNull(),
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      projectSessionId: c
        .int('project_session_id')
        .references(() => projectSessions.id, { onDelete: 'cascade' }),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
      /** The span that stands for the trace: the earliest of those without a stored parent. */
      rootSpanRowId: c.int('root_span_row_id'),
      spanCount: c.int('span_count').notNull().default(0),
      errorCount: c.int('error_count').notNull().default(0),
      promptTokens: c.int('prompt_tokens').notNull().default(0),
      completionTokens: c.int('completion_tokens').notNull().default(0),
    },
    (t) => [
      c.uniqueIndex('traces_trace_id_unique').on(t.traceId),
      c.index('traces_project_start_index').on(t.projectId, t.startTime, t.id),
      c.index('traces_project_session_index').on(t.projectSessionId),
    ],
  )

  const spans = c.table(
    'spans',
    {
      id: c.serial('id'),
      traceRowId: c
        .int('trace_row_id')
        .notNull()
        .references(() => traces.id, { onDelete: 'cascade' }),
      /** A copy of the trace's project, so that one index serves a project's spans by time. */
      projectId: c
        .int('project_id')
        .notNull()
        .references(() => projects.id, { onDelete: 'cascade' }),
      /** 16 lower-case hex digits, unique within the trace. */
      spanId: c.text('span_id').notNull(),
      parentId: c.text('parent_id'),
      name: c.text('name').notNull(),
      spanKind: c.text('span_kind').notNull(),
      startTime: c.micros('start_time').notNull(),
      endTime: c.micros('end_time').notNull(),
      statusCode: c.choice<StatusCode>('status_code').notNull(),
      /** Only for spans of kind LLM. */
      llmTokenCountPrompt: c.int('llm_token_count_prompt'),
      llmTokenCountCompletion: c.int('llm_token_count_completion'),
      /** The first characters of input.value and output.value, so that lists never read the JSON. */
      inputPreview: c.text('input_preview'),
      outputPreview: c.text('output_preview'),
      // What may be long comes last: SQLite reads a row from its front, and stops where the wanted columns end.
      statusMessage: c.text('status_message').notNull().default(''),
      /** The nested attribute tree, as JSON text. */
      attributes: c.jsonText('attributes').notNull(),
      /** A JSON list of `{name, timestamp, attributes}`, as text. */
      events: c.jsonText('events').notNull(),
    },
    (t) => [
      c.uniqueIndex('spans_trace_span_unique').on(t.traceRowId, t.spanId),
      c.index('spans_project_start_index').on(t.projectId, t.startTime, t.id),
      // REST pages through a project in the order of row ids.
      c.index('spans_project_row_index').on(t.projectId, t.id),
      c.index('spans_span_id_index').on(t.spanId),
      c.check('spans_status_code_check', sql`${t.statusCode} in (${list(STATUS_CODES)})`),
    ],
  )

  /** Sums over a span and everything below it; beside the wide row, so a late child rewrites little. */
  const spanRollups = c.table('span_rollups', {
    spanRowId: c
      .int('span_row_id')
      .primaryKey()
      .references(() => spans.id, { onDelete: 'cascade' }),
    cumulativeErrorCount: c.int('cumulative_error_count').notNull(),
    cumulativeLlmTokenCountPrompt: c.int('cumulative_llm_token_count_prompt').notNull(),
    cumulativeLlmTokenCountCompletion: c.int('cumulative_llm_token_count_completion').notNull(),
  })

  /** Who did what. Chained: see server/audit. Personal data stands in columns the chain covers by digest only. */
  const auditEvents = c.table(
    'audit_events',
    {
      /** Counted by the chain itself, without gaps. */
      id: c.int('id').primaryKey(),
      at: c.time('at').notNull(),
      action: c.text('action').notNull(),
      outcome: c.choice<'success' | 'failure'>('outcome').notNull(),
      reason: c.text('reason'),
      actorKind: c.text('actor_kind').notNull(),
      actorUserId: c.int('actor_user_id'),
      /** `ApiKey:7`, `AccessToken:12`: the credential that was used. */
      credential: c.text('credential'),
      /** `User:3`, `ApiKey:9`: what it was done to. */
      target: c.text('target'),
      /** Further facts without personal data, as a JSON object. */
      details: c.jsonText('details').notNull(),
      actorName: c.text('actor_name'),
      targetName: c.text('target_name'),
      address: c.text('address'),
      userAgent: c.text('user_agent'),
      /** Blanked together with the four columns above: without it nobody can test a guess against the digest. */
      personalSalt: c.text('personal_salt'),
      /** HMAC of the salt and the four personal columns, hex; stays when they are blanked. */
      personalDigest: c.text('personal_digest').notNull(),
      /** HMAC over the previous entry's hash and this entry's chained columns, hex. */
      hash: c.text('hash').notNull(),
    },
    (t) => [
      c.index('audit_events_at_index').on(t.at),
      c.index('audit_events_actor_index').on(t.actorUserId, t.at),
    ],
  )

  /**
   * Row 1 is the head of the chain and its key; appends lock it, which puts them in one order. A key that no
   * secret opens any more moves, with the head of its stretch, to a further row: see server/audit/chain.ts.
   */
  const auditChain = c.table('audit_chain', {
    id: c.int('id').primaryKey(),
    /** The HMAC key: a Fernet token, or base64 while no PHOENIX_SECRET is set. */
    chainKey: c.text('chain_key').notNull(),
    keyEncrypted: c.bool('key_encrypted').notNull(),
    count: c.int('count').notNull(),
    hash: c.text('hash').notNull(),
  })

  return {
    users,
    refreshTokens,
    accessTokens,
    apiKeys,
    projects,
    projectSessions,
    traces,
    spans,
    spanRollups,
    auditEvents,
    auditChain,
  }
}

export type Tables = ReturnType<typeof defineTables>
