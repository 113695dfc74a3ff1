/** Finding a person in a directory. */
import type { LdapConfig } from '#server/config/model'
import type { Connection } from '#server/ldap/client'
import { bytesOf, type Entry, textsOf } from '#server/ldap/entry'
import { fillFilter } from '#server/ldap/filters'
import { isLdapTrouble } from '#server/ldap/trouble'
import { uniqueIdFilter, uniqueIdOf } from '#server/ldap/unique-id'
import { sanitizeEmail } from '#server/users/find'

/** A search that finds so many has found too many. */
const AMBIGUOUS = 2
const NO_SUCH_OBJECT = 32

/** Somebody in the directory. */
export interface Person {
  dn: string
  /** In small letters; null when there is none, or none is asked for. */
  email: string | null
  displayName: string | null
  /** As it is stored (see server/ldap/unique-id.ts). */
  uniqueId: string | null
  /** Everything that was asked for. */
  entry: Entry
}

/**
 * Whom a typed name means: nobody, one, or several, which is nobody's name. All bases are asked at once, so that the time
 * does not tell in which somebody is; the first that has anybody counts.
 * @throws LdapTrouble
 */
export async function findPerson(
  connection: Connection,
  ldap: LdapConfig,
  username: string,
  more: readonly string[] = [],
): Promise<Person[]> {
  const filter = fillFilter(ldap.userFilter, username)
  const attributes = wantedAttributes(ldap, more)
  const options = { filter, attributes, sizeLimit: AMBIGUOUS }
  const answers = await Promise.allSettled(
    ldap.userBases.map((base) => searchBase(connection, base, options)),
  )
  for (const answer of answers) {
    // Trouble with a further base is none for those whom an earlier one has.
    if (answer.status === 'rejected') throw answer.reason
    if (answer.value.length > 0) return answer.value.map((entry) => personOf(ldap, entry))
  }
  return []
}

/** A base that is not there holds nobody. */
async function searchBase(
  connection: Connection,
  base: string,
  options: Parameters<Connection['search']>[1],
): Promise<Entry[]> {
  try {
    return await connection.search(base, options)
  } catch (error) {
    if (isLdapTrouble(error) && error.resultCode === NO_SUCH_OBJECT) return []
    throw error
  }
}

/**
 * Who in one base has this unique id: nobody, one, or several.
 * @param attribute the attribute of the settings that holds it
 * @throws LdapTrouble, also when there is no such base
 */
export async function findByUniqueId(
  connection: Connection,
  ldap: LdapConfig,
  { attribute, uniqueId, base }: { attribute: string; uniqueId: string; base: string },
  more: readonly string[] = [],
): Promise<Person[]> {
  const filter = uniqueIdFilter(attribute, uniqueId)
  const attributes = wantedAttributes(ldap, more)
  const entries = await connection.search(base, { filter, attributes, sizeLimit: AMBIGUOUS })
  return entries.map((entry) => personOf(ldap, entry))
}

/** What is read of a person. Never none: asked for none, a directory sends all. */
export function wantedAttributes({ attributes, groupSearch }: LdapConfig, more: readonly string[]): string[] {
  const { email, displayName, uniqueId, memberOf } = attributes
  const group = groupSearch ? groupSearch.userAttribute : memberOf
  const names = [email, displayName, uniqueId, group, ...more].filter((name) => name !== null)
  return names.length === 0 ? ['1.1'] : [...new Set(names)]
}

/** An entry as a person. */
export function personOf({ attributes }: LdapConfig, entry: Entry): Person {
  const text = (name: string | null) => (name === null ? null : (textsOf(entry, name)[0] ?? null))
  const email = text(attributes.email)
  const [id] = attributes.uniqueId === null ? [] : bytesOf(entry, attributes.uniqueId)
  return {
    dn: entry.dn,
    email: email === null ? null : sanitizeEmail(email),
    displayName: text(attributes.displayName),
    uniqueId: id === undefined ? null : uniqueIdOf(id),
    entry,
  }
}
