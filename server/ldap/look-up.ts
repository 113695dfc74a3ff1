/**
 * Asks the directory whether somebody is who they say, and what follows. Whatever the answer is, the same questions are
 * asked in the same order, so that the time tells nothing: a name that nobody has is bound as nobody.
 */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { LdapConfig, RoleMapping } from '#server/config/model'
import { bindRefusal } from '#server/ldap/account-state'
import { openConnection, openForSearch } from '#server/ldap/client'
import type { Deadline } from '#server/ldap/deadline'
import { groupsOf, mappingFor } from '#server/ldap/groups'
import { onSomeHost } from '#server/ldap/hosts'
import { findPerson, type Person } from '#server/ldap/person'
import { isLdapTrouble, isServerTrouble } from '#server/ldap/trouble'
import { authLogger } from '#server/log'

/** What the directory says of somebody. */
export type Verdict = {
  /** The host that said it. */
  host: string
  /** Null for a name that nobody has, or several. */
  person: Person | null
} & ({ refused: string } | { refused: null; person: Person; mapping: RoleMapping })

export interface Question {
  ldap: LdapConfig
  log: Logger
  deadline: Deadline
  username: string
  password: string
  /** Whether the password of somebody who was found may be tried; asked before it is, once for each host. */
  mayTry?: (person: Person) => Promise<boolean>
}

/** @throws LdapTrouble when no host answers */
export function askDirectory(question: Question): Promise<Verdict> {
  return onSomeHost(question, (host) => askHost(question, host))
}

async function askHost(question: Question, host: string): Promise<Verdict> {
  const { ldap, username, deadline } = question
  const connection = await openForSearch(ldap, host, deadline)
  try {
    const found = await findPerson(connection, ldap, username)
    const person = found.length === 1 ? (found[0] as Person) : null
    const whom = person ?? nobody(ldap)
    const isLocked = person !== null && (await question.mayTry?.(person)) === false
    const refusedBind = await bindAs(question, host, isLocked ? nobody(ldap).dn : whom.dn)
    const groups = await groupsOf(connection, ldap, { person: whom, username })
    for (const { base, trouble } of groups.failures)
      authLogger(question.log).warn(
        { host, base, resultCode: trouble.resultCode },
        'a place of groups could not be searched',
      )
    const mapping = mappingFor(ldap, groups.dns)
    if (!person) return { host, person, refused: found.length === 0 ? 'directory-unknown' : 'ambiguous' }
    const refused = isLocked ? 'locked' : (refusedBind ?? missingAttribute(ldap, person))
    if (refused !== null || mapping === null) return { host, person, refused: refused ?? 'no-group' }
    return { host, person, refused: null, mapping }
  } finally {
    connection.close()
  }
}

function missingAttribute({ attributes }: LdapConfig, person: Person): string | null {
  if (attributes.email !== null && person.email === null) return 'no-mail-attribute'
  return attributes.uniqueId !== null && person.uniqueId === null ? 'no-unique-id' : null
}

/** Somebody who is not in the directory, for work that must look like that for somebody who is. */
function nobody({ userBases, groupSearch }: LdapConfig): Person {
  const name = randomBytes(16).toString('hex')
  const dn = [`cn=${name}`, userBases[0]].filter(Boolean).join(',')
  const entry = groupSearch?.userAttribute ? { dn, [groupSearch.userAttribute]: name } : { dn }
  return { dn, email: null, displayName: null, uniqueId: null, entry }
}

/** Binds as the person, on a connection of its own. Null when the directory says yes, else why not. */
async function bindAs(
  { ldap, deadline, password }: Question,
  host: string,
  dn: string,
): Promise<string | null> {
  // An entry without a name would be bound as nobody, whatever the password.
  if (dn.trim() === '') return 'directory-unknown'
  const connection = await openConnection(ldap, host, deadline)
  try {
    await connection.bind(dn, password)
    return null
  } catch (error) {
    // Whatever the words: told apart, they would say which names there are.
    if (!isLdapTrouble(error) || isServerTrouble(error)) throw error
    return bindRefusal(error.answer as { code?: unknown; message?: unknown }) ?? 'wrong-password'
  } finally {
    connection.close()
  }
}
