/** `PATCH /v1/users/{id}`: an admin changes an account, which may be the admin's own. */
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import type { UserChange } from '#server/users/model'
import { type ProfileUpdate, updateOwnProfile } from '#server/users/profile'
import { isOwnAccount } from '#server/users/protection'
import { updateUser } from '#server/users/update'

/**
 * Changes an account as `updateUser` does. One's own password is changed as in one's profile: with the current one.
 * @throws AppError as `updateUser` and `updateOwnProfile`
 */
export async function changeUser(
  ctx: Ctx,
  userId: number,
  change: UserChange['user'],
): Promise<ProfileUpdate> {
  const hasPassword = change.password !== undefined && change.password !== null
  if (ctx.actor.kind !== 'session' || !hasPassword || !isOwnAccount(ctx, userId))
    return { user: await updateUser(ctx, userId, change), sessionsEnded: false }
  if (change.role != null || change.disabled != null || change.disabled_reason) {
    throw new AppError('conflict', 'Change your own password by itself, or together with your name only', {
      code: 'own_account',
    })
  }
  const { username, password, current_password } = change
  return updateOwnProfile(ctx, { username, password, current_password })
}
