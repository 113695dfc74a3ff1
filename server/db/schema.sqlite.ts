import { sqliteColumns } from '#server/db/columns.sqlite'
import { defineTables } from '#server/db/schema'

export const sqliteTables = defineTables(sqliteColumns)

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
} = sqliteTables
