/** Stored secrets by name, and their values for the one kind of caller who may have them: every such read is recorded. */
import { asc, inArray } from 'drizzle-orm'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { MAX_SECRETS } from '#server/secrets/model'
import { unwrapSecret, warmSecrets } from '#server/secrets/secrets'
import { isStorable } from '#server/text'

/** A stored secret without its value. */
export interface StoredSecret {
  key: string
  updatedAt: Date
  /** Who wrote the value last; null for nobody with an account, or one that is gone. */
  userId: number | null
}

/** Names that one entry of the audit log holds; of more there are more entries. */
const MAX_NAMED = 50

/** The secrets with these names, or all, in the order of their names' UTF-16 units. */
export async function listStoredSecrets(
  { db }: Pick<RecordCtx, 'db'>,
  keys: readonly string[] | null,
): Promise<StoredSecret[]> {
  const { secrets } = db.t
  const { key, updatedAt, userId } = secrets
  const rows = await db.read
    .select({ key, updatedAt, userId })
    .from(secrets)
    .where(keys ? inArray(key, keys.filter(isStorable).slice(0, MAX_SECRETS)) : undefined)
    .orderBy(asc(key))
    .limit(MAX_SECRETS)
  // Databases have orders of their own.
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/**
 * The values of these secrets in clear, by name; null for one that no configured secret opens. The read is on record
 * before anybody gets them.
 * @param keys names of secrets; what is not there is left out
 */
export async function revealSecrets(
  ctx: RecordCtx,
  keys: readonly string[],
): Promise<Map<string, string | null>> {
  const { secrets } = ctx.db.t
  await warmSecrets(ctx.config.auth)
  const rows = await ctx.db.write(async (tx) => {
    const found = await tx
      .select({ key: secrets.key, value: secrets.value })
      .from(secrets)
      .where(inArray(secrets.key, keys.slice(0, MAX_SECRETS)))
      .orderBy(asc(secrets.key))
    const names = found.map(({ key }) => key)
    for (let at = 0; at < names.length; at += MAX_NAMED) {
      const part = names.slice(at, at + MAX_NAMED)
      await recordEvent(tx, ctx, {
        action: 'secret.reveal',
        outcome: 'success',
        ...(part.length === 1 && { target: `Secret:${part[0]}` }),
        details: { count: part.length, keys: part },
      })
    }
    return found
  })
  const values = new Map<string, string | null>()
  for (const { key, value } of rows)
    values.set(key, (await unwrapSecret(ctx.config.auth, value))?.toString('utf8') ?? null)
  return values
}
