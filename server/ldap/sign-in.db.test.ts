/** Signing in with a directory, from the route to a running slapd. */
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { POST } from '#app/auth/ldap/login/route'
import { POST as localLogin } from '#app/auth/login/route'
import { settleFloods } from '#server/audit/flood'
import { authenticate } from '#server/auth/authenticate'
import type { LdapConfig } from '#server/config/model'
import type { User } from '#server/users/find'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { call } from '../../test/call'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import {
  GROUPS,
  isEndOfConnection,
  ldapSettings,
  mapping,
  PEOPLE,
  PERSON_PASSWORD,
  type Slapd,
  SUFFIX,
  startSlapd,
} from '../../test/slapd'

// When refusals are answered is tried where times are compared.
vi.mock('#server/ldap/answer-time', () => ({
  noteTimeOfKnown: () => {},
  untilRefusalIsDue: async () => {},
}))

const GUID = Buffer.from('c7e412221e050c4d9a5b12770a9bb7ab', 'hex')
const CONTRACTORS = `ou=contractors,${SUFFIX}`
const mail = (name: string) => `${name}@example.com`
const person = (uid: string, more = {}) => ({ uid, mail: mail(uid), ...more })

let slapd: Slapd
let world: TestRuntime

beforeAll(async () => {
  slapd = await startSlapd({
    people: [
      person('ada', { displayName: 'Ada Lovelace', guid: GUID, sAMAccountName: 'ADA' }),
      person('bob', { mail: 'Bob@Example.com', displayName: 'Bob' }),
      person('cy', { displayName: 'Bob' }),
      person('lonely'),
      person('nomail', { mail: undefined, displayName: 'No Mail' }),
      person('umlaut', { displayName: 'Zoë Müller 李' }),
      person('twin', { cn: 'one' }),
      person('twin', { cn: 'other', base: CONTRACTORS }),
      person('dana', { base: CONTRACTORS }),
      person('double', { cn: 'first', mail: 'shared@example.com' }),
      person('double2', { cn: 'second', mail: 'shared@example.com' }),
      person('odd, name (x)*', { displayName: 'Odd' }),
      person('taken', { mail: 'local@example.com' }),
    ],
    groups: {
      admins: ['ada', 'bob'],
      users: ['ada', 'cy', 'nomail', 'umlaut', 'twin', 'odd, name (x)*', 'taken'],
      'comma, inside': ['cy'],
    },
    posixGroups: { staff: ['ada', 'dana'], Cased: ['ADA'] },
  })
}, 60_000)
afterAll(() => slapd?.stop())

beforeEach(async () => {
  world = await start()
})

function start(ldap: Partial<LdapConfig> = {}, auth = {}): Promise<TestRuntime> {
  return createTestRuntime({ config: { ldap: ldapSettings(slapd, ldap), auth } })
}

const post = (username: unknown, password: unknown = PERSON_PASSWORD) =>
  call(POST, {
    method: 'POST',
    path: '/auth/ldap/login',
    headers: { host: 'localhost:6006', 'x-bennu-peer': '192.0.2.7' },
    body: { username, password },
  })

/** What the directory was asked since the log was last taken; the end of an earlier connection may be logged late. */
const asked = async () => (await slapd.takeLog()).filter((line) => !isEndOfConnection(line))

async function accounts(): Promise<User[]> {
  const { users } = world.db.t
  return world.db.read.select().from(users).where(eq(users.authMethod, 'LDAP')).orderBy(users.id)
}

/** Signs in and returns the account; fails when nobody comes in. */
async function enter(username: string): Promise<User> {
  const answer = await post(username)
  expect(answer.status, answer.text).toBe(204)
  const [access] = answer.headers.getSetCookie().map((line) => line.split(';')[0]?.split('=')[1])
  const { actor } = await authenticate(world, { authorization: null, accessCookie: access ?? '' })
  const { users } = world.db.t
  const userId = 'userId' in actor ? actor.userId : 0
  const [user] = await world.db.read
    .select()
    .from(users)
    .where(eq(users.id, userId ?? 0))
  return user as User
}

/** The one answer to whoever does not come in. */
async function expectRefused(username: unknown, password?: unknown) {
  const answer = await post(username, password)
  expect([answer.status, answer.text]).toEqual([401, 'Wrong user name or password'])
  expect(answer.headers.getSetCookie()).toEqual([])
}

async function lastEntry() {
  await settleFloods(world.db)
  const { auditEvents: t } = world.db.t
  const [entry] = await world.db.read
    .select()
    .from(t)
    .where(eq(t.action, 'session.login'))
    .orderBy(desc(t.id))
    .limit(1)
  return entry ? { ...entry, details: JSON.parse(entry.details) } : null
}

describe('coming in', () => {
  test('makes an account with the name, the address in small letters and the role of the first mapping', async () => {
    const user = await enter('bob')
    expect(user).toMatchObject({
      username: 'Bob',
      email: 'bob@example.com',
      role: 'ADMIN',
      authMethod: 'LDAP',
    })
    expect(user).toMatchObject({ passwordHash: null, resetPassword: false, ldapUniqueId: null })
  })

  test('is on record with the host and the group that gave the role', async () => {
    const user = await enter('bob')
    const entry = await lastEntry()
    expect(entry).toMatchObject({ outcome: 'success', target: `User:${user.id}`, actorName: 'Bob' })
    expect(entry?.details).toMatchObject({ method: 'LDAP', host: '127.0.0.1', group: `cn=admins,${GROUPS}` })
  })

  test('a second time finds the account again, and the name stays as it was', async () => {
    const first = await enter('ada')
    expect((await enter('ADA ')).id).toBe(first.id)
    expect(await accounts()).toHaveLength(1)
  })

  test('who has no display name is called as they typed', async () => {
    world = await start({ roleMappings: [{ group: '*', key: '*', role: 'VIEWER' }] })
    expect((await enter('lonely')).username).toBe('lonely')
  })

  test('a name that somebody has already gets an ending', async () => {
    await enter('bob')
    expect((await enter('cy')).username).toMatch(/^Bob \([0-9a-f]{6}\)$/)
  })

  test('letters of all the world arrive', async () => {
    expect((await enter('umlaut')).username).toBe('Zoë Müller 李')
  })

  test('a name with every special character is found, literally', async () => {
    expect((await enter('odd, name (x)*')).username).toBe('Odd')
  })
})

describe('one answer for all who do not come in, and the reason on record', () => {
  test.each([
    ['a name that nobody has', 'nobody', PERSON_PASSWORD, 'directory-unknown'],
    ['a wrong password', 'ada', 'wrong', 'wrong-password'],
    ['nobody of a mapped group', 'lonely', PERSON_PASSWORD, 'no-group'],
    ['no address where there should be one', 'nomail', PERSON_PASSWORD, 'no-mail-attribute'],
    ['a name longer than 256 characters', 'x'.repeat(257), PERSON_PASSWORD, 'not-a-password'],
    ['a password longer than 1024 characters', 'ada', 'x'.repeat(1025), 'not-a-password'],
    ['a password that begins with a NUL', 'ada', '\0', 'not-a-password'],
    ['a NUL behind the name', 'ada\0', PERSON_PASSWORD, 'not-a-name'],
    ['a line break within the name', 'a\nda', PERSON_PASSWORD, 'not-a-name'],
  ])('%s', async (_, username, password, reason) => {
    await expectRefused(username, password)
    expect(await lastEntry()).toMatchObject({ outcome: 'failure', reason, details: { method: 'LDAP' } })
    expect(await accounts()).toEqual([])
  })

  test('a name that two people have', async () => {
    world = await start({ userFilter: '(mail=%s)' })
    await expectRefused('shared@example.com')
    expect(await lastEntry()).toMatchObject({ reason: 'ambiguous' })
  })

  test('an account that is disabled here', async () => {
    const { id } = await enter('ada')
    const { users } = world.db.t
    await world.db.write((tx) => tx.update(users).set({ disabledAt: new Date() }).where(eq(users.id, id)))
    await expectRefused('ada')
    expect(await lastEntry()).toMatchObject({ reason: 'disabled', target: `User:${id}` })
  })

  test('what was typed as a name is kept only when the directory knows it', async () => {
    await expectRefused('my secret password', 'x')
    expect((await lastEntry())?.actorName).toBe('(not a name of the directory)')
    await expectRefused('ada', 'x')
    expect((await lastEntry())?.actorName).toBe('ada')
  })

  test('an account that is locked in the directory', async () => {
    await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', ['000001010000Z'])
    await expectRefused('ada')
    await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', [])
    expect((await enter('ada')).username).toBe('Ada Lovelace')
  })
})

describe('what is missing', () => {
  test.each([
    ['no name', undefined, 'x'],
    ['an empty name', '', 'x'],
    ['a blank name', '   ', 'x'],
    ['no password', 'ada', undefined],
    ['an empty password', 'ada', ''],
    ['a blank password', 'ada', '  \t '],
    ['neither', null, null],
  ])('%s never reaches the directory', async (_, username, password) => {
    await slapd.takeLog()
    const answer = await call(POST, { method: 'POST', body: { username, password } })
    expect([answer.status, answer.text]).toEqual([401, 'User name and password are required'])
    expect(await asked()).toEqual([])
  })
})

describe('where people are', () => {
  test('further places are searched, and the first that has somebody counts', async () => {
    world = await start({ userBases: [PEOPLE, CONTRACTORS], roleMappings: [mapping('users', 'MEMBER')] })
    await slapd.takeLog()
    // Of the two, only the one among PEOPLE is in the group.
    await enter('twin')
    const searched = (await slapd.takeLog()).filter((line) => line.includes(' SRCH base='))
    expect(searched).toHaveLength(2)
  })

  test('a place that is not there holds nobody, and hides nobody', async () => {
    world = await start({ userBases: [`ou=gone,${SUFFIX}`, PEOPLE] })
    expect((await enter('ada')).username).toBe('Ada Lovelace')
  })

  test('a search without a service account works where the directory allows it', async () => {
    world = await start({ bind: null })
    expect((await enter('ada')).username).toBe('Ada Lovelace')
  })
})

describe('groups', () => {
  const staff = mapping('staff', 'VIEWER')
  const search = { filter: '(&(objectClass=posixGroup)(memberUid=%s))', bases: [GROUPS], userAttribute: null }

  test('a search by the name that was typed', async () => {
    world = await start({ groupSearch: search, roleMappings: [staff] })
    expect((await enter('ada')).role).toBe('VIEWER')
  })

  test('memberUid is exact about capitals, so the attribute of the entry is the better value', async () => {
    world = await start({ groupSearch: search, roleMappings: [staff] })
    await expectRefused('Ada')
    world = await start({ groupSearch: { ...search, userAttribute: 'uid' }, roleMappings: [staff] })
    expect((await enter('Ada')).role).toBe('VIEWER')
  })

  test('a search by the DN, which no directory needs to have as an attribute', async () => {
    const byDn = { filter: '(member=%s)', bases: [GROUPS], userAttribute: 'entryDN' }
    world = await start({ groupSearch: byDn })
    expect((await enter('odd, name (x)*')).role).toBe('MEMBER')
  })

  test('an attribute that the person lacks means no groups', async () => {
    world = await start({
      groupSearch: { ...search, userAttribute: 'employeeNumber' },
      roleMappings: [staff],
    })
    await expectRefused('ada')
  })

  test('a place of groups that is not there leaves the others', async () => {
    const bases = [`ou=gone,${SUFFIX}`, GROUPS]
    world = await start({ groupSearch: { ...search, bases }, roleMappings: [staff] })
    expect((await enter('ada')).role).toBe('VIEWER')
  })

  test('the first mapping that fits decides, not the highest role', async () => {
    world = await start({ roleMappings: [mapping('users', 'VIEWER'), mapping('admins', 'ADMIN')] })
    expect((await enter('ada')).role).toBe('VIEWER')
  })

  test('* is everybody, even who has no group', async () => {
    world = await start({
      roleMappings: [mapping('admins', 'ADMIN'), { group: '*', key: '*', role: 'VIEWER' }],
    })
    expect((await enter('lonely')).role).toBe('VIEWER')
  })

  test('a mapping whose comma is escaped in another way than the directory does it', async () => {
    const group = `CN=Comma\\2C Inside, OU=Groups,${SUFFIX}`
    const { canonicalDn } = await import('#server/ldap/dn')
    const key = canonicalDn(group) as string
    world = await start({ roleMappings: [{ group, key, role: 'VIEWER' }] })
    expect((await enter('cy')).role).toBe('VIEWER')
  })
})

describe('accounts that are there', () => {
  const withId = (attribute: string) => ({
    attributes: { email: 'mail', displayName: 'displayName', memberOf: 'memberOf', uniqueId: attribute },
  })
  const STORED = '2212e4c7-051e-4d0c-9a5b-12770a9bb7ab'

  test('one that was made before is matched by its address', async () => {
    const made = await createAccount(world, {
      username: 'early',
      email: 'ada@example.com',
      authMethod: 'LDAP',
    })
    expect(await enter('ada')).toMatchObject({ id: made.id, username: 'early', role: 'ADMIN' })
  })

  test('role and address follow the directory at every sign-in', async () => {
    world = await start(withId('objectGUID'))
    const first = await enter('ada')
    expect(first).toMatchObject({ role: 'ADMIN', email: 'ada@example.com', ldapUniqueId: STORED })
    await createAccount(world, { role: 'ADMIN' })
    const { users } = world.db.t
    await world.db.write((tx) =>
      tx.update(users).set({ role: 'VIEWER', email: 'old@example.com' }).where(eq(users.id, first.id)),
    )
    expect(await enter('ada')).toMatchObject({ id: first.id, role: 'ADMIN', email: 'ada@example.com' })
  })

  test('without a unique id a new address is a new account', async () => {
    const made = await createAccount(world, { email: 'former@example.com', authMethod: 'LDAP' })
    expect((await enter('ada')).id).not.toBe(made.id)
  })

  test('an account without an id takes it over', async () => {
    world = await start(withId('objectGUID'))
    const made = await createAccount(world, { email: 'ada@example.com', authMethod: 'LDAP' })
    expect(await enter('ada')).toMatchObject({ id: made.id, ldapUniqueId: STORED })
  })

  test('an id in capitals, as an import may leave it, is put right', async () => {
    world = await start(withId('objectGUID'))
    const columns = {
      email: 'ada@example.com',
      authMethod: 'LDAP',
      ldapUniqueId: STORED.toUpperCase(),
    } as const
    const made = await createAccount(world, columns)
    expect(await enter('ada')).toMatchObject({ id: made.id, ldapUniqueId: STORED })
  })

  test('an address that somebody else had before does not open their account', async () => {
    world = await start(withId('objectGUID'))
    const columns = { email: 'ada@example.com', authMethod: 'LDAP', ldapUniqueId: 'somebody-else' } as const
    const made = await createAccount(world, columns)
    await expectRefused('ada')
    expect(await lastEntry()).toMatchObject({ reason: 'other-identity', target: `User:${made.id}` })
  })

  test('an id of text is kept in small letters', async () => {
    world = await start(withId('sAMAccountName'))
    expect(await enter('ada')).toMatchObject({ ldapUniqueId: 'ada' })
  })

  test('entryUUID is asked for by name, as only that brings it', async () => {
    world = await start(withId('entryUUID'))
    expect((await enter('ada')).ldapUniqueId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  test('somebody without the id does not come in', async () => {
    world = await start(withId('objectGUID'))
    await expectRefused('bob')
    expect(await lastEntry()).toMatchObject({ reason: 'no-unique-id' })
  })

  test('where nobody has an address the id alone counts', async () => {
    const attributes = {
      email: null,
      displayName: 'displayName',
      memberOf: 'memberOf',
      uniqueId: 'entryUUID',
    }
    world = await start({ attributes })
    const user = await enter('nomail')
    expect(user).toMatchObject({ username: 'No Mail', email: null, role: 'MEMBER' })
    expect((await enter('nomail')).id).toBe(user.id)
  })

  test('without sign-up nobody new comes in, and those who are there do', async () => {
    world = await start({ allowSignUp: false })
    await expectRefused('ada')
    expect(await lastEntry()).toMatchObject({ reason: 'sign-up-closed', actorName: 'ada' })
    await createAccount(world, { email: 'ada@example.com', authMethod: 'LDAP' })
    expect((await enter('ada')).email).toBe('ada@example.com')
  })

  test.each(['LOCAL', 'OAUTH2'] as const)(
    'an account of %s with the address stays what it is',
    async (method) => {
      const theirs = await createAccount(world, { email: 'local@example.com', authMethod: method })
      await expectRefused('taken')
      const { users } = world.db.t
      const [after] = await world.db.read.select().from(users).where(eq(users.id, theirs.id))
      expect(after).toEqual(theirs)
      expect(await accounts()).toEqual([])
    },
  )

  test('an account of the directory has no password here', async () => {
    await enter('ada')
    const answer = await call(localLogin, {
      method: 'POST',
      body: { email: 'ada@example.com', password: PERSON_PASSWORD },
    })
    expect(answer.status).toBe(401)
  })

  test('with passwords switched off the directory is still a way in', async () => {
    world = await start({}, { basicAuth: false })
    expect((await enter('ada')).role).toBe('ADMIN')
  })
})

describe('limits', () => {
  test('after five failures the name is locked, and the right password does not open it', async () => {
    world = await start({}, { lockoutAfter: 5 })
    for (let n = 0; n < 5; n++) await expectRefused('ada', 'wrong')
    const answer = await post('Ada')
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([429, 'locked'])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('spellings that a directory takes for one name are counted as one', async () => {
    world = await start({}, { lockoutAfter: 5 })
    for (const spelling of ['ada', 'ＡDA', 'ａda', 'adá', 'a\u200bda']) await expectRefused(spelling, 'wrong')
    expect((await post('ada')).status).toBe(429)
  })

  test('names that lead to one person are counted for that person, and no answer says so', async () => {
    world = await start({ userFilter: '(|(uid=%s)(mail=%s))' }, { lockoutAfter: 5 })
    for (const name of ['ada', 'ada@example.com', 'ada', 'ada@example.com', 'ada'])
      await expectRefused(name, 'wrong')
    await slapd.takeLog()
    await expectRefused('ada')
    expect((await slapd.takeLog()).filter((line) => line.includes(' BIND dn="uid=ada,'))).toEqual([])
    expect(await lastEntry()).toMatchObject({ reason: 'locked', actorName: 'ada' })
  })

  test('names that nobody has are locked alike', async () => {
    world = await start({}, { lockoutAfter: 2 })
    for (let n = 0; n < 2; n++) await expectRefused('nobody')
    expect((await post('nobody')).status).toBe(429)
  })

  test('coming in forgets earlier failures', async () => {
    world = await start({}, { lockoutAfter: 2 })
    for (let n = 0; n < 3; n++) {
      await expectRefused('ada', 'wrong')
      await enter('ada')
    }
  })

  test('coming in lifts no lock of a password', async () => {
    world = await start({ userFilter: '(mail=%s)' }, { lockoutAfter: 2 })
    await createAccount(world, { email: 'bob@example.com' })
    const local = (password: string) =>
      call(localLogin, { method: 'POST', body: { email: 'ada@example.com', password } })
    for (let n = 0; n < 2; n++) await local('wrong')
    await enter('ada@example.com')
    expect((await local(TEST_PASSWORD)).status).toBe(429)
  })

  test('refusals that are no guess are not counted', async () => {
    world = await start({ allowSignUp: false }, { lockoutAfter: 2 })
    for (let n = 0; n < 4; n++) await expectRefused('ada')
  })

  test('a client that comes too often is refused before the directory is asked', async () => {
    const limits = { enabled: true, login: { count: 2, windowMs: 60_000 } }
    world = await createTestRuntime({ config: { ldap: ldapSettings(slapd), limits } })
    for (let n = 0; n < 2; n++) await expectRefused('nobody')
    await slapd.takeLog()
    expect((await post('ada')).status).toBe(429)
    expect(await asked()).toEqual([])
  })
})

describe('trouble with the directory', () => {
  test('is said, and counts as nobody’s failure', async () => {
    world = await start({ port: 9 }, { lockoutAfter: 1 })
    for (let n = 0; n < 2; n++) {
      const answer = await post('ada')
      expect([answer.status, answer.text]).toEqual([
        503,
        'The directory does not answer: try again in a moment',
      ])
    }
    expect(await lastEntry()).toMatchObject({ reason: 'directory-away', details: { trouble: 'refused' } })
  })

  test('a service account that is refused is trouble of ours, not a wrong password of theirs', async () => {
    world = await start({ bind: { dn: slapd.dnOf('ada'), password: 'wrong' } })
    expect((await post('ada')).status).toBe(503)
    expect(await lastEntry()).toMatchObject({
      actorName: '(not looked up)',
      details: { step: 'bind', trouble: 'credentials' },
    })
  })

  test('without a directory there is no such address', async () => {
    world = await createTestRuntime({})
    expect((await post('ada')).status).toBe(404)
  })
})
