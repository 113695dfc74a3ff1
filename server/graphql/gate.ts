/** Rights, as REST judges them; a refusal is said in the words that scripts look for. */
import { AppError, isAppError } from '#server/errors'
import type { Ask } from '#server/graphql/ask'
import { refuseUnless } from '#server/http'
import { type Action, type Actor, can, type Role } from '#server/permissions'

/**
 * Throws unless the caller may do the action now.
 * @param isOwner whether it is about what belongs to the caller
 * @throws AppError unauthenticated, forbidden
 */
export function permit({ ctx }: Pick<Ask, 'ctx'>, action: Action, isOwner = false): void {
  try {
    refuseUnless(ctx, action, isOwner)
  } catch (error) {
    if (!isAppError(error) || error.code !== 'forbidden') throw error
    throw new AppError('forbidden', sentenceFor(ctx.actor, action, isOwner), { cause: error })
  }
}

const MAKES_KEY: readonly Action[] = ['userApiKey.create', 'systemApiKey.create']

function sentenceFor(actor: Actor, action: Action, isOwner: boolean): string {
  if (actor.kind === 'open') return 'This is not authorized: authentication is disabled on this server'
  if ('scope' in actor && MAKES_KEY.includes(action)) return 'API keys cannot create API keys'
  if ('scope' in actor && can({ ...actor, scope: 'full' }, action, isOwner))
    return 'This is not authorized: this API key was not made for that'
  if ('role' in actor && actor.role === 'VIEWER') return 'Viewers cannot perform this action'
  if ('role' in actor && !sessionCan(actor.role, action, isOwner)) return 'Only admin can perform this action'
  return 'This is not authorized: only a signed-in person can perform this action'
}

function sessionCan(role: Role, action: Action, isOwner: boolean): boolean {
  const session = { kind: 'session', userId: 0, accessTokenId: 0, sessionId: 0, mustReset: false } as const
  return can({ ...session, role }, action, isOwner)
}
