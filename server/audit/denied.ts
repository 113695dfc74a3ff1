/**
 * Puts on record that somebody was refused what the credential he showed gives no right to. A script in a loop, or an
 * exporter with a key that was made for reading, is refused at any rate: the first of a credential and right in an hour is
 * an entry, the others are a number in one more, and a refusal that is only counted costs the database nothing.
 */
import { recordInBackground } from '#server/audit/background'
import type { RecordCtx } from '#server/audit/record'
import { type Action, type Actor, can } from '#server/permissions'

const ONCE_AN_HOUR = { by: 'actor', singles: 1, windowMs: 3_600_000 } as const

/** As REASON_WORDS has them. */
type DeniedReason = 'scope' | 'insufficient-role' | 'wrong-credential' | 'must-reset'

/** Notes a refusal, in the background. Who showed no good credential is nobody, and recorded elsewhere. */
export function noteDenied(ctx: RecordCtx & { actor: Actor }, right: Action, isOwner = false): void {
  const { actor } = ctx
  if (actor.kind === 'anonymous' || actor.kind === 'open' || actor.kind === 'warmUp') return
  const event = {
    action: 'permission.refuse' as const,
    reason: reasonOf(actor, right, isOwner),
    target: `Permission:${right}`,
  }
  recordInBackground(ctx, event, ONCE_AN_HOUR)
}

function reasonOf(actor: Actor, right: Action, isOwner: boolean): DeniedReason {
  // Whoever may do it all the same was held up for the password.
  if (can(actor, right, isOwner)) return 'must-reset'
  if ('scope' in actor && can({ ...actor, scope: 'full' }, right, isOwner)) return 'scope'
  if ('scope' in actor && can({ ...actor, scope: 'full', role: 'ADMIN' }, right, isOwner))
    return 'insufficient-role'
  if (actor.kind === 'session' && can({ ...actor, role: 'ADMIN' }, right, isOwner)) return 'insufficient-role'
  return 'wrong-credential'
}
