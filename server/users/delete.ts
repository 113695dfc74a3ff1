/** Deleting accounts, for good. */
import { and, count, eq, not } from 'drizzle-orm'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { isDead } from '#server/auth/sessions'
import type { Queries } from '#server/db/database'
import { warmSecrets } from '#server/secrets/secrets'
import { blockIdentity } from '#server/users/blocked'
import { lockAccount, recordingRefusals, throwIfRefused } from '#server/users/protection'

/** What goes with an account, and what stays without its author. */
export interface Consequences {
  keys: number
  sessions: number
  systemKeysMade: number
}

/**
 * Deletes an account with its sessions and keys, which are dead at the next request in every process. What the person
 * made stays, without an author.
 * @param options `block`: neither the address nor the name may have an account again, until somebody lifts it
 * @throws AppError not_found; forbidden (403: a built-in account); conflict (409: the last admin, one's own account)
 */
export async function deleteUser(ctx: RecordCtx, userId: number, options: { block: boolean }): Promise<void> {
  await warmSecrets(ctx.config.auth)
  const event = { action: 'user.delete', userId } as const
  await recordingRefusals(ctx, event, () => ctx.db.write((tx) => remove(tx, ctx, userId, options.block)))
}

/**
 * Deletes accounts as `deleteUser` does, all or none.
 * @throws AppError as `deleteUser`, for the first account that stands against it
 */
export async function deleteUsers(ctx: RecordCtx, userIds: readonly number[]): Promise<void> {
  await warmSecrets(ctx.config.auth)
  // Whom a refusal is about is known when it comes.
  const event = { action: 'user.delete' as const, userId: 0 }
  const ids = [...new Set(userIds)].sort((a, b) => a - b)
  await recordingRefusals(ctx, event, () =>
    ctx.db.write(async (tx) => {
      for (const id of ids) {
        event.userId = id
        await remove(tx, ctx, id, false)
      }
    }),
  )
}

async function remove(tx: Queries, ctx: RecordCtx, userId: number, block: boolean): Promise<void> {
  const { user, refusals } = await lockAccount(tx, ctx, userId)
  throwIfRefused(refusals.delete)
  const { keys, sessions } = await consequencesOf(tx, ctx, userId)
  const { users } = ctx.db.t
  await tx.delete(users).where(eq(users.id, userId))
  if (block) await blockIdentity(tx, ctx, userId, user)
  await recordEvent(tx, ctx, {
    action: 'user.delete',
    outcome: 'success',
    target: `User:${userId}`,
    targetName: user.username,
    details: { role: user.role, method: user.authMethod, keys, sessions, blocked: block },
  })
}

/** What deleting this account stops or orphans at this moment. */
export async function consequencesOf(
  queries: Queries,
  { db, clock }: Pick<RecordCtx, 'db' | 'clock'>,
  userId: number,
): Promise<Consequences> {
  const { apiKeys, sessions, users } = db.t
  const [own] = await queries.select({ n: count() }).from(apiKeys).where(eq(apiKeys.userId, userId))
  const [live] = await queries
    .select({ n: count() })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), not(isDead(db, queries, clock()))))
  const [made] = await queries
    .select({ n: count() })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(and(eq(apiKeys.createdBy, userId), eq(users.role, 'SYSTEM')))
  return { keys: own?.n ?? 0, sessions: live?.n ?? 0, systemKeysMade: made?.n ?? 0 }
}
