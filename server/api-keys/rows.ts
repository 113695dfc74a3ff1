/** Reads API keys with their owner and creator. The owner's role, as it is now, decides the kind of a key. */
import { and, count, desc, eq, ne, type SQL } from 'drizzle-orm'
import type { ApiKeyKind, OwnedApiKey } from '#server/api-keys/model'
import type { Database, Queries } from '#server/db/database'
import type { AccountRole, Tables } from '#server/db/schema'
import type { Role } from '#server/permissions'

/** A condition on keys; `owner` is the joined user. */
export type KeyCondition = (t: { apiKeys: Tables['apiKeys']; owner: Tables['users'] }) => SQL | undefined

/** Keys of one kind that meet the condition, newest first. */
export async function selectKeys(
  queries: Queries,
  db: Pick<Database, 't'>,
  kind: ApiKeyKind,
  condition: KeyCondition = () => undefined,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<OwnedApiKey[]> {
  const { apiKeys, users: owner } = db.t
  const creator = queries.select({ id: owner.id, username: owner.username }).from(owner).as('creator')
  const rows = await queries
    .select({
      key: apiKeys,
      owner: { id: owner.id, username: owner.username, email: owner.email, role: owner.role },
      creator: { id: creator.id, username: creator.username },
    })
    .from(apiKeys)
    .innerJoin(owner, eq(owner.id, apiKeys.userId))
    .leftJoin(creator, eq(creator.id, apiKeys.createdBy))
    .where(and(isOfKind(owner, kind), condition({ apiKeys, owner })))
    .orderBy(desc(apiKeys.id))
    .limit(limit)
  return rows.map((row) => ({
    id: row.key.id,
    kind,
    name: row.key.name,
    description: row.key.description,
    lastFour: row.key.lastFour,
    scope: row.key.scope,
    role: roleOf(row.key.role, row.owner.role),
    createdAt: row.key.createdAt,
    expiresAt: row.key.expiresAt,
    lastUsedAt: row.key.lastUsedAt,
    lastUsedAddress: row.key.lastUsedAddress,
    previousValidUntil: row.key.previousValidUntil,
    previousLastFour: row.key.previousLastFour,
    rotatedAt: row.key.rotatedAt,
    createdBy: row.creator,
    user: { id: row.owner.id, username: row.owner.username, email: row.owner.email },
  }))
}

/** How many keys of one kind meet the condition. */
export async function countKeys(
  { read, t }: Pick<Database, 'read' | 't'>,
  kind: ApiKeyKind,
  condition: KeyCondition,
): Promise<number> {
  const { apiKeys, users: owner } = t
  const [row] = await read
    .select({ total: count() })
    .from(apiKeys)
    .innerJoin(owner, eq(owner.id, apiKeys.userId))
    .where(and(isOfKind(owner, kind), condition({ apiKeys, owner })))
  return row?.total ?? 0
}

const isOfKind = (owner: Tables['users'], kind: ApiKeyKind): SQL =>
  kind === 'system' ? eq(owner.role, 'SYSTEM') : ne(owner.role, 'SYSTEM')

function roleOf(keyRole: Role | null, ownerRole: AccountRole): Role {
  return ownerRole === 'SYSTEM' ? (keyRole ?? 'MEMBER') : ownerRole
}
