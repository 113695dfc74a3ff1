/** Asking for the present password before it is changed: as hard to guess as at the sign-in. */
import { recordFailure } from '#server/audit/flood'
import { verifyPassword } from '#server/auth/password'
import type { Ctx } from '#server/context'
import { isAppError } from '#server/errors'
import { clearName, countAttempt, oneByOne, takeBack } from '#server/limits/lockout'
import type { User } from '#server/users/find'

/** Why a present password was not good, for the audit log alone. */
type Refusal = 'wrong-password' | 'locked' | 'busy'

/**
 * Whether this is the present password of one's own account. Attempts count as those of signing in do, and together with
 * them: whoever has got hold of a session must not be able to find the password out.
 * @throws AppError rate_limited (429, with Retry-After) while the name is locked; unavailable: too many passwords are
 *   being checked
 */
export function isCurrentPassword(ctx: Ctx, user: User, password: string): Promise<boolean> {
  const name = nameOf(user)
  return oneByOne(ctx, name, async () => {
    const locksIfWrong = await admit(ctx, user, name)
    if (await check(ctx, user, name, password)) {
      await ctx.db.write((tx) => clearName(tx, ctx, name))
      return true
    }
    await note(ctx, user, 'wrong-password')
    if (locksIfWrong) await note(ctx, user, 'wrong-password', 'account.lock')
    return false
  })
}

/** Who has no address cannot sign in by it, and is counted all the same. */
const nameOf = (user: User) => user.email ?? `User:${user.id}`

async function admit(ctx: Ctx, user: User, name: string): Promise<boolean> {
  try {
    return await countAttempt(ctx, name)
  } catch (error) {
    if (isAppError(error) && error.kind === 'rate_limited') await note(ctx, user, 'locked')
    throw error
  }
}

/** @throws AppError unavailable: nobody looked at the password, so the attempt does not count */
async function check(ctx: Ctx, user: User, name: string, password: string): Promise<boolean> {
  try {
    return (await verifyPassword(password, user, ctx.request.address)).good
  } catch (error) {
    await takeBack(ctx, name)
    if (isAppError(error) && error.kind === 'unavailable') await note(ctx, user, 'busy')
    throw error
  }
}

function note(
  ctx: Ctx,
  user: User,
  reason: Refusal,
  action: 'user.changePassword' | 'account.lock' = 'user.changePassword',
): Promise<void> {
  return recordFailure(ctx, { action, reason, target: `User:${user.id}`, targetName: user.username })
}
