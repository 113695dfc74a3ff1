/** One's own account. */
import { and, eq } from 'drizzle-orm'
import { recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import { passwordFaults } from '#server/auth/password-policy'
import { endMailedLink } from '#server/auth/reset-tokens'
import { endSessions } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { tellPasswordChanged } from '#server/mail/security-mails'
import { warmSecrets } from '#server/secrets/secrets'
import { isCurrentPassword } from '#server/users/current-password'
import { findUser, type User } from '#server/users/find'
import { identityFault, throwIdentityFault } from '#server/users/identity'
import type { ProfileChange } from '#server/users/model'

/** The account behind the credential, or null while authentication is off. Keys of the system and the admin secret are the system user. */
export async function getOwnProfile(ctx: Ctx): Promise<User | null> {
  if (ctx.actor.kind === 'open') return null
  return getActingUser(ctx)
}

async function getActingUser(ctx: Ctx): Promise<User> {
  const user = 'userId' in ctx.actor ? await findUser(ctx.db.read, ctx.db, ctx.actor.userId) : null
  if (!user) throw new AppError('unauthenticated', 'Invalid or missing credentials')
  return user
}

/** The account after a change, and whether that change ended every session of it. */
export interface ProfileUpdate {
  user: User
  sessionsEnded: boolean
}

/**
 * Changes one's own name, password, or both; all or nothing. A new password needs the current one, ends every session
 * in every browser and settles a due reset.
 * @throws AppError invalid (422, with the fault's place), conflict (the name is taken), rate_limited (429: the present
 *   password was wrong too often), unavailable
 */
export async function updateOwnProfile(ctx: Ctx, change: ProfileChange['user']): Promise<ProfileUpdate> {
  const user = await getActingUser(ctx)
  const username = change.username ?? user.username
  const { password } = change
  if (!ctx.config.auth.basicAuth && password) {
    throw new AppError('forbidden', 'Signing in with a password is switched off on this server', {
      code: 'no_password_here',
    })
  }
  const isNewPassword = password !== undefined && password !== null
  if (isNewPassword) await checkNewPassword(ctx, user, username, password, change.current_password)
  if (!isNewPassword && username === user.username) return { user, sessionsEnded: false }
  const passwordHash = isNewPassword ? await hashPassword(password, ctx.request.address) : null
  await warmSecrets(ctx.config.auth)
  try {
    const updated = await ctx.db.write((tx) => applyChange(tx, ctx, user, username, passwordHash))
    if (passwordHash) tellPasswordChanged(ctx, updated)
    return { user: updated, sessionsEnded: passwordHash !== null }
  } catch (error) {
    if (!ctx.db.dialect.isUniqueViolation(error)) throw error
    throw new AppError('conflict', 'Another account has this name', { code: 'name_taken', cause: error })
  }
}

async function checkNewPassword(
  ctx: Ctx,
  user: User,
  username: string,
  password: string,
  currentPassword: string | null | undefined,
): Promise<void> {
  if (user.authMethod !== 'LOCAL') {
    throw new AppError('conflict', 'This account signs in elsewhere and has no password here')
  }
  if (!currentPassword) throw fault('current_password', 'The current password is needed to change it')
  if (!(await isCurrentPassword(ctx, user, currentPassword)))
    throw fault('current_password', 'The current password is wrong')
  if (password.normalize('NFC') === currentPassword.normalize('NFC')) {
    throw fault('password', 'The new password must differ from the current one')
  }
  const faults = await passwordFaults(ctx.config, password, { username, email: user.email })
  if (faults.length > 0) throw fault('password', faults.join('. '))
}

function fault(field: 'password' | 'current_password', sentence: string): AppError {
  const faults = [{ type: 'value_error', loc: ['body', 'user', field], msg: sentence }]
  return new AppError('invalid', sentence, { faults })
}

async function applyChange(
  tx: Queries,
  ctx: Ctx,
  user: User,
  username: string,
  passwordHash: Buffer | null,
): Promise<User> {
  const { users } = ctx.db.t
  const renamed = username === user.username ? null : username
  throwIdentityFault(await identityFault(tx, ctx, { email: null, username: renamed }, user))
  const isSame = user.passwordHash ? eq(users.passwordHash, user.passwordHash) : undefined
  const [updated] = await tx
    .update(users)
    .set({
      username,
      updatedAt: ctx.clock(),
      ...(passwordHash && { passwordHash, passwordSalt: null, resetPassword: false }),
    })
    .where(and(eq(users.id, user.id), passwordHash ? isSame : undefined))
    .returning()
  if (!updated) throw new AppError('conflict', 'The account was changed meanwhile: try again')
  if (passwordHash) {
    await endSessions(tx, ctx.db, user.id)
    await endMailedLink(tx, ctx.db, user.id)
  }
  const event = { outcome: 'success', target: `User:${user.id}`, targetName: username } as const
  if (username !== user.username) {
    await recordEvent(tx, ctx, { ...event, action: 'user.rename', actorName: user.username })
  }
  if (passwordHash) await recordEvent(tx, ctx, { ...event, action: 'user.changePassword' })
  return updated
}
