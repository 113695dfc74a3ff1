/** Many keys in one statement, for whoever asks for them by the dozen. */
import { count, inArray } from 'drizzle-orm'
import type { ApiKeyKind, OwnedApiKey } from '#server/api-keys/model'
import { selectKeys } from '#server/api-keys/rows'
import type { Ctx } from '#server/context'

type World = Pick<Ctx, 'db'>

/** Every key of one kind, newest first. */
export const listKeys = ({ db }: World, kind: ApiKeyKind): Promise<OwnedApiKey[]> =>
  selectKeys(db.read, db, kind)

/** The keys of one kind with these row ids, by id. */
export async function findKeys(
  { db }: World,
  kind: ApiKeyKind,
  ids: readonly number[],
): Promise<Map<number, OwnedApiKey>> {
  const rows = await selectKeys(db.read, db, kind, (t) => inArray(t.apiKeys.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

/** The keys of these people, newest first, by person. */
export async function keysOfUsers(
  { db }: World,
  userIds: readonly number[],
): Promise<Map<number, OwnedApiKey[]>> {
  const rows = await selectKeys(db.read, db, 'user', (t) => inArray(t.apiKeys.userId, [...userIds]))
  const keys = new Map<number, OwnedApiKey[]>(userIds.map((id) => [id, []]))
  for (const row of rows) keys.get(row.user.id)?.push(row)
  return keys
}

/** How many keys these accounts have, by account. */
export async function countKeysOfUsers(
  { db }: World,
  userIds: readonly number[],
): Promise<Map<number, number>> {
  const { apiKeys } = db.t
  const rows = await db.read
    .select({ userId: apiKeys.userId, n: count() })
    .from(apiKeys)
    .where(inArray(apiKeys.userId, [...userIds]))
    .groupBy(apiKeys.userId)
  return new Map(rows.map(({ userId, n }) => [userId, n]))
}
