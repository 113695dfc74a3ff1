/** Making accounts by hand: an admin in the browser, over REST, or on the command line. */
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { hashPassword } from '#server/auth/password'
import { passwordFaults } from '#server/auth/password-policy'
import { planInvitation, startInvitations } from '#server/auth/reset-invitations'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { ROLES, type Role } from '#server/permissions'
import { warmSecrets } from '#server/secrets/secrets'
import type { User } from '#server/users/find'
import { identityFault, throwIdentityFault } from '#server/users/identity'
import type { NewUser } from '#server/users/model'

type Input = NewUser['user']

/**
 * Makes an account. One that signs in with a password must change it at the first sign-in; made without a password, it
 * waits until somebody sets one.
 * @param options with `welcome` the newcomer gets a mail, while mail is on: with a link to choose a password if none is
 *   given here, else with the server's address
 * @throws AppError invalid (422: the password breaks the rules, with its place), undecodable (400: no role of a person),
 *   conflict (409: name or address taken, reserved or blocked; passwords are switched off)
 */
export async function createUser(
  ctx: RecordCtx,
  input: Input,
  { welcome = false }: { welcome?: boolean } = {},
): Promise<User> {
  const role = readRole(input.role)
  const passwordHash = await readPassword(ctx, input)
  await warmSecrets(ctx.config.auth)
  try {
    const user = await ctx.db.write(async (tx) => {
      const made = await insertUser(tx, ctx, input, role, passwordHash)
      if (welcome) await planInvitation(tx, ctx, made.id)
      return made
    })
    if (welcome) startInvitations(ctx)
    return user
  } catch (error) {
    if (!ctx.db.dialect.isUniqueViolation(error)) throw error
    throw new AppError('conflict', 'Another account has this name, address or provider identity', {
      cause: error,
    })
  }
}

/**
 * The role of a person that a word names.
 * @throws AppError undecodable (400) for SYSTEM and for words that are none
 */
export function readRole(word: string): Role {
  const role = ROLES.find((one) => one === word)
  if (role) return role
  throw new AppError('undecodable', `The role is one of ${ROLES.join(', ')}`, { code: 'invalid_role' })
}

async function readPassword(ctx: RecordCtx, input: Input): Promise<Buffer | null> {
  const { password } = input
  const isGiven = password !== undefined && password !== null
  if (input.auth_method !== 'LOCAL') {
    if (isGiven && password !== '')
      throw passwordFault('An account that signs in elsewhere has no password here')
    return null
  }
  if (!ctx.config.auth.basicAuth) {
    throw new AppError('conflict', 'Signing in with a password is switched off on this server', {
      code: 'no_password_here',
    })
  }
  if (!isGiven) return null
  const faults = await passwordFaults(ctx.config, password, input)
  if (faults.length > 0) throw passwordFault(faults.join('. '))
  return hashPassword(password, ctx.request.address)
}

/** A refusal of the password in the body's `user`, with its place (422). */
export function passwordFault(sentence: string): AppError {
  const faults = [{ type: 'value_error', loc: ['body', 'user', 'password'], msg: sentence }]
  return new AppError('invalid', sentence, { faults })
}

async function insertUser(
  tx: Queries,
  ctx: RecordCtx,
  input: Input,
  role: Role,
  passwordHash: Buffer | null,
): Promise<User> {
  throwIdentityFault(await identityFault(tx, ctx, input))
  const { users } = ctx.db.t
  const now = ctx.clock()
  const [user] = await tx
    .insert(users)
    .values({
      username: input.username,
      email: input.email,
      role,
      authMethod: input.auth_method,
      passwordHash,
      resetPassword: input.auth_method === 'LOCAL',
      ...(input.auth_method === 'OAUTH2' && {
        oauth2ClientId: input.oauth2_client_id || null,
        oauth2UserId: input.oauth2_user_id || null,
      }),
      createdAt: now,
      updatedAt: now,
    })
    .returning()
  if (!user) throw new Error('The database returned no row for a new account')
  await recordEvent(tx, ctx, {
    action: 'user.create',
    outcome: 'success',
    target: `User:${user.id}`,
    targetName: user.username,
    details: { role, method: user.authMethod },
  })
  return user
}
