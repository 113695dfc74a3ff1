/**
 * Asks the directory about accounts. An error, or a base that answers as if nobody were there, is thrown: from half an
 * answer nobody can tell who has left.
 */
import { type Filter, PresenceFilter } from 'ldapts'
import type { LdapConfig } from '#server/config/model'
import { ACCOUNT_STATE_ATTRIBUTES, directoryState } from '#server/ldap/account-state'
import type { Connection } from '#server/ldap/client'
import { canonicalDn } from '#server/ldap/dn'
import { textsOf } from '#server/ldap/entry'
import { groupsOf, mappingFor } from '#server/ldap/groups'
import { type Person, personOf, wantedAttributes } from '#server/ldap/person'
import { allOf, anyOf, filterForAnybody, isValue, nameAttributes } from '#server/ldap/sync-filter'
import type { Verdict } from '#server/ldap/sync-model'
import { uniqueIdFilter } from '#server/ldap/unique-id'

/** Whom one search asks for. */
const AT_ONCE = 50

/** By what the directory knows an account. */
export interface AskedAccount {
  userId: number
  uniqueId: string | null
  email: string | null
}

/** The directory answered, but not so that anybody could be judged by it. Its message is a sentence for admins. */
export class NoAnswer extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'NoAnswer'
  }
}

interface Search {
  connection: Connection
  ldap: LdapConfig
  /** What the filter of signing in leaves of everybody; null where that cannot be said. */
  anybody: Filter | null
  now: Date
}

/**
 * What the directory says of each account.
 * @throws LdapTrouble; NoAnswer when a base shows nobody at all, or nobody's groups can be seen
 */
export async function askDirectory(
  connection: Connection,
  ldap: LdapConfig,
  accounts: readonly AskedAccount[],
  now: Date,
): Promise<Map<number, Verdict>> {
  const search = { connection, ldap, anybody: filterForAnybody(ldap.userFilter), now }
  refuseUnknowableGroups(ldap)
  await demandPeopleInEveryBase(search)
  await demandGroupsInEveryBase(search)
  const found = await findAll(search, accounts)
  await demandSomebodysGroups(search, [...found.values()].flat())
  const verdicts = new Map<number, Verdict>()
  for (const account of accounts) {
    verdicts.set(account.userId, await judge(search, account, found.get(account.userId) ?? []))
  }
  return verdicts
}

/** Groups are found by the name that somebody typed, and nobody types one here. */
function refuseUnknowableGroups({ groupSearch, userFilter }: LdapConfig): void {
  if (!groupSearch || groupSearch.userAttribute !== null || nameAttributes(userFilter).length > 0) return
  throw new NoAnswer(
    'The filter of people does not say which attribute holds the name that they type, so nobody’s groups can be asked for. ' +
      'Set PHOENIX_LDAP_GROUP_SEARCH_FILTER_USER_ATTR.',
  )
}

/** A base that shows nobody has been moved, or the service account may not read it any more. */
async function demandPeopleInEveryBase({ connection, ldap, anybody }: Search): Promise<void> {
  const { uniqueId, email } = ldap.attributes
  const known = uniqueId ?? email
  const hasKnown = known === null ? null : new PresenceFilter({ attribute: known })
  for (const base of ldap.userBases) {
    const filter = allOf(anybody ?? new PresenceFilter({ attribute: 'objectClass' }), hasKnown)
    const [first] = await connection.search(base, { filter, attributes: ['1.1'], sizeLimit: 1 })
    if (first) continue
    throw new NoAnswer(
      `The base ${base} shows nobody to the service account. Nobody was changed. ` +
        'Look whether the account may still read it, or take the base out of PHOENIX_LDAP_USER_SEARCH_BASE_DNS.',
    )
  }
}

async function demandGroupsInEveryBase({ connection, ldap }: Search): Promise<void> {
  const { groupSearch } = ldap
  if (!groupSearch) return
  const filter = filterForAnybody(groupSearch.filter) ?? new PresenceFilter({ attribute: 'objectClass' })
  for (const base of groupSearch.bases) {
    const [first] = await connection.search(base, { filter, attributes: ['1.1'], sizeLimit: 1 })
    if (first) continue
    throw new NoAnswer(
      `The base ${base} shows no group to the service account. Nobody was changed. ` +
        'Look whether the account may still read it, or take the base out of PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS.',
    )
  }
}

/** That nobody has a group may be true of those who are here, but not of everybody. */
async function demandSomebodysGroups({ connection, ldap }: Search, found: readonly Person[]): Promise<void> {
  const { memberOf } = ldap.attributes
  const needsGroups =
    !ldap.groupSearch && memberOf !== null && !ldap.roleMappings.some(({ key }) => key === '*')
  if (!needsGroups || found.length === 0) return
  if (found.some(({ entry }) => textsOf(entry, memberOf).length > 0)) return
  const filter = new PresenceFilter({ attribute: memberOf })
  for (const base of ldap.userBases) {
    const [first] = await connection.search(base, { filter, attributes: ['1.1'], sizeLimit: 1 })
    if (first) return
  }
  throw new NoAnswer(
    `The service account sees nobody’s ${memberOf}. Nobody was changed. Look whether it may still read that attribute.`,
  )
}

/** The entries of each account, by its id here. */
async function findAll(search: Search, accounts: readonly AskedAccount[]): Promise<Map<number, Person[]>> {
  const { connection, ldap, anybody } = search
  const found = new Map<number, Person[]>()
  const attributes = wantedAttributes(ldap, [...ACCOUNT_STATE_ATTRIBUTES, ...nameAttributes(ldap.userFilter)])
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const some = accounts.slice(from, from + AT_ONCE)
    const filters = some.flatMap((account) => filterFor(ldap, account) ?? [])
    if (filters.length === 0) continue
    for (const base of ldap.userBases) {
      const filter = allOf(anybody, anyOf(filters))
      const entries = await connection.search(base, { filter, attributes, paged: true })
      for (const person of entries.map((entry) => personOf(ldap, entry))) {
        const account = some.find((one) => isSame(ldap, one, person))
        if (account) add(found, account.userId, person)
      }
    }
  }
  return found
}

/** By the unique id where there is one, as signing in does; else by the address. */
function filterFor({ attributes }: LdapConfig, { uniqueId, email }: AskedAccount): Filter | null {
  if (attributes.uniqueId !== null && uniqueId !== null) return uniqueIdFilter(attributes.uniqueId, uniqueId)
  return attributes.email !== null && email !== null ? isValue(attributes.email, email) : null
}

function isSame({ attributes }: LdapConfig, account: AskedAccount, person: Person): boolean {
  if (attributes.uniqueId !== null && account.uniqueId !== null)
    return person.uniqueId === account.uniqueId.toLowerCase()
  return account.email !== null && person.email === account.email.toLowerCase()
}

/** Bases may lie within one another: an entry counts once. */
function add(found: Map<number, Person[]>, userId: number, person: Person): void {
  const known = found.get(userId) ?? []
  const isKnown = known.some(({ dn }) => canonicalDn(dn) === canonicalDn(person.dn))
  found.set(userId, isKnown ? known : [...known, person])
}

async function judge(search: Search, account: AskedAccount, found: readonly Person[]): Promise<Verdict> {
  const { connection, ldap, now } = search
  const [person] = found
  if (filterFor(ldap, account) === null || found.length > 1) return { kind: 'unclear' }
  if (!person) return { kind: 'not-let', why: 'directory-gone' }
  const state = directoryState(person.entry, now)
  if (state) return { kind: 'not-let', why: state }
  const mapping = mappingFor(ldap, await allGroups(connection, ldap, person))
  return mapping ? { kind: 'let', role: mapping.role } : { kind: 'not-let', why: 'directory-no-role' }
}

/** Under every name by which the person could have signed in. */
async function allGroups(connection: Connection, ldap: LdapConfig, person: Person): Promise<string[]> {
  const byName = ldap.groupSearch !== null && ldap.groupSearch.userAttribute === null
  const names = byName
    ? nameAttributes(ldap.userFilter).flatMap((attribute) => textsOf(person.entry, attribute))
    : ['']
  const dns: string[] = []
  for (const username of names) {
    dns.push(...(await groupsOf(connection, ldap, { person, username }, { strict: true })).dns)
  }
  return dns
}
