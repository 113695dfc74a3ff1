/** Keys for the pages: a page of a search, and how one key is used. */
import { and, asc, eq, gte, lte, or, type SQL, type SQLWrapper } from 'drizzle-orm'
import { mayDelete } from '#server/api-keys/api-keys'
import { expiryOf } from '#server/api-keys/expiry-model'
import type { ApiKeyKind, KeyList, KeyPage, KeySummary, KeyUsage, OwnedApiKey } from '#server/api-keys/model'
import { mayRotate } from '#server/api-keys/rotate'
import { countKeys, type KeyCondition, selectKeys } from '#server/api-keys/rows'
import { keyIdType } from '#server/api-keys/wire'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { encodeGlobalId } from '#server/global-id'
import { refuseUnless } from '#server/http'
import { type Action, can } from '#server/permissions'

export interface KeyQuery {
  list: KeyList
  /** Part of a key's name or description, its last four characters, or part of its owner's name or address. */
  search: string
  /** Row id of the one person whose keys are wanted. */
  ownerId: number | null
  /** Row id to go on from, inclusive; null for the first page. */
  from: number | null
  limit: number
}

const NEEDED: Record<KeyList, Action> = {
  own: 'userApiKey.listOwn',
  user: 'userApiKey.listAll',
  system: 'systemApiKey.list',
}

/**
 * A page of keys, newest first, with the number of all that were found.
 * @throws AppError forbidden: a list that the caller may not see
 */
export async function listKeyPage(ctx: Ctx, query: KeyQuery): Promise<KeyPage> {
  refuseUnless(ctx, NEEDED[query.list])
  const { actor } = ctx
  // A system key or the admin secret owns none.
  if (query.list === 'own' && actor.kind !== 'session' && actor.kind !== 'userKey')
    return { keys: [], nextCursor: null, total: 0 }
  const kind: ApiKeyKind = query.list === 'system' ? 'system' : 'user'
  const ownerId = query.list === 'own' && 'userId' in actor ? actor.userId : query.ownerId
  const found: KeyCondition = (t) => and(isOwnedBy(t, ownerId), matches(ctx, t, query))
  const { from, limit } = query
  const onPage: KeyCondition = (t) => and(found(t), from === null ? undefined : lte(t.apiKeys.id, from))
  const rows = await selectKeys(ctx.db.read, ctx.db, kind, onPage, limit + 1)
  const next = rows[limit]
  // Where the first page holds all that is found, which is most searches, the table is read but once.
  const isAll = from === null && !next
  return {
    keys: rows.slice(0, limit).map((row) => summarize(ctx, row)),
    nextCursor: next ? encodeGlobalId(keyIdType(kind), next.id) : null,
    total: isAll ? rows.length : await countKeys(ctx.db, kind, found),
  }
}

type Joined = Parameters<KeyCondition>[0]

const isOwnedBy = (t: Joined, ownerId: number | null): SQL | undefined =>
  ownerId === null ? undefined : eq(t.apiKeys.userId, ownerId)

function matches({ db: { dialect } }: Ctx, t: Joined, { list, search }: KeyQuery): SQL | undefined {
  const needle = search.trim()
  if (needle === '') return undefined
  const { apiKeys, owner } = t
  const fields: SQLWrapper[] = [apiKeys.name, apiKeys.description]
  // Everybody's list is for admins alone, who see addresses.
  if (list === 'user') fields.push(owner.username, owner.email)
  const hits = fields.map((field) => dialect.containsText(field, needle))
  return or(...hits, eq(apiKeys.lastFour, needle))
}

function summarize(ctx: Ctx, apiKey: OwnedApiKey): KeySummary {
  const now = ctx.clock()
  const { previousValidUntil, createdBy } = apiKey
  const inGrace = previousValidUntil !== null && previousValidUntil > now
  return {
    id: encodeGlobalId(keyIdType(apiKey.kind), apiKey.id),
    kind: apiKey.kind,
    name: apiKey.name,
    description: apiKey.description,
    lastFour: apiKey.lastFour,
    scope: apiKey.scope,
    role: apiKey.role,
    owner: ownerOf(ctx, apiKey),
    createdBy: createdBy && { id: encodeGlobalId('User', createdBy.id), username: createdBy.username },
    createdAt: apiKey.createdAt.toISOString(),
    expiresAt: iso(apiKey.expiresAt),
    expiry: expiryOf(apiKey.expiresAt?.getTime() ?? null, now.getTime()),
    lastUsedAt: iso(apiKey.lastUsedAt),
    lastUsedAddress: apiKey.lastUsedAddress,
    previousValidUntil: inGrace ? iso(previousValidUntil) : null,
    previousLastFour: inGrace ? apiKey.previousLastFour : null,
    rotatedAt: iso(apiKey.rotatedAt),
    may: { rotate: mayRotate(ctx, apiKey), delete: mayDelete(ctx, apiKey) },
  }
}

const iso = (time: Date | null) => time?.toISOString() ?? null

function ownerOf({ actor }: Ctx, { kind, user }: OwnedApiKey): KeySummary['owner'] {
  if (kind === 'system') return null
  const owner = { id: encodeGlobalId('User', user.id), username: user.username }
  return can(actor, 'user.list') ? { ...owner, email: user.email } : owner
}

const DAYS = 30
const DAY_MS = 86_400_000

/**
 * How a key was used in the last 30 days, by days in UTC: what deleting it would stop.
 * @throws AppError not_found: no such key, or not one that the caller may see
 */
export async function getKeyUsage(ctx: Ctx, id: number, kind: ApiKeyKind): Promise<KeyUsage> {
  const [apiKey] = await selectKeys(ctx.db.read, ctx.db, kind, (t) => eq(t.apiKeys.id, id))
  if (!apiKey || !maySee(ctx, apiKey)) throw new AppError('not_found', 'API key not found')
  const { apiKeyUsage } = ctx.db.t
  const today = Math.floor(ctx.clock().getTime() / DAY_MS)
  const first = today - DAYS + 1
  const rows = await ctx.db.read
    .select({ day: apiKeyUsage.day, count: apiKeyUsage.count })
    .from(apiKeyUsage)
    .where(and(eq(apiKeyUsage.keyId, id), gte(apiKeyUsage.day, first), lte(apiKeyUsage.day, today)))
    .orderBy(asc(apiKeyUsage.day))
  const counts = new Map(rows.map(({ day, count }) => [day, count]))
  const days = Array.from({ length: DAYS }, (_, at) => ({
    day: new Date((first + at) * DAY_MS).toISOString().slice(0, 10),
    count: counts.get(first + at) ?? 0,
  }))
  const sum = (some: { count: number }[]) => some.reduce((total, { count }) => total + count, 0)
  return {
    days,
    total: sum(days),
    lastSevenDays: sum(days.slice(-7)),
    lastUsedAt: iso(apiKey.lastUsedAt),
    lastUsedAddress: apiKey.lastUsedAddress,
  }
}

function maySee({ actor }: Ctx, { kind, user }: OwnedApiKey): boolean {
  if (kind === 'system') return can(actor, 'systemApiKey.list')
  const isOwner = 'userId' in actor && actor.userId === user.id
  return (isOwner && can(actor, 'userApiKey.listOwn')) || can(actor, 'userApiKey.listAll')
}
