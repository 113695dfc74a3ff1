/** What the audit log keeps of a key's life. */
import type { OwnedApiKey } from '#server/api-keys/model'
import type { AuditDetails } from '#server/audit/entry'
import type { AuditAction } from '#server/audit/model'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Queries } from '#server/db/database'

/** Records that something was done to a key; the last statement of its transaction. */
export async function recordKeyEvent(
  tx: Queries,
  ctx: RecordCtx,
  action: AuditAction,
  apiKey: OwnedApiKey,
  more: AuditDetails = {},
): Promise<void> {
  const { id, kind, name, scope, role, expiresAt, user } = apiKey
  const common = { kind, scope, role, expiresAt: expiresAt?.toISOString() ?? null, owner: `User:${user.id}` }
  await recordEvent(tx, ctx, {
    action,
    outcome: 'success',
    target: `ApiKey:${id}`,
    targetName: name,
    details: { ...common, ...more },
  })
}
