/**
 * Asks the directory about accounts. An error, or a base that answers as if nobody were there, is thrown: from half an
 * answer nobody can tell who has left.
 */
import { type Filter, PresenceFilter } from 'ldapts'
import type { LdapConfig } from '#server/config/model'
import {
  ACCOUNT_STATE_ATTRIBUTES,
  directoryState,
  hasLockEnded,
  temporaryLock,
} from '#server/ldap/account-state'
import type { Connection } from '#server/ldap/client'
import { canonicalDn } from '#server/ldap/dn'
import { textsOf } from '#server/ldap/entry'
import { groupsOf, mappingFor } from '#server/ldap/groups'
import { type Person, personOf, wantedAttributes } from '#server/ldap/person'
import { allOf, anyOf, filterForAnybody, isValue, nameAttributes } from '#server/ldap/sync-filter'
import type { Verdict } from '#server/ldap/sync-model'
import { isLdapTrouble } from '#server/ldap/trouble'
import { uniqueIdFilter } from '#server/ldap/unique-id'
import { sanitizeEmail } from '#server/users/find'

/** Whom one search asks for. */
const AT_ONCE = 50
/** Whose groups are asked for at the same time. */
const JUDGED_AT_ONCE = 8
const NO_SUCH_OBJECT = 32

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
  for (let from = 0; from < accounts.length; from += JUDGED_AT_ONCE) {
    const some = accounts.slice(from, from + JUDGED_AT_ONCE)
    const judged = await Promise.all(some.map((one) => judge(search, one, found.get(one.userId) ?? [])))
    for (const [index, { userId }] of some.entries()) verdicts.set(userId, judged[index] as Verdict)
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
    if (await hasEntry(connection, base, filter)) continue
    throw new NoAnswer(
      `The base ${base} shows nobody to the service account. Nobody was changed. ` +
        'Look whether the account may still read it, or take the base out of PHOENIX_LDAP_USER_SEARCH_BASE_DNS.',
    )
  }
}

async function hasEntry(connection: Connection, base: string, filter: Filter): Promise<boolean> {
  try {
    const found = await connection.search(base, { filter, attributes: ['1.1'], sizeLimit: 1 })
    return found.length > 0
  } catch (error) {
    if (!isLdapTrouble(error) || error.resultCode !== NO_SUCH_OBJECT) throw error
    throw new NoAnswer(
      `The base ${base} does not exist, or the service account may not read it. Nobody was changed.`,
    )
  }
}

async function demandGroupsInEveryBase({ connection, ldap }: Search): Promise<void> {
  const { groupSearch } = ldap
  if (!groupSearch) return
  const filter = filterForAnybody(groupSearch.filter) ?? new PresenceFilter({ attribute: 'objectClass' })
  for (const base of groupSearch.bases) {
    if (await hasEntry(connection, base, filter)) continue
    throw new NoAnswer(
      `The base ${base} shows no group to the service account. Nobody was changed. ` +
        'Look whether the account may still read it, or take the base out of PHOENIX_LDAP_GROUP_SEARCH_BASE_DNS.',
    )
  }
}

/** That nobody has a group may be true of those who are here, but not of everybody. */
async function demandSomebodysGroups({ connection, ldap }: Search, found: readonly Person[]): Promise<void> {
  const attribute = ldap.groupSearch ? ldap.groupSearch.userAttribute : ldap.attributes.memberOf
  const isAsked = attribute !== null && attribute.toLowerCase() !== 'entrydn'
  const needsGroups = ldap.roleMappings.some(({ key }) => key !== '*')
  if (!isAsked || !needsGroups || found.length === 0) return
  if (found.some(({ entry }) => textsOf(entry, attribute).length > 0)) return
  const filter = new PresenceFilter({ attribute })
  for (const base of ldap.groupSearch ? [] : ldap.userBases) {
    if (await hasEntry(connection, base, filter)) return
  }
  throw new NoAnswer(
    `The service account sees nobody’s ${attribute}. Nobody was changed. Look whether it may still read that attribute.`,
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
      const entries = await connection.search(base, { filter, attributes })
      for (const person of entries.map((entry) => personOf(ldap, entry))) {
        const account = some.find((one) => isSame(ldap, one, person))
        if (account) add(found, account.userId, person)
      }
    }
  }
  return found
}

/**
 * By the unique id where there is one, as signing in does, and by the address: a directory may compare ids in another
 * way than they are stored here. Whose entry it is `isSame` says.
 */
function filterFor({ attributes }: LdapConfig, { uniqueId, email }: AskedAccount): Filter | null {
  const filters = [
    ...(attributes.uniqueId !== null && uniqueId !== null
      ? [uniqueIdFilter(attributes.uniqueId, uniqueId)]
      : []),
    ...(attributes.email !== null && email !== null ? [isValue(attributes.email, email)] : []),
  ]
  return filters.length === 0 ? null : anyOf(filters)
}

/** An account that has an id is whose entry has it; one without is whose addresses hold its own. */
function isSame({ attributes }: LdapConfig, account: AskedAccount, person: Person): boolean {
  if (attributes.uniqueId !== null && account.uniqueId !== null)
    return person.uniqueId === account.uniqueId.toLowerCase()
  if (attributes.email === null || account.email === null) return false
  const own = sanitizeEmail(account.email)
  return textsOf(person.entry, attributes.email).some((email) => sanitizeEmail(email) === own)
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
  const lock = await readLock(search, person)
  if (lock === 'unknown') return { kind: 'unclear' }
  if (lock === 'locked') return { kind: 'not-let', why: 'directory-locked' }
  const groups = await allGroups(connection, ldap, person)
  if (groups === null) return { kind: 'unclear' }
  const mapping = mappingFor(ldap, groups)
  return mapping ? { kind: 'let', role: mapping.role } : { kind: 'not-let', why: 'directory-no-role' }
}

/**
 * Whether OpenLDAP's lock after wrong passwords is still in force: the policy of the entry says how long one lasts. Where
 * that cannot be read nobody knows, and a stranger who guesses passwords is to take nobody's keys away.
 */
async function readLock({ connection, now }: Search, person: Person): Promise<'open' | 'locked' | 'unknown'> {
  const lock = temporaryLock(person.entry)
  if (lock === null) return 'open'
  if (lock.policyDn === null) return 'unknown'
  try {
    const filter = new PresenceFilter({ attribute: 'objectClass' })
    const attributes = ['pwdMaxFailure', 'pwdLockoutDuration']
    const [policy] = await connection.search(lock.policyDn, { filter, attributes, scope: 'base' })
    if (!policy || textsOf(policy, 'pwdMaxFailure').length === 0) return 'unknown'
    const seconds = Number(textsOf(policy, 'pwdLockoutDuration')[0] ?? 0)
    return hasLockEnded(lock, seconds, now) ? 'open' : 'locked'
  } catch (error) {
    if (isLdapTrouble(error) && error.resultCode !== null) return 'unknown'
    throw error
  }
}

/** Under every name by which the person could have signed in; null when their entry shows none. */
async function allGroups(connection: Connection, ldap: LdapConfig, person: Person): Promise<string[] | null> {
  const byName = ldap.groupSearch !== null && ldap.groupSearch.userAttribute === null
  const names = byName
    ? nameAttributes(ldap.userFilter).flatMap((attribute) => textsOf(person.entry, attribute))
    : ['']
  if (names.length === 0) return null
  const dns: string[] = []
  for (const username of names) {
    dns.push(...(await groupsOf(connection, ldap, { person, username }, { strict: true })).dns)
  }
  return dns
}
