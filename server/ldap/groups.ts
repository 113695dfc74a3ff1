/** The groups of a person, and the role that follows from them. */
import type { LdapConfig, RoleMapping } from '#server/config/model'
import type { Connection } from '#server/ldap/client'
import { canonicalDn } from '#server/ldap/dn'
import { textsOf } from '#server/ldap/entry'
import { fillFilter } from '#server/ldap/filters'
import type { Person } from '#server/ldap/person'
import { isLdapTrouble, isServerTrouble, type LdapTrouble } from '#server/ldap/trouble'

export interface Groups {
  /** Their DNs, as the directory writes them. */
  dns: string[]
  /** The bases whose groups are missing: they are not there, or nobody may look. */
  failures: { base: string; trouble: LdapTrouble }[]
}

/**
 * The groups of a person: as their own entry names them, or by a search. A base that may not be searched is left out, the
 * others still count; with `strict` nothing does.
 * @param username what they typed
 * @throws LdapTrouble when the server cannot answer now: with half of the groups the role would be another; any with
 *   `strict`
 */
export async function groupsOf(
  connection: Connection,
  ldap: LdapConfig,
  { person, username }: { person: Person; username: string },
  { strict = false }: { strict?: boolean } = {},
): Promise<Groups> {
  const { groupSearch, attributes } = ldap
  if (!groupSearch) {
    return {
      dns: attributes.memberOf === null ? [] : textsOf(person.entry, attributes.memberOf),
      failures: [],
    }
  }
  const value = valueFor(groupSearch.userAttribute, person, username)
  // Directories that stop at a NUL, or skip it, would answer with the groups of another.
  if (value === null || /\p{Cc}/u.test(value)) return { dns: [], failures: [] }
  const filter = fillFilter(groupSearch.filter, value)
  const { bases } = groupSearch
  // Page by page: a directory gives so many at once, and leaves out the rest.
  const options = { filter, attributes: ['1.1'], paged: true }
  const answers = await Promise.allSettled(bases.map((base) => connection.search(base, options)))
  const errors: unknown[] = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : null))
  const fatal = errors.find(
    (error) => error !== null && (strict || !isLdapTrouble(error) || isServerTrouble(error)),
  )
  if (fatal) throw fatal
  const failures = bases.flatMap((base, index) => {
    const error = errors[index]
    return isLdapTrouble(error) ? [{ base, trouble: error }] : []
  })
  const entries = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  return { dns: entries.map(({ dn }) => dn), failures }
}

/** What stands for the person in the filter of groups; null when their entry lacks it. */
function valueFor(attribute: string | null, person: Person, username: string): string | null {
  if (attribute === null) return username
  // Not every directory has this as an attribute, and every entry has its DN.
  if (attribute.toLowerCase() === 'entrydn') return person.dn
  return textsOf(person.entry, attribute)[0] ?? null
}

/** The first mapping whose group is among these; null when there is none. What is no DN is no group. */
export function mappingFor(
  { roleMappings }: Pick<LdapConfig, 'roleMappings'>,
  dns: readonly string[],
): RoleMapping | null {
  const keys = new Set(dns.map(canonicalDn))
  return roleMappings.find(({ key }) => key === '*' || keys.has(key)) ?? null
}
