/** The last admin who can sign in keeps the provider that he or she signs in through. */
import { asc, eq, inArray } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { readStoredRows } from '#server/sso-providers/stored'
import type { User } from '#server/users/find'
import { isAbleAdmin } from '#server/users/protection'

/** What of a provider says whom it knows. */
interface Door {
  name: string
  clientId: string
  discoveryUrl: string
}

/**
 * Refuses to take away a provider, or its client id or address, while every admin who can sign in does so through it.
 * Locks the admins until the transaction ends.
 * @throws AppError conflict (409, `last_admin`)
 */
export async function refuseLastWayIn(tx: Queries, ctx: RecordCtx, gone: Door): Promise<void> {
  const { users } = ctx.db.t
  const admins = await ctx.db.dialect.lockRows(
    tx.select().from(users).where(eq(users.role, 'ADMIN')).orderBy(asc(users.id)),
  )
  const linkedTo = await linksOf(tx, ctx, admins)
  const left = await otherDoors(tx, ctx, gone)
  const comesInBy = (doors: readonly Door[]) => (admin: User) =>
    admin.authMethod === 'OAUTH2'
      ? admin.disabledAt === null && doors.some((door) => opens(door, admin, linkedTo.get(admin.id), gone))
      : isAbleAdmin(ctx.config, admin)
  if (admins.some(comesInBy(left)) || !admins.some(comesInBy([...left, gone]))) return
  throw new AppError(
    'conflict',
    'Every admin who can sign in does so through this provider: make sure that somebody can come in another way first',
    { code: 'last_admin' },
  )
}

/**
 * Whether somebody comes in by a door. A client id alone does not say so, since two providers may have given the same
 * one: the account is tied to the provider that it was linked through, or to another at the same address.
 */
function opens(door: Door, admin: User, linkedTo: string | undefined, gone: Door): boolean {
  if (door.clientId !== admin.oauth2ClientId) return false
  if (linkedTo === undefined || linkedTo === door.name) return true
  return linkedTo === gone.name && door.discoveryUrl === gone.discoveryUrl
}

/** The name of the provider that each account was linked through; none for those who have never signed in. */
async function linksOf(
  tx: Queries,
  { db }: RecordCtx,
  admins: readonly User[],
): Promise<Map<number, string>> {
  const { linkedAccounts: t } = db.t
  const ids = admins.map(({ id }) => id)
  const rows = await tx
    .select({ userId: t.userId, name: t.providerName })
    .from(t)
    .where(inArray(t.userId, ids))
  return new Map(rows.map(({ userId, name }) => [userId, name]))
}

async function otherDoors(tx: Queries, ctx: RecordCtx, gone: Door): Promise<Door[]> {
  const rows = (await readStoredRows(ctx, tx)).filter(({ name, enabled }) => enabled && name !== gone.name)
  const stored = rows.map(({ name, settings }) => ({ name, ...settings }))
  return [...ctx.config.oauth2.providers.filter(({ name }) => name !== gone.name), ...stored]
}
