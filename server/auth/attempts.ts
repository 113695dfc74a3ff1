/** What every sign-in with a password goes through, whether this server or a directory knows the password. */

import type { AuditDetails } from '#server/audit/entry'
import { recordFailure } from '#server/audit/flood'
import type { Ctx } from '#server/context'
import type { AuthMethod } from '#server/db/schema'
import { isAppError } from '#server/errors'
import { countAttempt } from '#server/limits/lockout'
import type { User } from '#server/users/find'

export interface Attempt {
  /** What failures are counted under. */
  name: string
  method: AuthMethod
  /** Who it was, as the audit log may keep it. */
  shown: string
}

export interface Refused {
  /** One word for machines, in the audit log alone. */
  reason: string
  /** The account that it was about. */
  user?: Pick<User, 'id' | 'username'> | null
  details?: AuditDetails
}

/**
 * Counts the attempt before anybody looks at the password; one that comes while the name is locked is put on record.
 * @returns whether the name is locked if this attempt fails
 * @throws AppError rate_limited (429, with Retry-After) while the name is locked
 */
export async function admit(ctx: Ctx, attempt: Attempt): Promise<boolean> {
  try {
    return await countAttempt(ctx, attempt.name)
  } catch (error) {
    if (isAppError(error) && error.kind === 'rate_limited')
      await noteRefusal(ctx, attempt, { reason: 'locked' })
    throw error
  }
}

/** Puts a failure on record, and the lock that it led to. */
export async function noteRefusal(
  ctx: Ctx,
  { method, shown }: Attempt,
  { reason, user, details }: Refused,
  { locks = false }: { locks?: boolean } = {},
): Promise<void> {
  const event = {
    reason,
    actorName: shown,
    ...(user && { target: `User:${user.id}`, targetName: user.username }),
    details: { method, ...details },
  }
  await recordFailure(ctx, { action: 'session.login', ...event })
  if (locks) await recordFailure(ctx, { action: 'account.lock', ...event })
}
