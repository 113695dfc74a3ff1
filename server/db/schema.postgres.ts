import { postgresColumns } from '#server/db/columns.postgres'
import { defineTables } from '#server/db/schema'

export const postgresTables = defineTables(postgresColumns)

// drizzle-kit reads tables from named exports.
export const {
  users,
  sessions,
  refreshTokens,
  accessTokens,
  apiKeys,
  apiKeyUsage,
  blockedIdentities,
  instanceKeys,
  projects,
  projectSessions,
  traces,
  spans,
  spanRollups,
  projectBuckets,
  auditEvents,
  auditChain,
  secrets,
  passwordResetTokens,
  adminNotices,
  rateLimits,
  lockouts,
  ssoProviders,
  ssoRecentSignIns,
  directorySync,
  linkedAccounts,
  oidcSessions,
  usedLogoutTokens,
} = postgresTables
