/** Signing in with a directory. One answer for every refusal, at one moment; the audit log knows the reason. */
import { randomBytes } from 'node:crypto'
import type { AuditDetails } from '#server/audit/entry'
import { type Attempt, admit, noteRefusal } from '#server/auth/attempts'
import type { Session } from '#server/auth/sessions'
import type { LdapConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { findDirectoryAccount } from '#server/ldap/accounts'
import { noteTimeOfKnown, untilRefusalIsDue } from '#server/ldap/answer-time'
import { Deadline, SIGN_IN_MS } from '#server/ldap/deadline'
import { lockName, PersonLock } from '#server/ldap/locks'
import { askDirectory, type Verdict } from '#server/ldap/look-up'
import { SlotsBusy, slotsFor } from '#server/ldap/slots'
import { isLdapTrouble } from '#server/ldap/trouble'
import { takeFromLimit } from '#server/limits/limits'
import { clearName, oneByOne, takeBack } from '#server/limits/lockout'
import { signInOutside } from '#server/users/outside-accounts'

const MAX_USERNAME = 256
const MAX_PASSWORD = 1024

/** People type passwords into the field above: only names that the directory knows are kept. */
const UNKNOWN_NAME = '(not a name of the directory)'
const NOT_ASKED = '(not looked up)'

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
  const attempt: Attempt = { name: lockName(username), method: 'LDAP', shown: NOT_ASKED }
  if (username === '' || password.trim() === '') {
    await noteRefusal(ctx, attempt, { reason: 'empty' })
    throw new AppError('unauthenticated', 'User name and password are required')
  }
  // Some directories ignore a NUL and what is like it, so that one name would have many spellings, each with its own count.
  if (/\p{Cc}/u.test(username)) {
    await noteRefusal(ctx, attempt, { reason: 'not-a-name' })
    throw wrong()
  }
  const person = new PersonLock(ctx)
  const one = { ctx, ldap, deadline, attempt, username, password, person }
  return oneByOne(ctx, attempt.name, () => tryOnce(one))
}

const wrong = () => new AppError('unauthenticated', 'Wrong user name or password')

interface Try {
  ctx: Ctx
  ldap: LdapConfig
  deadline: Deadline
  attempt: Attempt
  username: string
  password: string
  /** The lock of the person behind the name. */
  person: PersonLock
}

async function tryOnce(one: Try): Promise<Session> {
  const { ctx, ldap, attempt, username, password } = one
  // A directory may take what follows a NUL for nothing, and the empty password for nobody's.
  if (username.length > MAX_USERNAME || password.length > MAX_PASSWORD || password.includes('\0')) {
    const locks = await admit(ctx, attempt)
    await noteRefusal(ctx, attempt, { reason: 'not-a-password' }, { locks })
    throw wrong()
  }
  const { verdict, locks, startedAt } = await askInTurn(one)
  const { person, host } = verdict
  const found = await findDirectoryAccount(ctx.db.read, ctx.db, ldap, person ?? NOBODY)
  const user = typeof found === 'object' && 'user' in found ? found.user : null
  // What the directory has taken away it may give back: it has just let this person in.
  const isBarred = user?.disabledAt != null && !user.disabledByDirectory
  if (verdict.refused === null && !isBarred) return open(one, verdict, startedAt)
  const shown = person ? username : UNKNOWN_NAME
  const reason = verdict.refused ?? 'disabled'
  await noteRefusal(ctx, { ...attempt, shown }, { reason, user, details: { host } }, { locks })
  await untilRefusalIsDue(startedAt)
  throw wrong()
}

/** Looked for where there is nobody: the database is asked as often for those who are not there. */
const NOBODY = { email: 'nobody@directory.invalid', uniqueId: 'nobody' }

interface Answer {
  verdict: Verdict
  /** Whether this attempt locks the name if it fails. */
  locks: boolean
  /** When the directory was asked, by `performance.now()`. */
  startedAt: number
}

/** Trouble is nobody’s failed attempt, and no name is locked for it. */
async function askInTurn(one: Try): Promise<Answer> {
  const { ctx, ldap, deadline, attempt, person } = one
  let isCounted = false
  try {
    // Counted in its turn as well: hundreds that come at once would else all write at once.
    return await slotsFor(ldap).run(deadline, async () => {
      const locks = await admit(ctx, attempt)
      isCounted = true
      return { locks, ...(await ask(one)) }
    })
  } catch (error) {
    if (isCounted) await takeBack(ctx, attempt.name)
    await person.takeBack()
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

async function ask({ ctx, ldap, deadline, username, password, person }: Try): Promise<Omit<Answer, 'locks'>> {
  const startedAt = performance.now()
  const verdict = await askDirectory({
    ...{ ldap, log: ctx.log, deadline, username, password },
    mayTry: ({ dn }) => person.admit(dn),
  })
  if (verdict.person) noteTimeOfKnown(performance.now() - startedAt)
  return { verdict, startedAt }
}

async function open(
  { ctx, ldap, attempt, username, person: lock }: Try,
  { person, mapping, host }: Verdict & { refused: null },
  startedAt: number,
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
      shown: username,
      details: { host, group: mapping.group },
    },
    (tx) => findDirectoryAccount(tx, ctx.db, ldap, person),
    async (tx) => {
      await clearName(tx, ctx, attempt.name)
      await lock.clear(tx)
    },
  )
  if (!('refused' in outcome)) return outcome.session
  // The password was right: nobody was guessing.
  await takeBack(ctx, attempt.name)
  await lock.takeBack()
  await untilRefusalIsDue(startedAt)
  throw wrong()
}
