/** What the log says of sign-ins that an authority outside vouches for. */
import { recordFailure } from '#server/audit/flood'
import { recordEvent } from '#server/audit/record'
import { endedDetails, type Session } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { clearNotice, raiseNotice } from '#server/notices/notices'
import type { User } from '#server/users/find'
import type { OutsideRefusal, Vouched } from '#server/users/outside-model'

const about = (user: User) =>
  ({
    outcome: 'success',
    target: `User:${user.id}`,
    targetName: user.username,
    actorUserId: user.id,
    actorName: user.username,
  }) as const

/** The last admin is told of, in the log, on record and above the pages, until a sign-in settles it. */
export async function noteRole(
  tx: Queries,
  ctx: Ctx,
  vouched: Vouched,
  { user, keptRole }: { user: User; keptRole: boolean },
): Promise<void> {
  if (!keptRole) return clearNotice(tx, ctx, 'role.kept')
  ctx.log.warn(
    { userId: user.id, wanted: vouched.role },
    'the last admin who can sign in keeps the role, whatever the identity provider or directory says',
  )
  await raiseNotice(tx, ctx, {
    id: 'role.kept',
    tone: 'warn',
    sentence:
      'The last admin who can sign in kept the role although the identity provider or directory now names a lower one. ' +
      'Make somebody else an admin, or mend the role there.',
  })
  await recordEvent(tx, ctx, {
    ...about(user),
    action: 'user.changeRole',
    outcome: 'failure',
    reason: 'last-admin',
    details: { from: user.role, to: vouched.role ?? user.role, method: vouched.method, ...vouched.details },
  })
}

/** One entry for each thing that changed about an account that was there. */
export async function recordChanges(
  tx: Queries,
  ctx: Ctx,
  { method, details }: Vouched,
  { before, user, ended }: { before: User; user: User; ended: readonly number[] },
): Promise<void> {
  const common = about(user)
  if (before.role !== user.role) {
    const facts = { from: before.role, to: user.role, method, ...details, ...endedDetails(ended) }
    await recordEvent(tx, ctx, { ...common, action: 'user.changeRole', details: facts })
  }
  if (before.disabledAt !== null && user.disabledAt === null)
    await recordEvent(tx, ctx, { ...common, action: 'user.enable', details: { method, ...details } })
  if (before.email !== user.email)
    await recordEvent(tx, ctx, { ...common, action: 'user.changeEmail', details: { method, ...details } })
  if (isTiedAnew(before, user))
    await recordEvent(tx, ctx, { ...common, action: 'identity.link', details: { method, ...details } })
}

/** An account made at a first sign-in. */
export async function recordNewcomer(
  tx: Queries,
  ctx: Ctx,
  { method, details }: Vouched,
  user: User,
): Promise<void> {
  const facts = { role: user.role, method, ...details }
  await recordEvent(tx, ctx, { ...about(user), action: 'user.create', details: facts })
}

const isTiedAnew = (before: User, user: User) =>
  before.oauth2ClientId !== user.oauth2ClientId ||
  before.oauth2UserId !== user.oauth2UserId ||
  before.ldapUniqueId !== user.ldapUniqueId

/** The session that somebody got. */
export async function recordSignIn(
  tx: Queries,
  ctx: Ctx,
  { method, details }: Vouched,
  user: User,
  session: Session,
): Promise<void> {
  await recordEvent(tx, ctx, {
    ...about(user),
    action: 'session.login',
    credential: `AccessToken:${session.accessTokenId}`,
    details: { method, session: `Session:${session.sessionId}`, ...details },
  })
}

/** Somebody whom the authority let in and this server did not. */
export function recordRefusal(
  ctx: Ctx,
  { method, details, shown }: Vouched,
  { refused, userId }: { refused: OutsideRefusal; userId: number | null },
): Promise<void> {
  return recordFailure(ctx, {
    action: 'session.login',
    reason: refused,
    ...(shown !== undefined && { actorName: shown }),
    ...(userId !== null && { target: `User:${userId}` }),
    details: { method, ...details },
  })
}
