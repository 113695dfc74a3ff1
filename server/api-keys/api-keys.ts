/**
 * Creates, lists and deletes API keys. Who may call is the PERMISSIONS table's business; whose keys somebody may see
 * is decided here, in the query, so that another's key and a missing one look alike.
 */
import { asc, eq, lte } from 'drizzle-orm'
import type { z } from 'zod'
import { readExpiry } from '#server/api-keys/expiry'
import type { ApiKey, ApiKeyInput, ApiKeyKind, OwnedApiKey } from '#server/api-keys/model'
import { recordKeyEvent } from '#server/api-keys/record'
import { selectKeys } from '#server/api-keys/rows'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { tellSystemKeyCreated } from '#server/mail/security-mails'
import { can, type Role, type Scope } from '#server/permissions'

/** A parsed ApiKeyInput. */
export type NewApiKey = z.output<typeof ApiKeyInput>

interface KeyValues {
  userId: number
  name: string
  description: string | null
  scope: Scope
  role: Role | null
  createdBy: number
  createdAt: Date
  expiresAt: Date | null
}

/**
 * Makes a key and returns it with its text, which nobody can read again: the row keeps a hash and the last four
 * characters. A `user` key is the caller's own; a `system` key belongs to the system user and outlives its maker.
 * @throws AppError forbidden (no session, or authentication is off), invalid (422: expiry not in the future, a role
 *   for a user key)
 */
export async function createApiKey(
  ctx: Ctx,
  input: NewApiKey,
  kind: ApiKeyKind,
): Promise<{ apiKey: OwnedApiKey; text: string }> {
  const { secret } = ctx.config.auth
  const { actor } = ctx
  if (secret === null || !('userId' in actor))
    throw new AppError('forbidden', 'Not available: authentication is disabled on this server')
  if (kind === 'user' && input.role !== undefined)
    throw new AppError('invalid', 'role is for system keys: a user key has the role of its owner')
  const common = {
    name: input.name,
    description: input.description || null,
    scope: input.scope,
    createdBy: actor.userId,
    createdAt: ctx.clock(),
    expiresAt: readExpiry(input.expires_at, ctx.clock()),
  }
  const made = await ctx.db.write(async (tx) => {
    const values: KeyValues =
      kind === 'system'
        ? { ...common, userId: await systemUserId(tx, ctx), role: input.role ?? 'MEMBER' }
        : { ...common, userId: actor.userId, role: null }
    const { id, text } = await insertKey(tx, ctx, values, secret)
    const [apiKey] = await selectKeys(tx, ctx.db, kind, (t) => eq(t.apiKeys.id, id))
    if (!apiKey) throw new Error(`The new key ${id} is not of kind ${kind}`)
    await recordKeyEvent(tx, ctx, 'apiKey.create', apiKey)
    return { apiKey, text }
  })
  if (kind === 'system') tellSystemKeyCreated(ctx, { ...common, role: input.role ?? 'MEMBER' })
  return made
}

/** The text names the row, so the row is there first; both within one transaction. */
async function insertKey(
  tx: Queries,
  ctx: Ctx,
  values: KeyValues,
  secret: string,
): Promise<{ id: number; text: string }> {
  const { apiKeys } = ctx.db.t
  const [row] = await tx.insert(apiKeys).values(values).returning({ id: apiKeys.id })
  if (!row) throw new Error('The new key got no id')
  const text = signToken('ApiKey', row.id, secret)
  const printed = { tokenHash: hashToken(text), lastFour: text.slice(-4) }
  await tx.update(apiKeys).set(printed).where(eq(apiKeys.id, row.id))
  return { id: row.id, text }
}

/**
 * Deletes a key for good: its next use is refused, in every process.
 * @param kind which kind the caller named; a key of the other kind is not found
 * @throws AppError not_found: no such key, or not one that the caller may delete
 */
export async function deleteApiKey(ctx: Ctx, id: number, kind: ApiKeyKind): Promise<void> {
  await ctx.db.write(async (tx) => {
    const [apiKey] = await selectKeys(tx, ctx.db, kind, (t) => eq(t.apiKeys.id, id))
    if (!apiKey || !mayDelete(ctx, apiKey)) throw new AppError('not_found', 'API key not found')
    const { apiKeys } = ctx.db.t
    const gone = await tx.delete(apiKeys).where(eq(apiKeys.id, id)).returning({ id: apiKeys.id })
    if (gone.length === 0) throw new AppError('not_found', 'API key not found')
    await recordKeyEvent(tx, ctx, 'apiKey.delete', apiKey)
  })
}

/** Whether the caller may delete this key. */
export function mayDelete({ actor }: Pick<Ctx, 'actor'>, apiKey: OwnedApiKey): boolean {
  if (apiKey.kind === 'system') return can(actor, 'systemApiKey.delete')
  const isOwner = 'userId' in actor && actor.userId === apiKey.user.id
  return can(actor, 'userApiKey.delete', isOwner)
}

/** The caller's own keys, newest first. A system key or the admin secret owns none. */
export async function listOwnApiKeys(ctx: Ctx): Promise<ApiKey[]> {
  const { actor } = ctx
  if (actor.kind !== 'session' && actor.kind !== 'userKey') return []
  return selectKeys(ctx.db.read, ctx.db, 'user', (t) => eq(t.apiKeys.userId, actor.userId))
}

/** All system keys, newest first. */
export async function listSystemApiKeys(ctx: Ctx): Promise<ApiKey[]> {
  return selectKeys(ctx.db.read, ctx.db, 'system')
}

/**
 * A page of all people's keys, newest first.
 * @param page `from` is the row id to go on from, inclusive; null for the first page
 */
export async function listAllUserApiKeys(
  ctx: Ctx,
  page: { from: number | null; limit: number },
): Promise<{ apiKeys: OwnedApiKey[]; next: number | null }> {
  const { from, limit } = page
  const rows = await selectKeys(
    ctx.db.read,
    ctx.db,
    'user',
    (t) => (from === null ? undefined : lte(t.apiKeys.id, from)),
    limit + 1,
  )
  return { apiKeys: rows.slice(0, limit), next: rows[limit]?.id ?? null }
}

async function systemUserId(tx: Queries, ctx: Ctx): Promise<number> {
  const { users } = ctx.db.t
  const [system] = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(users.role, 'SYSTEM'))
    .orderBy(asc(users.id))
    .limit(1)
  if (!system) throw new Error('There is no system user: the built-in rows are missing')
  return system.id
}
