/** The test of a connection, with one good host and many bad ones: all are tried at once, so their times do not add up. */
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ctx } from '#server/context'
import { type DirectoryTest, DirectoryTestInput } from '#server/ldap/test-connection-model'
import { type Certificate, makeCertificate } from '../../test/certificates'
import { type Misbehaving, type Misbehaviour, startMisbehaving } from '../../test/misbehaving-ldap'
import { testConfig } from '../../test/runtime'
import { GROUPS, ldapSettings, mapping, PEOPLE, SERVICE, type Slapd, startSlapd } from '../../test/slapd'
import { testDirectory } from './test-connection'

const GOOD = '127.0.0.1'
const BAD: Record<string, Misbehaviour> = {
  '127.0.0.11': 'silent',
  '127.0.0.12': 'slow',
  '127.0.0.13': 'garbage',
  '127.0.0.14': 'endless',
  '127.0.0.15': 'closes',
  '127.0.0.16': 'closes-in-starttls',
  '127.0.0.17': 'refuses-starttls',
  '127.0.0.18': 'silent-within-tls',
}
const NOWHERE = 'ou=nowhere,dc=example,dc=com'
/** Nothing listens there. */
const NOBODY = '127.0.0.19'

let slapd: Slapd
let servers: Misbehaving[]
let result: DirectoryTest
let tookMs: number

const contextFor = (ldap: ReturnType<typeof ldapSettings> | null) =>
  ({
    config: { ...testConfig(), ldap },
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
  }) as unknown as Ctx

beforeAll(async () => {
  slapd = await startSlapd({
    people: [
      { uid: 'ada', mail: 'ada@example.com', displayName: 'Ada Lovelace' },
      { uid: 'bob' },
      { uid: 'twin', mail: 'one@example.com', sAMAccountName: 'double' },
      { uid: 'other', mail: 'two@example.com', sAMAccountName: 'double' },
    ],
    groups: { admins: ['ada'], others: ['ada', 'bob'] },
  })
  const hosts = Object.keys(BAD)
  const certificate: Certificate = makeCertificate(slapd.certificates, slapd.authority, {
    name: 'bad',
    alternativeNames: hosts.map((host) => `IP:${host}`),
  })
  servers = await Promise.all(
    Object.entries(BAD).map(([host, behaviour]) =>
      startMisbehaving(behaviour, { host, port: slapd.port, certificate }),
    ),
  )
  const ldap = ldapSettings(slapd, { hosts: [GOOD, ...hosts, NOBODY, 'nowhere.invalid'] })
  const began = performance.now()
  result = await testDirectory(contextFor(ldap), 'ada')
  tookMs = performance.now() - began
}, 60_000)
afterAll(() => Promise.all([slapd?.stop(), ...(servers ?? []).map((server) => server.stop())]))

const testOf = (host: string) =>
  result.hosts.find((one) => one.host === host) ?? expect.fail(`no test of ${host}`)

describe('a host that works', () => {
  test('passes every step, and names the groups and the role', () => {
    const { steps, lookup } = testOf(GOOD)
    expect(steps).toEqual([
      { step: 'reach', ok: true, sentence: `Port ${slapd.port} answers` },
      { step: 'tls', ok: true, sentence: 'StartTLS, certificate accepted' },
      { step: 'bind', ok: true, sentence: `Signed in as ${SERVICE.dn}` },
      { step: 'search', ok: true, sentence: 'Found' },
    ])
    expect(lookup).toEqual({
      found: 'one',
      dn: `uid=ada,${PEOPLE}`,
      email: 'ada@example.com',
      displayName: 'Ada Lovelace',
      uniqueId: null,
      state: null,
      groups: [`cn=admins,${GROUPS}`, `cn=others,${GROUPS}`],
      moreGroups: 0,
      role: 'ADMIN',
      mapping: mapping('admins', 'ADMIN').group,
      obstacles: [],
    })
  })
})

describe('a host that does not', () => {
  test.each([
    ['127.0.0.11', 'tls', /did not answer in time/],
    ['127.0.0.12', 'tls', /did not answer in time/],
    ['127.0.0.13', 'tls', /did not answer in time/],
    ['127.0.0.14', 'tls', /did not answer in time/],
    ['127.0.0.15', 'tls', /closed the connection/],
    ['127.0.0.16', 'tls', /closed the connection/],
    ['127.0.0.17', 'tls', /does not offer StartTLS/],
    ['127.0.0.18', 'bind', /did not answer in time/],
    [NOBODY, 'reach', /Nothing listens there/],
    ['nowhere.invalid', 'reach', /name of the host is not known/],
  ])('%s fails at %s with what to do', (host, step, sentence) => {
    const { steps, lookup } = testOf(host)
    const failed = steps.find(({ ok }) => ok === false)
    expect(failed?.step).toBe(step)
    expect(failed?.sentence).toMatch(sentence)
    const after = steps.slice(steps.findIndex(({ ok }) => ok === false) + 1)
    expect(after.map(({ ok, sentence }) => [ok, sentence])).toEqual(after.map(() => [null, 'Not tried']))
    expect(lookup).toBeNull()
  })

  test('never hears the password of the service account', () => {
    const hosts = Object.values(BAD)
    for (const [index, server] of servers.entries()) {
      const hears = server.heard().includes(SERVICE.password)
      // The one with a good certificate is asked, as it should be.
      expect(hears, hosts[index]).toBe(hosts[index] === 'silent-within-tls')
    }
  })

  test('does not keep the others waiting', () => {
    // Ten hosts of five to ten seconds each would be a minute.
    expect(tookMs).toBeLessThan(30_000)
  })

  test('leaves no secret and no text of a server in the answer', () => {
    const text = JSON.stringify(result)
    expect(text).not.toContain(SERVICE.password)
    expect(text).not.toContain('HTTP/1.1')
  })
})

describe('looking somebody up', () => {
  const lookUp = async (username: string | null, changes = {}) => {
    const { hosts } = await testDirectory(contextFor(ldapSettings(slapd, changes)), username)
    return hosts[0]
  }

  test('somebody without an address or a role is told what stands against a sign-in', async () => {
    expect((await lookUp('bob'))?.lookup).toMatchObject({
      found: 'one',
      role: null,
      mapping: null,
      obstacles: [
        'The entry has no mail, or the service account may not read it.',
        'None of the groups has a role in PHOENIX_LDAP_GROUP_ROLE_MAPPINGS.',
      ],
    })
  })

  test.each([
    ['nobody', '(uid=%s)', 'nobody', /Nobody has this name/],
    ['double', '(sAMAccountName=%s)', 'several', /Several people have this name/],
    ['*', '(uid=%s)', 'nobody', /Nobody has this name/],
  ])('%s by %s finds %s', async (username, userFilter, found, sentence) => {
    const host = await lookUp(username, { userFilter })
    expect(host?.lookup).toEqual({ found })
    expect(host?.steps.at(-1)?.sentence).toMatch(sentence)
  })

  test('no name is no lookup', async () => {
    const host = await lookUp(null)
    expect(host?.lookup).toBeNull()
    expect(host?.steps.at(-1)).toEqual({
      step: 'search',
      ok: true,
      sentence: 'The bases are there; no name was given to look up',
    })
  })

  test('a wrong password of the service account is said to be one', async () => {
    const host = await lookUp('ada', { bind: { ...SERVICE, password: 'wrong' } })
    expect(host?.steps.find(({ ok }) => ok === false)).toMatchObject({
      step: 'bind',
      sentence: expect.stringContaining('PHOENIX_LDAP_BIND_PASSWORD'),
    })
  })

  test.each<[string, string | null, object]>([
    ['of people', 'ada', { userBases: [PEOPLE, NOWHERE] }],
    ['of people, with nobody to look up', null, { userBases: [NOWHERE] }],
    [
      'of groups',
      'ada',
      { groupSearch: { filter: '(memberUid=%s)', bases: [NOWHERE], userAttribute: null } },
    ],
  ])('a base %s that is not there is named', async (_, username, changes) => {
    const host = await lookUp(username, changes)
    expect(host?.steps.at(-1)).toEqual({
      step: 'search',
      ok: false,
      sentence: `The base ${NOWHERE} does not exist, or the service account may not read it.`,
    })
    expect(host?.lookup).toBeNull()
  })

  test('a lock after wrong passwords is said with its time', async () => {
    await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', ['20261121115500Z'])
    const host = await lookUp('ada')
    await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', [])
    expect(host?.lookup).toMatchObject({
      state: null,
      obstacles: ['Locked after wrong passwords at 2026-11-21T11:55:00.000Z, unless that is over by now.'],
    })
  })

  test('without a directory it is refused, with a sentence', async () => {
    await expect(testDirectory(contextFor(null), null)).rejects.toThrow('PHOENIX_LDAP_HOST is not set')
  })
})

test.each([['a\0da'], ['x'.repeat(257)], [{ username: 1 }], [7]])('the name %j is refused', (username) => {
  expect(DirectoryTestInput.safeParse({ username }).success).toBe(false)
})
