/** The last admin who can sign in keeps the provider that he or she signs in through. */
import { asc, eq } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { readStoredRows } from '#server/sso-providers/stored'
import { isAbleAdmin } from '#server/users/protection'

/**
 * Refuses to take away a provider, or its client id, while every admin who can sign in does so through it. Locks the
 * admins until the transaction ends.
 * @throws AppError conflict (409, `last_admin`)
 */
export async function refuseLastWayIn(
  tx: Queries,
  ctx: RecordCtx,
  { name, clientId }: { name: string; clientId: string },
): Promise<void> {
  if (await hasAnotherWay(tx, ctx, name, clientId)) return
  const { users } = ctx.db.t
  const admins = await ctx.db.dialect.lockRows(
    tx.select().from(users).where(eq(users.role, 'ADMIN')).orderBy(asc(users.id)),
  )
  const able = admins.filter((admin) => isAbleAdmin(ctx.config, admin))
  const left = able.filter((admin) => admin.authMethod !== 'OAUTH2' || admin.oauth2ClientId !== clientId)
  if (able.length === 0 || left.length > 0) return
  throw new AppError(
    'conflict',
    'Every admin who can sign in does so through this provider: make sure that somebody can come in another way first',
    { code: 'last_admin' },
  )
}

/** Another provider with the same client id knows the same people. */
async function hasAnotherWay(tx: Queries, ctx: RecordCtx, name: string, clientId: string): Promise<boolean> {
  if (ctx.config.oauth2.providers.some((one) => one.clientId === clientId)) return true
  const rows = await readStoredRows(ctx, tx)
  return rows.some((row) => row.enabled && row.name !== name && row.settings.clientId === clientId)
}
