/** The only description of our tables. Both dialects are built from it; migrations are generated from it. */
import type { Palette } from '#server/db/columns.postgres'
import { defineAccounts } from '#server/db/schema/accounts'
import { defineAudit } from '#server/db/schema/audit'
import { defineDirectory } from '#server/db/schema/directory'
import { defineLimits } from '#server/db/schema/limits'
import { defineOidc } from '#server/db/schema/oidc'
import { defineRecovery } from '#server/db/schema/recovery'
import { defineSecrets } from '#server/db/schema/secrets'
import { defineSso } from '#server/db/schema/sso'
import { defineTracing } from '#server/db/schema/tracing'

export { ACCOUNT_ROLES, type AccountRole, AUTH_METHODS, type AuthMethod } from '#server/db/schema/accounts'
export type { NoticeTone, ResetPurpose } from '#server/db/schema/recovery'
export type { SignInOutcome } from '#server/db/schema/sso'
export { STATUS_CODES, type StatusCode } from '#server/db/schema/tracing'

/** Builds every table with the column kinds of one engine. */
export function defineTables(c: Palette) {
  const accounts = defineAccounts(c)
  return {
    ...accounts,
    ...defineTracing(c),
    ...defineAudit(c),
    ...defineSecrets(c, accounts),
    ...defineRecovery(c, accounts),
    ...defineLimits(c),
    ...defineSso(c, accounts),
    ...defineDirectory(c),
    ...defineOidc(c, accounts),
  }
}

export type Tables = ReturnType<typeof defineTables>
