/** Signing in with a directory. One answer for every refusal, after the same work; the audit log knows the reason. */
import { randomBytes } from 'node:crypto'
import type { AuditDetails } from '#server/audit/entry'
import { type Attempt, admit, noteRefusal } from '#server/auth/attempts'
import type { Session } from '#server/auth/sessions'
import type { LdapConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { findDirectoryAccount } from '#server/ldap/accounts'
import { Deadline, SIGN_IN_MS } from '#server/ldap/deadline'
import { askDirectory, type Verdict } from '#server/ldap/look-up'
import { SlotsBusy, slotsFor } from '#server/ldap/slots'
import { isLdapTrouble } from '#server/ldap/trouble'
import { takeFromLimit } from '#server/limits/limits'
import { clearName, oneByOne, takeBack } from '#server/limits/lockout'
import { signInOutside } from '#server/users/outside-accounts'

const MAX_USERNAME = 256
const MAX_PASSWORD = 1024

export interface DirectorySignIn {
  username?: string | null | undefined
  password?: string | null | undefined
}

/**
 * Makes a session for the person whom the directory knows under this name, and their account when they come for the first
 * time. The account gets the role and the address that the directory says.
 * @throws AppError not_found where no directory is set up; unauthenticated: one sentence, whatever the reason;
 *   rate_limited (429, with Retry-After); unavailable: no host of the directory answers, or not in time
 */
export async function signInWithDirectory(ctx: Ctx, input: DirectorySignIn): Promise<Session> {
  const { ldap } = ctx.config
  if (!ldap) throw new AppError('not_found', 'Not Found')
  const deadline = new Deadline(SIGN_IN_MS)
  await takeFromLimit(ctx, 'login')
  const username = (input.username ?? '').trim()
  const password = input.password ?? ''
  const attempt: Attempt = { name: lockName(username), method: 'LDAP', shown: UNKNOWN_NAME }
  if (username === '' || password.trim() === '') {
    await noteRefusal(ctx, attempt, { reason: 'empty' })
    throw new AppError('unauthenticated', 'User name and password are required')
  }
  // Some directories ignore a NUL and what is like it, so that one name would have many spellings, each with its own count.
  if (/\p{Cc}/u.test(username)) {
    await noteRefusal(ctx, attempt, { reason: 'not-a-name' })
    throw wrong()
  }
  return oneByOne(ctx, attempt.name, () => tryOnce({ ctx, ldap, deadline, attempt, username, password }))
}

/** People type passwords into the field above: only names that the directory knows are kept. */
const UNKNOWN_NAME = '(not a name of the directory)'

/** Apart from addresses, so that whoever signs in here lifts no lock of an account with a password. */
const lockName = (username: string) => `ldap ${username}`

const wrong = () => new AppError('unauthenticated', 'Wrong user name or password')

interface Try {
  ctx: Ctx
  ldap: LdapConfig
  deadline: Deadline
  attempt: Attempt
  username: string
  password: string
}

async function tryOnce(one: Try): Promise<Session> {
  const { ctx, ldap, attempt, username, password } = one
  const locks = await admit(ctx, attempt)
  if (username.length > MAX_USERNAME || password.length > MAX_PASSWORD) {
    await noteRefusal(ctx, attempt, { reason: 'too-long' }, { locks })
    throw wrong()
  }
  const verdict = await askInTurn(one)
  const { person, host } = verdict
  const found = await findDirectoryAccount(ctx.db.read, ctx.db, ldap, person ?? NOBODY)
  const user = typeof found === 'object' && 'user' in found ? found.user : null
  const refused = verdict.refused ?? (user?.disabledAt ? 'disabled' : null)
  if (refused !== null) {
    const shown = person ? username : UNKNOWN_NAME
    await noteRefusal(ctx, { ...attempt, shown }, { reason: refused, user, details: { host } }, { locks })
    throw wrong()
  }
  return open(one, verdict as Verdict & { refused: null })
}

/** Looked for where there is nobody: the database is asked as often for those who are not there. */
const NOBODY = { email: 'nobody@directory.invalid', uniqueId: 'nobody' }

/** Trouble is nobody’s failed attempt, and no name is locked for it. */
async function askInTurn(one: Try): Promise<Verdict> {
  const { ctx, ldap, deadline, attempt, username, password } = one
  const question = { ldap, log: ctx.log, deadline, username, password }
  try {
    return await slotsFor(ldap).run(deadline, () => askDirectory(question))
  } catch (error) {
    await takeBack(ctx, attempt.name)
    const isBusy = error instanceof SlotsBusy
    if (!isBusy && !isLdapTrouble(error)) throw error
    const details: AuditDetails = isBusy ? {} : { step: error.step, trouble: error.reason }
    await noteRefusal(ctx, attempt, { reason: isBusy ? 'busy' : 'directory-away', details })
    const sentence = isBusy ? 'Too many sign-ins at once' : 'The directory does not answer'
    throw new AppError('unavailable', `${sentence}: try again in a moment`, {
      code: isBusy ? 'busy' : 'directory_away',
      retryAfterSeconds: 10,
    })
  }
}

async function open(
  { ctx, ldap, attempt, username }: Try,
  { person, mapping, host }: Verdict & { refused: null },
): Promise<Session> {
  const outcome = await signInOutside(
    ctx,
    {
      method: 'LDAP',
      email: person.email,
      role: mapping.role,
      roleOfNewcomer: mapping.role,
      names: [person.displayName, username],
      suffix: () => ` (${randomBytes(3).toString('hex')})`,
      ties: person.uniqueId === null ? {} : { ldapUniqueId: person.uniqueId },
      details: { host, group: mapping.group },
    },
    (tx) => findDirectoryAccount(tx, ctx.db, ldap, person),
    (tx) => clearName(tx, ctx, attempt.name),
  )
  if (!('refused' in outcome)) return outcome.session
  // The password was right: nobody was guessing.
  await takeBack(ctx, attempt.name)
  throw wrong()
}
