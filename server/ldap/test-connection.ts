/** Tries every host of the directory, step by step, for an admin: what works, and what to do where it does not. */
import type { LdapConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { ACCOUNT_STATE_ATTRIBUTES, directoryState, temporaryLock } from '#server/ldap/account-state'
import { type Connection, openConnection } from '#server/ldap/client'
import { Deadline } from '#server/ldap/deadline'
import { groupsOf, mappingFor } from '#server/ldap/groups'
import { findPerson, type Person } from '#server/ldap/person'
import { NOT_LET_WORDS } from '#server/ldap/sync-model'
import type { DirectoryTest, HostTest, Lookup, TestStep } from '#server/ldap/test-connection-model'
import { isLdapTrouble, type LdapStep, type LdapTrouble } from '#server/ldap/trouble'
import { troubleSentence } from '#server/ldap/trouble-words'

/** Longest for one host; all are tried at once. */
const TEST_MS = 20_000
/** Groups that an answer names. */
const MAX_GROUPS = 100

const NO_SUCH_OBJECT = 32

const STEPS: readonly LdapStep[] = ['reach', 'tls', 'bind', 'search']

/**
 * Tries each host: reaching it, TLS, the service account, and one lookup. No password of anybody is needed or tried but
 * that of the service account; nothing in the answer is a secret, and nothing is a text of the directory's errors.
 * @param username whom to look up; null or empty for nobody
 * @throws AppError conflict while no directory is set up
 */
export async function testDirectory(ctx: Ctx, username: string | null): Promise<DirectoryTest> {
  const { ldap } = ctx.config
  if (ldap === null) {
    throw new AppError('conflict', 'No directory is set up: PHOENIX_LDAP_HOST is not set', {
      code: 'no_directory',
    })
  }
  const wanted = username || null
  const hosts = await Promise.all(ldap.hosts.map((host) => testHost(ctx, ldap, host, wanted)))
  return { username: wanted, hosts }
}

async function testHost(
  ctx: Ctx,
  ldap: LdapConfig,
  host: string,
  username: string | null,
): Promise<HostTest> {
  const began = performance.now()
  const deadline = new Deadline(TEST_MS)
  const took = () => Math.round(performance.now() - began)
  let connection: Connection | null = null
  try {
    connection = await openConnection(ldap, host, deadline)
    if (ldap.bind) await connection.bind(ldap.bind.dn, ldap.bind.password)
    const missing = await missingBase(connection, ldap)
    if (missing !== null)
      return { host, milliseconds: took(), steps: withoutBase(ldap, missing), lookup: null }
    const lookup = username === null ? null : await lookUp(ctx, connection, ldap, username)
    return { host, milliseconds: took(), steps: stepsUntil(ldap, null, lookup), lookup }
  } catch (error) {
    if (!isLdapTrouble(error)) throw error
    return { host, milliseconds: took(), steps: stepsUntil(ldap, error, null), lookup: null }
  } finally {
    connection?.close()
  }
}

/** The first base that is not there for the service account; null when all are. */
async function missingBase(
  connection: Connection,
  { userBases, groupSearch }: LdapConfig,
): Promise<string | null> {
  const options = { filter: '(objectClass=*)', attributes: ['1.1'], scope: 'base' } as const
  for (const base of [...userBases, ...(groupSearch?.bases ?? [])]) {
    try {
      const found = await connection.search(base, options)
      if (found.length === 0) return base
    } catch (error) {
      if (!isLdapTrouble(error) || error.resultCode !== NO_SUCH_OBJECT) throw error
      return base
    }
  }
  return null
}

function withoutBase(ldap: LdapConfig, base: string): TestStep[] {
  const sentence = `The base ${base} does not exist, or the service account may not read it.`
  return stepsUntil(ldap, null, null).map((one) =>
    one.step === 'search' ? { ...one, ok: false, sentence } : one,
  )
}

function stepsUntil(ldap: LdapConfig, trouble: LdapTrouble | null, lookup: Lookup | null): TestStep[] {
  const failed = trouble === null ? STEPS.length : STEPS.indexOf(trouble.step)
  return STEPS.map((step, index) => {
    if (trouble && index === failed) return { step, ok: false, sentence: troubleSentence(trouble) }
    if (index > failed) return { step, ok: null, sentence: 'Not tried' }
    return passed(ldap, step, lookup)
  })
}

function passed(ldap: LdapConfig, step: LdapStep, lookup: Lookup | null): TestStep {
  const { tls, bind, port } = ldap
  if (step === 'reach') return { step, ok: true, sentence: `Port ${port} answers` }
  if (step === 'tls') {
    if (tls.mode === 'none') return { step, ok: null, sentence: 'Not used: passwords travel in clear text' }
    const way = tls.mode === 'ldaps' ? 'LDAPS' : 'StartTLS'
    return {
      step,
      ok: true,
      sentence: tls.verify ? `${way}, certificate accepted` : `${way}, certificate not checked`,
    }
  }
  if (step === 'bind')
    return bind
      ? { step, ok: true, sentence: `Signed in as ${bind.dn}` }
      : { step, ok: null, sentence: 'Not used: searches as nobody' }
  return lookup
    ? { step, ok: lookup.found === 'one', sentence: FOUND[lookup.found] }
    : { step, ok: true, sentence: 'The bases are there; no name was given to look up' }
}

const FOUND: Readonly<Record<Lookup['found'], string>> = {
  one: 'Found',
  nobody: 'Nobody has this name. Look at PHOENIX_LDAP_USER_SEARCH_FILTER and the bases.',
  several: 'Several people have this name, so none of them can sign in with it. Make the filter narrower.',
}

async function lookUp(ctx: Ctx, connection: Connection, ldap: LdapConfig, username: string): Promise<Lookup> {
  const found = await findPerson(connection, ldap, username, ACCOUNT_STATE_ATTRIBUTES)
  const [person] = found
  if (!person) return { found: 'nobody' }
  if (found.length > 1) return { found: 'several' }
  const groups = await groupsOf(connection, ldap, { person, username })
  const mapping = mappingFor(ldap, groups.dns)
  const state = directoryState(person.entry, ctx.clock())
  const lock = temporaryLock(person.entry)
  const { dn, email, displayName, uniqueId } = person
  return {
    found: 'one',
    ...{ dn, email, displayName, uniqueId, state },
    groups: groups.dns.slice(0, MAX_GROUPS),
    moreGroups: Math.max(0, groups.dns.length - MAX_GROUPS),
    role: mapping?.role ?? null,
    mapping: mapping?.group ?? null,
    obstacles: [
      ...obstaclesOf(ldap, person),
      ...(state ? [`${NOT_LET_WORDS[state]}.`] : []),
      ...(lock
        ? [`Locked after wrong passwords at ${lock.at.toISOString()}, unless that is over by now.`]
        : []),
      ...groups.failures.map(({ trouble }) => `A base of groups was left out. ${troubleSentence(trouble)}`),
      ...(mapping ? [] : ['None of the groups has a role in PHOENIX_LDAP_GROUP_ROLE_MAPPINGS.']),
    ],
  }
}

function obstaclesOf({ attributes }: LdapConfig, { email, uniqueId }: Person): string[] {
  const missing = [
    attributes.email !== null && email === null ? attributes.email : null,
    attributes.uniqueId !== null && uniqueId === null ? attributes.uniqueId : null,
  ]
  return missing.flatMap((name) =>
    name === null ? [] : [`The entry has no ${name}, or the service account may not read it.`],
  )
}
