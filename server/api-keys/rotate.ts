/**
 * Gives a key a new value. The row stays, with its id, name, scope and counts; for a grace the value before works beside
 * the new one, so that exporters can be moved over one by one. There is never more than one value before: rotating
 * again ends the older one at once. Deleting the row ends them all.
 */
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import { readExpiry } from '#server/api-keys/expiry'
import type { ApiKey, ApiKeyKind, OwnedApiKey, RotateInput } from '#server/api-keys/model'
import { recordKeyEvent } from '#server/api-keys/record'
import { selectKeys } from '#server/api-keys/rows'
import { isOver } from '#server/auth/authenticate'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import type { Tables } from '#server/db/schema'
import { AppError } from '#server/errors'
import { can } from '#server/permissions'

type Row = Tables['apiKeys']['$inferSelect']

/**
 * Makes a new value for a key and returns it; nobody can read it again. The value before works until the grace is over,
 * but no longer than it would have without the rotation.
 * @param kind which kind the caller named; a key of the other kind is not found
 * @throws AppError forbidden (authentication is off), not_found (no such key, or not one that the caller may rotate),
 *   invalid (422: a new expiry that is past), conflict (the key has expired; a grace for a value never seen here)
 */
export async function rotateApiKey(
  ctx: Ctx,
  id: number,
  kind: ApiKeyKind,
  input: z.output<typeof RotateInput>,
): Promise<{ apiKey: ApiKey; text: string }> {
  const { secret } = ctx.config.auth
  if (secret === null)
    throw new AppError('forbidden', 'Not available: authentication is disabled on this server')
  const now = ctx.clock()
  const newExpiry = input.expires_at === undefined ? undefined : readExpiry(input.expires_at, now)
  return ctx.db.write(async (tx) => {
    const row = await lockKey(tx, ctx, id, kind)
    const expiresAt = newExpiry === undefined ? row.expiresAt : newExpiry
    if (expiresAt && isOver(expiresAt, now))
      throw new AppError('conflict', 'This key has expired: give it a new expires_at to rotate it')
    const previousValidUntil = graceEnd(row, now, input.grace_seconds)
    const text = signToken('ApiKey', id, secret)
    await setKey(tx, ctx, id, {
      tokenHash: hashToken(text),
      lastFour: text.slice(-4),
      previousTokenHash: row.tokenHash,
      previousLastFour: row.lastFour,
      previousValidUntil,
      rotatedAt: now,
      expiresAt,
    })
    const apiKey = await readKey(tx, ctx, id, kind)
    const until = previousValidUntil?.toISOString() ?? null
    await recordKeyEvent(tx, ctx, 'apiKey.rotate', apiKey, { previousValidUntil: until })
    return { apiKey, text }
  })
}

/**
 * Ends a running grace: the value before the last rotation stops working at once, the present one goes on.
 * @throws AppError not_found: no such key, not one that the caller may rotate, or no grace is running
 */
export async function endPreviousValue(ctx: Ctx, id: number, kind: ApiKeyKind): Promise<void> {
  await ctx.db.write(async (tx) => {
    const row = await lockKey(tx, ctx, id, kind)
    const { previousValidUntil } = row
    if (!previousValidUntil || isOver(previousValidUntil, ctx.clock()))
      throw new AppError('not_found', 'Only the present value of this key works: there is no other to end')
    await setKey(tx, ctx, id, { previousValidUntil: null })
    await recordKeyEvent(tx, ctx, 'apiKey.endPrevious', await readKey(tx, ctx, id, kind))
  })
}

/** The key's row, locked until the transaction ends, if the caller may rotate it. */
async function lockKey(tx: Queries, ctx: Ctx, id: number, kind: ApiKeyKind): Promise<Row> {
  const { apiKeys } = ctx.db.t
  const [row] = await ctx.db.dialect.lockRows(tx.select().from(apiKeys).where(eq(apiKeys.id, id)))
  const [apiKey] = await selectKeys(tx, ctx.db, kind, (t) => eq(t.apiKeys.id, id))
  if (!row || !apiKey || !mayRotate(ctx, apiKey)) throw new AppError('not_found', 'API key not found')
  return row
}

/** Whether the caller may give this key a new value. */
export function mayRotate({ actor }: Pick<Ctx, 'actor'>, apiKey: OwnedApiKey): boolean {
  if (apiKey.kind === 'system') return can(actor, 'systemApiKey.rotate')
  const isOwner = 'userId' in actor && actor.userId === apiKey.user.id
  return can(actor, 'userApiKey.rotate', isOwner)
}

function graceEnd({ tokenHash, expiresAt }: Row, now: Date, graceSeconds: number): Date | null {
  if (graceSeconds === 0) return null
  if (tokenHash === null) {
    const sentence =
      'This key was brought in from another server and never used here, so its old value cannot work on. ' +
      'Rotate it with grace_seconds 0, or use it once before.'
    throw new AppError('conflict', sentence)
  }
  const end = new Date(now.getTime() + graceSeconds * 1000)
  return expiresAt && expiresAt < end ? expiresAt : end
}

async function setKey(tx: Queries, { db }: Ctx, id: number, columns: Partial<Row>): Promise<void> {
  const { apiKeys } = db.t
  await tx.update(apiKeys).set(columns).where(eq(apiKeys.id, id))
}

async function readKey(tx: Queries, { db }: Ctx, id: number, kind: ApiKeyKind): Promise<OwnedApiKey> {
  const [apiKey] = await selectKeys(tx, db, kind, (t) => eq(t.apiKeys.id, id))
  if (!apiKey) throw new AppError('not_found', 'API key not found')
  return apiKey
}
