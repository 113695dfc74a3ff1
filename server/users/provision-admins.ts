/** PHOENIX_ADMINS: accounts that are there when the server has started, with authentication on or off. */
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { planInvitation } from '#server/auth/reset-invitations'
import type { Config } from '#server/config/model'
import type { Queries } from '#server/db/database'
import type { AuthMethod } from '#server/db/schema'
import { isAppError } from '#server/errors'
import { type IdentityFault, identityFault } from '#server/users/identity'
import { enabledMethods } from '#server/users/protection'

type Admin = Config['auth']['admins'][number]

/**
 * Makes the accounts that are missing, as admins. Whoever has an account already keeps it as it is. They have no
 * password: it is set with the link of their welcome mail, by `bennu users reset-password` or by another admin, or they
 * sign in elsewhere. The mail is only planned here: the web process sends it.
 */
export async function provisionAdmins(tx: Queries, world: RecordCtx): Promise<void> {
  let made = 0
  for (const admin of world.config.auth.admins) {
    const fault = await faultOf(tx, world, admin)
    if (fault) warnAbout(world, admin, fault)
    else if (await makeAdmin(tx, world, admin)) made += 1
  }
  if (made > 0) world.log.info({ made }, `made ${made} of the accounts in PHOENIX_ADMINS`)
}

/** How the accounts sign in. */
export function provisionedMethod(config: Config): AuthMethod {
  const [first = 'OAUTH2'] = enabledMethods(config)
  return first
}

type Fault = IdentityFault | 'blocked_list_closed'

async function faultOf(tx: Queries, world: RecordCtx, admin: Admin): Promise<Fault | null> {
  try {
    return await identityFault(tx, world, admin)
  } catch (error) {
    if (isAppError(error) && error.code === 'blocked_list_closed') return 'blocked_list_closed'
    throw error
  }
}

/** Accounts that are there already are the rule at every start but the first, and no news. */
function warnAbout(world: RecordCtx, admin: Admin, fault: Fault): void {
  if (fault === 'name_taken' || fault === 'email_taken') return
  const index = world.config.auth.admins.indexOf(admin) + 1
  const reason =
    fault === 'blocked_list_closed'
      ? 'nobody can say whether it is blocked'
      : 'its address or name was blocked when an account was deleted: lift that first'
  world.log.warn(
    { entry: index, reason: fault },
    `entry ${index} of PHOENIX_ADMINS gets no account: ${reason}`,
  )
}

async function makeAdmin(tx: Queries, world: RecordCtx, admin: Admin): Promise<boolean> {
  const { users } = world.db.t
  const authMethod = provisionedMethod(world.config)
  const now = world.clock()
  const [user] = await tx
    .insert(users)
    .values({
      ...admin,
      role: 'ADMIN',
      authMethod,
      resetPassword: authMethod === 'LOCAL',
      createdAt: now,
      updatedAt: now,
    })
    // Another server may be making it at this moment.
    .onConflictDoNothing()
    .returning({ id: users.id })
  if (!user) return false
  await planInvitation(tx, world, user.id)
  await recordEvent(tx, world, {
    action: 'user.create',
    outcome: 'success',
    target: `User:${user.id}`,
    targetName: admin.username,
    details: { role: 'ADMIN', method: authMethod, source: 'PHOENIX_ADMINS' },
  })
  return true
}
