/** What an admin changes about an account: name, role, password, and whether it may be used. */
import { eq } from 'drizzle-orm'
import type { AuditAction } from '#server/audit/model'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import { passwordFaults } from '#server/auth/password-policy'
import { endMailedLink } from '#server/auth/reset-tokens'
import { endedDetails, endSessions } from '#server/auth/sessions'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { clearLockout } from '#server/limits/lockout'
import { tellPasswordChanged } from '#server/mail/security-mails'
import type { Role } from '#server/permissions'
import { warmSecrets } from '#server/secrets/secrets'
import { passwordFault, readRole } from '#server/users/create'
import { findUser, type User } from '#server/users/find'
import { identityFault, throwIdentityFault } from '#server/users/identity'
import type { UserChange } from '#server/users/model'
import {
  isOwnAccount,
  type LockedAccount,
  lockAccount,
  type Refusal,
  recordingRefusals,
  throwIfRefused,
} from '#server/users/protection'

/** What is to be, as far as it was asked for. */
interface Wanted {
  username: string | null
  role: Role | null
  password: { hash: Buffer } | null
  disabled: boolean | null
  reason: string | null
}

type Columns = Partial<User>

/**
 * Changes an account, all or nothing. A new role and a new password end every session of that person; a password that
 * an admin sets must be changed at the next sign-in. A disabled account keeps its sessions and keys, and is refused.
 * @throws AppError not_found; undecodable (400: no role of a person); invalid (422: the password); forbidden (403: a
 *   built-in account); conflict (409: the name, the last admin, one's own account, no password here)
 */
export async function updateUser(ctx: RecordCtx, userId: number, change: UserChange['user']): Promise<User> {
  const wanted = await readWanted(ctx, userId, change)
  await warmSecrets(ctx.config.auth)
  const event = { action: actionOf(wanted), userId }
  try {
    const user = await recordingRefusals(ctx, event, () =>
      ctx.db.write((tx) => applyAll(tx, ctx, userId, wanted)),
    )
    if (wanted.password) tellPasswordChanged(ctx, user)
    return user
  } catch (error) {
    if (!ctx.db.dialect.isUniqueViolation(error)) throw error
    throw new AppError('conflict', 'Another account has this name', { code: 'name_taken', cause: error })
  }
}

async function readWanted(ctx: RecordCtx, userId: number, change: UserChange['user']): Promise<Wanted> {
  const { username = null, role = null, password = null, disabled = null } = change
  return {
    username,
    role: role === null ? null : readRole(role),
    password: password === null ? null : await readPassword(ctx, userId, change, password),
    disabled,
    reason: change.disabled_reason || null,
  }
}

async function readPassword(
  ctx: RecordCtx,
  userId: number,
  change: UserChange['user'],
  password: string,
): Promise<{ hash: Buffer } | null> {
  const user = await findUser(ctx.db.read, ctx.db, userId)
  // Whatever has no password to set is refused below, with the other rules.
  if (user?.authMethod !== 'LOCAL' || user.role === 'SYSTEM' || isOwnAccount(ctx, userId))
    return { hash: Buffer.alloc(0) }
  const owner = { username: change.username ?? user.username, email: user.email }
  const faults = await passwordFaults(ctx.config, password, owner)
  if (faults.length > 0) throw passwordFault(faults.join('. '))
  return { hash: await hashPassword(password, ctx.request.address) }
}

/** What the audit log calls a change that was refused as a whole. */
function actionOf({ role, password, disabled }: Wanted): AuditAction {
  if (role !== null) return 'user.changeRole'
  if (disabled !== null) return disabled ? 'user.disable' : 'user.enable'
  return password ? 'user.resetPassword' : 'user.rename'
}

async function applyAll(tx: Queries, ctx: RecordCtx, userId: number, wanted: Wanted): Promise<User> {
  const locked = await lockAccount(tx, ctx, userId)
  const { user } = locked
  throwIfRefused(refusalOf(locked, wanted))
  if (wanted.reason !== null && !(wanted.disabled ?? user.disabledAt))
    throw new AppError('invalid', 'disabled_reason goes with disabled: true')
  const renamed = wanted.username !== null && wanted.username !== user.username ? wanted.username : null
  throwIdentityFault(await identityFault(tx, ctx, { email: null, username: renamed }, user))
  const columns = columnsFor(ctx, user, wanted)
  if (Object.keys(columns).length === 0) return user
  const { users } = ctx.db.t
  const [updated] = await tx
    .update(users)
    .set({ ...columns, updatedAt: ctx.clock() })
    .where(eq(users.id, user.id))
    .returning()
  if (!updated) throw new AppError('not_found', 'User not found')
  const endsSessions = columns.role !== undefined || columns.passwordHash !== undefined
  const ended = endsSessions ? await endSessions(tx, ctx.db, user.id) : []
  if (columns.passwordHash) {
    await clearLockout(tx, ctx, user)
    await endMailedLink(tx, ctx.db, user.id)
  }
  await recordChanges(tx, ctx, user, updated, ended)
  return updated
}

function refusalOf({ user, refusals }: LockedAccount, wanted: Wanted): Refusal | null {
  if (user.role === 'SYSTEM') return refusals.delete
  if (wanted.role !== null && wanted.role !== user.role && refusals.changeRole) return refusals.changeRole
  if (wanted.disabled && refusals.disable) return refusals.disable
  return wanted.password ? refusals.resetPassword : null
}

/** The columns that differ from what is there. */
function columnsFor(ctx: RecordCtx, user: User, wanted: Wanted): Columns {
  const columns: Columns = {}
  if (wanted.username !== null && wanted.username !== user.username) columns.username = wanted.username
  if (wanted.role !== null && wanted.role !== user.role) columns.role = wanted.role
  if (wanted.password)
    Object.assign(columns, { passwordHash: wanted.password.hash, passwordSalt: null, resetPassword: true })
  if (wanted.disabled === false && user.disabledAt)
    Object.assign(columns, { disabledAt: null, disabledReason: null, disabledByDirectory: false })
  if (wanted.disabled && !user.disabledAt)
    Object.assign(columns, { disabledAt: ctx.clock(), disabledReason: wanted.reason })
  else if (wanted.reason !== null && wanted.reason !== user.disabledReason)
    columns.disabledReason = wanted.reason
  // From now on an admin says so, and the directory does not take it back.
  if (wanted.disabled && user.disabledByDirectory) columns.disabledByDirectory = false
  return columns
}

/** One entry for each thing that changed. */
async function recordChanges(
  tx: Queries,
  ctx: RecordCtx,
  before: User,
  after: User,
  ended: readonly number[],
): Promise<void> {
  const common = { outcome: 'success', target: `User:${after.id}`, targetName: after.username } as const
  const record = (action: AuditAction, details = {}) => recordEvent(tx, ctx, { ...common, action, details })
  const hasNewPassword = after.passwordHash !== null && !before.passwordHash?.equals(after.passwordHash)
  if (before.username !== after.username) await record('user.rename')
  if (before.role !== after.role)
    await record('user.changeRole', { from: before.role, to: after.role, ...endedDetails(ended) })
  if (hasNewPassword) await record('user.resetPassword', endedDetails(ended))
  const isDisabled = after.disabledAt !== null
  if (isDisabled !== (before.disabledAt !== null)) await record(isDisabled ? 'user.disable' : 'user.enable')
  else if (
    before.disabledReason !== after.disabledReason ||
    before.disabledByDirectory !== after.disabledByDirectory
  )
    await record('user.disable', { again: true })
}
