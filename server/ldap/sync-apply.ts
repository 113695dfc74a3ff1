/** Brings accounts in line with what the directory says: each change is a transaction of its own, and on record. */
import { and, eq, gt } from 'drizzle-orm'
import type { AuditAction } from '#server/audit/model'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { endedDetails, endSessions } from '#server/auth/sessions'
import type { Queries } from '#server/db/database'
import { isAppError } from '#server/errors'
import type { SyncPlan } from '#server/ldap/sync-decide'
import { NOT_LET_WORDS, type NotLet } from '#server/ldap/sync-model'
import { clearNotice, raiseNotice } from '#server/notices/notices'
import type { Role } from '#server/permissions'
import { warmSecrets } from '#server/secrets/secrets'
import type { User } from '#server/users/find'
import { lockAccount, type Refusal } from '#server/users/protection'

/** How a change of one account ended. */
type Done = 'changed' | 'kept' | 'not-any-more'

export interface Applied {
  disabled: number
  enabled: number
  changedRoles: number
  /** Last admins who stay what they are. */
  kept: number
}

/**
 * Does what the plan says, except to whoever has been changed, or has signed in, meanwhile.
 * @param askedAt when the directory began to be asked
 */
export async function applySync(ctx: RecordCtx, plan: SyncPlan, askedAt: Date): Promise<Applied> {
  await warmSecrets(ctx.config.auth)
  const applied: Applied = { disabled: 0, enabled: 0, changedRoles: 0, kept: 0 }
  const count = (done: Done, what: 'disabled' | 'enabled' | 'changedRoles') => {
    if (done === 'changed') applied[what] += 1
    if (done === 'kept') applied.kept += 1
  }
  // Whoever comes back as an admin may be the one without whom another could not go.
  for (const { userId, role } of plan.enable)
    count(await change(ctx, { userId, askedAt }, (tx, user) => enable(tx, ctx, user, role)), 'enabled')
  for (const { userId, role } of plan.changeRole)
    count(
      await change(ctx, { userId, askedAt }, (tx, user, refusals) =>
        changeRole(tx, ctx, user, role, refusals.changeRole),
      ),
      'changedRoles',
    )
  for (const { userId, why } of plan.disable)
    count(
      await change(ctx, { userId, askedAt }, (tx, user, refusals) =>
        disable(tx, ctx, user, why, refusals.disable),
      ),
      'disabled',
    )
  if (applied.kept === 0) await ctx.db.write((tx) => clearNotice(tx, ctx, 'ldap.last-admin'))
  return applied
}

type Refusals = Awaited<ReturnType<typeof lockAccount>>['refusals']

async function change(
  ctx: RecordCtx,
  { userId, askedAt }: { userId: number; askedAt: Date },
  work: (tx: Queries, user: User, refusals: Refusals) => Promise<Done>,
): Promise<Done> {
  try {
    return await ctx.db.write(async (tx) => {
      const { user, refusals } = await lockAccount(tx, ctx, userId)
      const isStale = user.updatedAt > askedAt || (await hasNewSession(tx, ctx, userId, askedAt))
      return user.authMethod === 'LDAP' && !isStale ? work(tx, user, refusals) : 'not-any-more'
    })
  } catch (error) {
    if (isAppError(error) && error.kind === 'not_found') return 'not-any-more'
    throw error
  }
}

/** Whoever signed in after the directory was asked brought a newer word of it. */
async function hasNewSession(tx: Queries, ctx: RecordCtx, userId: number, askedAt: Date): Promise<boolean> {
  const { sessions } = ctx.db.t
  const [newer] = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.createdAt, askedAt)))
    .limit(1)
  return newer !== undefined
}

/** Sessions and keys stay, and are refused for as long as this lasts. */
async function disable(
  tx: Queries,
  ctx: RecordCtx,
  user: User,
  why: NotLet,
  refusal: Refusal | null,
): Promise<Done> {
  if (user.disabledAt) return 'not-any-more'
  if (refusal) return keep(tx, ctx, user, 'user.disable', { because: why })
  await set(tx, ctx, user, {
    disabledAt: ctx.clock(),
    disabledReason: NOT_LET_WORDS[why],
    disabledByDirectory: true,
  })
  await record(tx, ctx, user, 'user.disable', { because: why })
  return 'changed'
}

async function enable(tx: Queries, ctx: RecordCtx, user: User, role: Role): Promise<Done> {
  if (!user.disabledAt || !user.disabledByDirectory) return 'not-any-more'
  await set(tx, ctx, user, { disabledAt: null, disabledReason: null, disabledByDirectory: false, role })
  const ended = user.role === role ? [] : await endSessions(tx, ctx.db, user.id)
  await record(tx, ctx, user, 'user.enable')
  if (user.role !== role)
    await record(tx, ctx, user, 'user.changeRole', { from: user.role, to: role, ...endedDetails(ended) })
  return 'changed'
}

/** Ends every session: what was opened with another role is over. */
async function changeRole(
  tx: Queries,
  ctx: RecordCtx,
  user: User,
  role: Role,
  refusal: Refusal | null,
): Promise<Done> {
  if (user.disabledAt || user.role === role) return 'not-any-more'
  if (refusal) return keep(tx, ctx, user, 'user.changeRole', { from: user.role, to: role })
  await set(tx, ctx, user, { role })
  const ended = await endSessions(tx, ctx.db, user.id)
  await record(tx, ctx, user, 'user.changeRole', { from: user.role, to: role, ...endedDetails(ended) })
  return 'changed'
}

async function set(tx: Queries, ctx: RecordCtx, { id }: User, columns: Partial<User>): Promise<void> {
  const { users } = ctx.db.t
  await tx
    .update(users)
    .set({ ...columns, updatedAt: ctx.clock() })
    .where(eq(users.id, id))
}

type Details = Parameters<typeof recordEvent>[2]['details']

function record(
  tx: Queries,
  ctx: RecordCtx,
  user: User,
  action: AuditAction,
  details: Details = {},
): Promise<void> {
  return recordEvent(tx, ctx, {
    action,
    outcome: 'success',
    target: `User:${user.id}`,
    targetName: user.username,
    details: { method: 'LDAP', ...details },
  })
}

/** The last admin stays: said once on record, and above the pages until it is settled. */
async function keep(
  tx: Queries,
  ctx: RecordCtx,
  user: User,
  action: AuditAction,
  details: Details,
): Promise<Done> {
  const { adminNotices } = ctx.db.t
  const [told] = await tx.select().from(adminNotices).where(eq(adminNotices.id, 'ldap.last-admin'))
  await raiseNotice(tx, ctx, {
    id: 'ldap.last-admin',
    tone: 'warn',
    sentence:
      'The directory would take the last admin who can sign in away, and that is not done. Make somebody else an admin, ' +
      'or put the person back into the group of admins.',
  })
  if (!told)
    await recordEvent(tx, ctx, {
      action,
      outcome: 'failure',
      reason: 'last-admin',
      target: `User:${user.id}`,
      targetName: user.username,
      details: { method: 'LDAP', ...details },
    })
  return 'kept'
}
