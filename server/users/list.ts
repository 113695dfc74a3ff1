/** Lists of accounts, for REST and for pages. */
import { and, count, desc, inArray, lte, ne, not, or, type SQL } from 'drizzle-orm'
import { isDefaultAdmin } from '#server/accounts'
import type { RecordCtx } from '#server/audit/record'
import { isDead } from '#server/auth/sessions'
import { AppError } from '#server/errors'
import { encodeGlobalId } from '#server/global-id'
import type { Role } from '#server/permissions'
import { consequencesOf } from '#server/users/delete'
import { findUser, type User } from '#server/users/find'
import type { UserDeed, UserDetail, UserPage, UserSummary } from '#server/users/model'
import { countOtherAbleAdmins, isAbleAdmin, isOwnAccount, refusalsFor } from '#server/users/protection'

/** Where a page begins, by row id and inclusive (null: at the newest), and how long it is. */
export interface PageOf {
  from: number | null
  limit: number
}

/** A page of all accounts, newest first, the system account included. */
export async function listUsers(
  { db }: Pick<RecordCtx, 'db'>,
  { from, limit }: PageOf,
): Promise<{ users: User[]; next: number | null }> {
  const { users } = db.t
  const rows = await db.read
    .select()
    .from(users)
    .where(from === null ? undefined : lte(users.id, from))
    .orderBy(desc(users.id))
    .limit(limit + 1)
  return { users: rows.slice(0, limit), next: rows[limit]?.id ?? null }
}

/**
 * A page of people's accounts with what an admin asks about them, newest first.
 * @param search part of a name or an address, in any case; empty for all
 */
export async function listUserSummaries(
  ctx: RecordCtx,
  { search, from, limit }: PageOf & { search: string },
): Promise<UserPage> {
  const { db } = ctx
  const { users } = db.t
  const isMeant = and(ne(users.role, 'SYSTEM'), matching(ctx, search))
  const rows = await db.read
    .select()
    .from(users)
    .where(and(isMeant, from === null ? undefined : lte(users.id, from)))
    .orderBy(desc(users.id))
    .limit(limit + 1)
  const next = rows[limit]
  // Where the first page holds all that is found, which is most searches, the table is read but once.
  const isAll = from === null && !next
  const total = isAll ? rows.length : await db.read.$count(users, isMeant)
  return {
    users: await summarize(ctx, rows.slice(0, limit)),
    nextCursor: next ? encodeGlobalId('User', next.id) : null,
    total,
  }
}

function matching({ db }: Pick<RecordCtx, 'db'>, search: string): SQL | undefined {
  const { users } = db.t
  const text = search.trim()
  if (text === '') return undefined
  return or(db.dialect.containsText(users.username, text), db.dialect.containsText(users.email, text))
}

/**
 * One person's account with what its deletion would stop.
 * @throws AppError not_found, for the system account too
 */
export async function getUserDetail(ctx: RecordCtx, userId: number): Promise<UserDetail> {
  const user = await findUser(ctx.db.read, ctx.db, userId)
  if (!user || user.role === 'SYSTEM') throw new AppError('not_found', 'User not found')
  const [summary] = await summarize(ctx, [user])
  if (!summary) throw new AppError('not_found', 'User not found')
  return { ...summary, deletion: await consequencesOf(ctx.db.read, ctx, userId) }
}

async function summarize(ctx: RecordCtx, rows: User[]): Promise<UserSummary[]> {
  const ids = rows.map(({ id }) => id)
  const keys = await countKeys(ctx, ids)
  const sessions = await countSessions(ctx, ids)
  const ableAdmins = await countOtherAbleAdmins(ctx.db.read, ctx, 0)
  return rows.map((user) => ({
    ...columnsOf(user),
    keyCount: keys.get(user.id) ?? 0,
    sessionCount: sessions.get(user.id) ?? 0,
    isSelf: isOwnAccount(ctx, user.id),
    isDefaultAdmin: isDefaultAdmin(user),
    ...protectionOf(ctx, user, ableAdmins - (isAbleAdmin(ctx.config, user) ? 1 : 0)),
  }))
}

function columnsOf(user: User) {
  return {
    id: encodeGlobalId('User', user.id),
    username: user.username,
    email: user.email,
    // The queries leave the system account out.
    role: user.role as Role,
    authMethod: user.authMethod,
    createdAt: user.createdAt.toISOString(),
    lastSeenAt: user.lastSeenAt?.toISOString() ?? null,
    disabledAt: user.disabledAt?.toISOString() ?? null,
    disabledReason: user.disabledReason,
    mustReset: user.resetPassword,
  }
}

type Protection = Pick<UserSummary, 'may' | 'why' | 'whyNot'>

function protectionOf(ctx: RecordCtx, user: User, ableAdmins: number): Protection {
  const refusals = refusalsFor(ctx, user, { ableAdmins })
  const deeds: UserDeed[] = ['changeRole', 'delete', 'disable', 'resetPassword']
  const may = Object.fromEntries(deeds.map((deed) => [deed, refusals[deed] === null]))
  const whyNot: Protection['whyNot'] = {}
  for (const deed of deeds) {
    const refusal = refusals[deed]
    if (refusal) whyNot[deed] = refusal.sentence
  }
  const why = deeds.map((deed) => whyNot[deed]).find((sentence) => sentence !== undefined)
  return { may: may as UserSummary['may'], whyNot, ...(why !== undefined && { why }) }
}

async function countKeys({ db }: RecordCtx, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const { apiKeys } = db.t
  const rows = await db.read
    .select({ userId: apiKeys.userId, n: count() })
    .from(apiKeys)
    .where(inArray(apiKeys.userId, ids))
    .groupBy(apiKeys.userId)
  return new Map(rows.map(({ userId, n }) => [userId, n]))
}

async function countSessions({ db, clock }: RecordCtx, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const { sessions } = db.t
  const rows = await db.read
    .select({ userId: sessions.userId, n: count() })
    .from(sessions)
    .where(and(inArray(sessions.userId, ids), not(isDead(db, db.read, clock()))))
    .groupBy(sessions.userId)
  return new Map(rows.map(({ userId, n }) => [userId, n]))
}
