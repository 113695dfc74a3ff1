/**
 * What may not be done to an account, whoever asks: the default admin keeps its role, nobody shuts the door behind
 * themselves, and somebody who can sign in stays an admin. The one place of these rules: routes, the command line and
 * whatever takes roles from elsewhere all come here.
 */
import { and, asc, eq, ne, or } from 'drizzle-orm'
import { isDefaultAdmin } from '#server/accounts'
import type { AuditAction } from '#server/audit/model'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Config } from '#server/config/model'
import type { Queries } from '#server/db/database'
import type { AuthMethod } from '#server/db/schema'
import { AppError, type ErrorKind, isAppError } from '#server/errors'
import type { User } from '#server/users/find'
import type { UserDeed } from '#server/users/model'

/** The ways of signing in that are open now. */
export function enabledMethods({ auth, oauth2, ldap }: Config): AuthMethod[] {
  return [
    ...(auth.basicAuth ? ['LOCAL' as const] : []),
    ...(oauth2.providers.length > 0 ? ['OAUTH2' as const] : []),
    ...(ldap ? ['LDAP' as const] : []),
  ]
}

/** Whether this account is an admin who could sign in at this moment. */
export function isAbleAdmin(config: Config, user: User): boolean {
  const { role, disabledAt, authMethod, passwordHash } = user
  const canSignIn =
    enabledMethods(config).includes(authMethod) && (authMethod !== 'LOCAL' || passwordHash !== null)
  const isKnownThere = authMethod !== 'OAUTH2' || hasProvider(config, user)
  return role === 'ADMIN' && disabledAt === null && canSignIn && isKnownThere
}

/** Whether a provider of the environment would let the account in: its own, or one that lets it be claimed by its address. */
function hasProvider({ oauth2 }: Config, { oauth2ClientId, oauth2UserId }: User): boolean {
  return oauth2.providers.some(
    ({ clientId, allowSignUp }) => !allowSignUp || (oauth2UserId !== null && clientId === oauth2ClientId),
  )
}

/** Why something is not done, and the `x-error-code` that says so to machines. */
export interface Refusal {
  kind: ErrorKind
  code: 'built_in' | 'own_account' | 'last_admin' | 'no_password_here'
  sentence: string
}

const SYSTEM: Refusal = {
  kind: 'forbidden',
  code: 'built_in',
  sentence: 'This account belongs to the server and cannot be changed',
}
const DEFAULT_ADMIN: Refusal = {
  kind: 'forbidden',
  code: 'built_in',
  sentence: 'The default admin keeps its role and cannot be deleted',
}
const OWN_ACCOUNT: Refusal = {
  kind: 'conflict',
  code: 'own_account',
  sentence: 'You cannot change your own role, or disable or delete your own account: ask another admin',
}
const LAST_ADMIN: Refusal = {
  kind: 'conflict',
  code: 'last_admin',
  sentence: 'This is the last admin who can sign in: make somebody else an admin first',
}

/** What is refused for an account, by deed; null where nothing stands against it. */
export function refusalsFor(
  ctx: Pick<RecordCtx, 'config' | 'actor'>,
  user: User,
  others: { ableAdmins: number },
): Record<UserDeed, Refusal | null> {
  if (user.role === 'SYSTEM')
    return { changeRole: SYSTEM, resetPassword: SYSTEM, disable: SYSTEM, delete: SYSTEM }
  const own = isOwnAccount(ctx, user.id) ? OWN_ACCOUNT : null
  const last = isAbleAdmin(ctx.config, user) && others.ableAdmins === 0 ? LAST_ADMIN : null
  const builtIn = isDefaultAdmin(user) ? DEFAULT_ADMIN : null
  return {
    changeRole: builtIn ?? own ?? last,
    delete: builtIn ?? own ?? last,
    // Once there are other admins it is good practice to close the well-known account.
    disable: own ?? last,
    resetPassword: ownPassword(own) ?? noPassword(ctx.config, user),
  }
}

/** Whether the account is that of the person who asks, by a session or by a key. */
export function isOwnAccount({ actor }: Pick<RecordCtx, 'actor'>, userId: number): boolean {
  return (actor.kind === 'session' || actor.kind === 'userKey') && actor.userId === userId
}

function ownPassword(own: Refusal | null): Refusal | null {
  if (!own) return null
  return { ...own, sentence: 'Your own password is changed with the current one, in your profile' }
}

function noPassword(config: Config, { authMethod }: User): Refusal | null {
  const refusal = { kind: 'conflict', code: 'no_password_here' } as const
  if (authMethod !== 'LOCAL')
    return { ...refusal, sentence: 'This account signs in elsewhere and has no password here' }
  if (!config.auth.basicAuth)
    return { ...refusal, sentence: 'Signing in with a password is switched off on this server' }
  return null
}

/** An account locked for a change, with everybody whom the rules look at. */
export interface LockedAccount {
  user: User
  refusals: Record<UserDeed, Refusal | null>
}

/**
 * Locks the account, the person who asks and every admin until the transaction ends, in the order of their ids, so that
 * of two who are about to remove each other the second one sees what the first has done.
 * @throws AppError not_found; unauthenticated or forbidden when whoever asks is no admin any more
 */
export async function lockAccount(tx: Queries, ctx: RecordCtx, userId: number): Promise<LockedAccount> {
  const { users } = ctx.db.t
  const { actor } = ctx
  const askerId = actor.kind === 'session' || actor.kind === 'userKey' ? actor.userId : null
  const query = tx
    .select()
    .from(users)
    .where(
      or(eq(users.id, userId), eq(users.role, 'ADMIN'), askerId === null ? undefined : eq(users.id, askerId)),
    )
  const rows = await ctx.db.dialect.lockRows(query.orderBy(asc(users.id)))
  if (askerId !== null) refuseFormerAdmin(rows.find(({ id }) => id === askerId))
  const user = rows.find(({ id }) => id === userId)
  if (!user) throw new AppError('not_found', 'User not found')
  const others = rows.filter((row) => row.id !== userId && isAbleAdmin(ctx.config, row))
  return { user, refusals: refusalsFor(ctx, user, { ableAdmins: others.length }) }
}

/** Between the check of the credential and this moment somebody may have removed, disabled or demoted whoever asks. */
function refuseFormerAdmin(asker: User | undefined): void {
  if (!asker || asker.disabledAt) throw new AppError('unauthenticated', 'Invalid or missing credentials')
  if (asker.role !== 'ADMIN') throw new AppError('forbidden', 'You do not have permission to do this')
}

/** How many admins besides this one could sign in now. */
export async function countOtherAbleAdmins(
  queries: Queries,
  { db, config }: Pick<RecordCtx, 'db' | 'config'>,
  userId: number,
): Promise<number> {
  const { users } = db.t
  const admins = await queries
    .select()
    .from(users)
    .where(and(eq(users.role, 'ADMIN'), ne(users.id, userId)))
  return admins.filter((admin) => isAbleAdmin(config, admin)).length
}

/** @throws AppError as the refusal says; nothing without one */
export function throwIfRefused(refusal: Refusal | null): void {
  if (refusal) throw new AppError(refusal.kind, refusal.sentence, { code: refusal.code })
}

const RECORDED = new Set<string>(['built_in', 'own_account', 'last_admin'])

/** Runs a change of an account, and puts on record when it is one that these rules forbid. */
export async function recordingRefusals<T>(
  ctx: RecordCtx,
  event: { action: AuditAction; userId: number },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isAppError(error) && RECORDED.has(error.code)) {
      const { action, userId } = event
      const reason = error.code.replaceAll('_', '-')
      const failure = { action, outcome: 'failure', reason, target: `User:${userId}` } as const
      await ctx.db.write((tx) => recordEvent(tx, ctx, failure))
    }
    throw error
  }
}
