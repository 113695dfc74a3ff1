/** Comparing accounts with a real directory, on both engines. One slapd serves all tests; each has accounts of its own. */
import { createServer } from 'node:net'
import { asc, eq, gt } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LdapConfig } from '#server/config/model'
import { syncAccounts } from '#server/ldap/sync'
import { claimSync, endSync, readSyncState } from '#server/ldap/sync-lease'
import { listNotices } from '#server/notices/notices'
import { updateUser } from '#server/users/update'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'
import { ldapSettings, mapping, PEOPLE, type Slapd, SUFFIX, startSlapd } from '../../test/slapd'

const CONTRACTORS = `ou=contractors,${SUFFIX}`
/** Entries of the built-in rows, which come first. */
const BUILT_IN = 2
const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', 'ivy', 'jon']

let slapd: Slapd
let settings: LdapConfig
let world: TestRuntime
/** The unique ids of the directory, by name. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  slapd = await startSlapd({
    people: [
      ...NAMES.map((uid, index) => ({ uid, mail: `${uid}@example.com`, guid: guidOf(index) })),
      { uid: 'kim', mail: 'kim@example.com', guid: guidOf(10), base: CONTRACTORS },
    ],
    groups: { admins: ['ada', 'bob'], members: [...NAMES] },
    posixGroups: { posix: ['ada', 'cyd'] },
  })
  for (const [index, name] of [...NAMES, 'kim'].entries())
    ids[name] = `00000000-0000-4000-8000-0000000000${index.toString(16).padStart(2, '0')}`
})
afterAll(() => slapd.stop())

/** A GUID as a domain controller writes it, with the number as its last byte. */
function guidOf(number: number): Buffer {
  return Buffer.from(
    `00000000000000408000000000000000`.slice(0, 30) + number.toString(16).padStart(2, '0'),
    'hex',
  )
}

beforeEach(async () => {
  settings = ldapSettings(slapd, {
    attributes: { email: 'mail', displayName: null, memberOf: 'memberOf', uniqueId: 'objectGUID' },
    roleMappings: [mapping('admins', 'ADMIN'), mapping('members', 'MEMBER')],
    userBases: [PEOPLE, CONTRACTORS],
    syncMinutes: 15,
  })
  world = await createTestRuntime({ config: { ldap: settings } as never })
})

const withSettings = (changes: Partial<LdapConfig>): TestRuntime => ({
  ...world,
  config: { ...world.config, ldap: { ...settings, ...changes } },
})

const person = (name: string, columns: Parameters<typeof createAccount>[1] = {}) =>
  createAccount(world, {
    username: name,
    email: `${name}@example.com`,
    authMethod: 'LDAP',
    ldapUniqueId: ids[name] ?? null,
    ...columns,
  })

async function read(id: number) {
  const { users } = world.db.t
  const [row] = await world.db.read.select().from(users).where(eq(users.id, id))
  if (!row) throw new Error('The account is gone')
  return row
}

async function entries() {
  const { auditEvents: t } = world.db.t
  const rows = await world.db.read.select().from(t).where(gt(t.id, BUILT_IN)).orderBy(asc(t.id))
  return rows.map(({ action, outcome, reason, target, actorKind, details }) => ({
    action,
    outcome,
    reason,
    target,
    actorKind,
    details: JSON.parse(details),
  }))
}

const notices = async () => (await listNotices(world)).map(({ id }) => id)
const admin = () => createAccount(world, { role: 'ADMIN' })

/** Runs with something changed in the directory, and puts that back. */
async function meanwhile(change: () => Promise<void>, back: () => Promise<void>, work: () => Promise<void>) {
  await change()
  try {
    await work()
  } finally {
    await back()
  }
}

describe('somebody whom the directory lets in', () => {
  test('stays as they are, and nothing is on record', async () => {
    const ada = await person('ada', { role: 'ADMIN' })
    const kim = await person('kim')
    expect(
      await syncAccounts(
        withSettings({
          roleMappings: [mapping('admins', 'ADMIN'), { group: '*', key: '*', role: 'MEMBER' }],
        }),
      ),
    ).toEqual({
      outcome: 'done',
      compared: 2,
      disabled: 0,
      enabled: 0,
      changedRoles: 0,
      kept: 0,
      unclear: 0,
      wouldDisable: 0,
      fault: null,
    })
    expect(await read(ada.id)).toMatchObject({ role: 'ADMIN', disabledAt: null })
    expect(await read(kim.id)).toMatchObject({ role: 'MEMBER', disabledAt: null })
    expect(await entries()).toEqual([])
  })

  test('gets the role of the groups they are in now, and their sessions end', async () => {
    await admin()
    const cyd = await person('cyd', { role: 'VIEWER' })
    const session = await createSession(world, cyd, { method: 'LDAP' })
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', changedRoles: 1 })
    expect((await read(cyd.id)).role).toBe('MEMBER')
    const { sessions } = world.db.t
    expect(await world.db.read.select().from(sessions).where(eq(sessions.id, session.sessionId))).toEqual([])
    expect(await entries()).toEqual([
      {
        action: 'user.changeRole',
        outcome: 'success',
        reason: null,
        target: `User:${cyd.id}`,
        actorKind: 'server',
        details: {
          method: 'LDAP',
          from: 'VIEWER',
          to: 'MEMBER',
          ended: 1,
          sessions: [`Session:${session.sessionId}`],
        },
      },
    ])
  })
})

describe('somebody who leaves', () => {
  const lock = (name: string, value: string[]) =>
    slapd.replace(slapd.dnOf(name), 'pwdAccountLockedTime', value)

  test('is disabled while the directory has them locked, and back after that with keys and sessions', async () => {
    await admin()
    const dan = await person('dan')
    const session = await createSession(world, dan, { method: 'LDAP' })
    await meanwhile(
      () => lock('dan', ['000001010000Z']),
      () => lock('dan', []),
      async () => {
        expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', disabled: 1 })
        expect(await read(dan.id)).toMatchObject({
          disabledReason: 'Locked in the directory',
          disabledByDirectory: true,
        })
        expect((await read(dan.id)).disabledAt).not.toBeNull()
        expect(await syncAccounts(world)).toMatchObject({ disabled: 0, enabled: 0 })
      },
    )
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', enabled: 1 })
    expect(await read(dan.id)).toMatchObject({
      disabledAt: null,
      disabledReason: null,
      disabledByDirectory: false,
    })
    const { sessions } = world.db.t
    const kept = await world.db.read.select().from(sessions).where(eq(sessions.id, session.sessionId))
    expect(kept).toHaveLength(1)
    expect((await entries()).map(({ action, details }) => [action, details.because])).toEqual([
      ['user.disable', 'directory-locked'],
      ['user.enable', undefined],
    ])
  })

  test('is disabled when the directory knows the id no more, whoever has the address now', async () => {
    await admin()
    const eve = await person('eve', { ldapUniqueId: '11111111-1111-4111-8111-111111111111' })
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', disabled: 1 })
    expect((await read(eve.id)).disabledReason).toBe('Not found in the directory any more')
  })

  test('is disabled when no group of theirs has a role', async () => {
    await admin()
    const fay = await person('fay')
    await syncAccounts(withSettings({ roleMappings: [mapping('admins', 'ADMIN')] }))
    expect((await read(fay.id)).disabledReason).toBe('In no group of the directory that has a role here')
  })

  test('is disabled when the filter of signing in leaves them out', async () => {
    await admin()
    const [gus, hal] = [await person('gus'), await person('hal')]
    await syncAccounts(
      withSettings({ userFilter: '(&(objectClass=person)(uid=%s)(!(mail=gus@example.com)))' }),
    )
    expect((await read(gus.id)).disabledByDirectory).toBe(true)
    expect((await read(hal.id)).disabledAt).toBeNull()
  })

  test('stays disabled when an admin did it, and the directory’s word is an admin’s once an admin repeats it', async () => {
    const boss = await admin()
    const ivy = await person('ivy', { disabledAt: new Date(), disabledReason: 'left' })
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', enabled: 0 })
    expect(await read(ivy.id)).toMatchObject({ disabledReason: 'left', disabledByDirectory: false })
    const jon = await person('jon', { disabledAt: new Date(), disabledByDirectory: true })
    const ctx = {
      ...world,
      actor: { kind: 'session', userId: boss.id, role: 'ADMIN' } as never,
      request: { address: null, userAgent: null },
    }
    await updateUser(ctx, jon.id, { disabled: true, disabled_reason: 'left as well' } as never)
    expect(await syncAccounts(world)).toMatchObject({ enabled: 0 })
    expect((await read(jon.id)).disabledAt).not.toBeNull()
  })

  test('people of other ways to sign in are nobody of the directory’s business', async () => {
    const local = await createAccount(world, { email: 'nobody@example.com', ldapUniqueId: 'x' })
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', compared: 0 })
    expect((await read(local.id)).disabledAt).toBeNull()
  })
})

describe('the last admin', () => {
  test('keeps the account and the role, with one entry on record and a notice until it is settled', async () => {
    const only = {
      config: testConfig({ ...world.config, auth: { ...world.config.auth, basicAuth: false } } as never),
    }
    const alone: TestRuntime = { ...world, ...only }
    const hal = await person('hal', { role: 'ADMIN', ldapUniqueId: '22222222-2222-4222-8222-222222222222' })
    expect(await syncAccounts(alone)).toMatchObject({ outcome: 'done', disabled: 0, kept: 1 })
    await syncAccounts(alone)
    expect((await read(hal.id)).disabledAt).toBeNull()
    expect(await notices()).toEqual(['ldap.last-admin'])
    expect((await entries()).map(({ action, outcome, reason }) => [action, outcome, reason])).toEqual([
      ['user.disable', 'failure', 'last-admin'],
    ])
    await person('ada', { role: 'ADMIN' })
    expect(await syncAccounts(alone)).toMatchObject({ disabled: 1, kept: 0 })
    expect(await notices()).toEqual([])
  })
})

describe('an answer from which nobody can be judged', () => {
  const gone = () => person('gus', { ldapUniqueId: '33333333-3333-4333-8333-333333333333' })

  test.each<[string, () => Partial<LdapConfig>, RegExp]>([
    [
      'a base that is not there',
      () => ({ userBases: [PEOPLE, `ou=nowhere,${SUFFIX}`] }),
      /A base does not exist/,
    ],
    [
      'a base that shows nobody',
      () => ({ userBases: [PEOPLE, `ou=groups,${SUFFIX}`] }),
      /ou=groups,dc=example,dc=com shows nobody/,
    ],
    [
      'an attribute for the id that nobody has',
      () => ({ attributes: { ...settings.attributes, uniqueId: 'title' } }),
      /shows nobody/,
    ],
    [
      'a base of groups that shows none',
      () => ({
        groupSearch: {
          filter: '(memberUid=%s)',
          bases: [`ou=groups,${SUFFIX}`, CONTRACTORS],
          userAttribute: 'uid',
        },
      }),
      /ou=contractors,dc=example,dc=com shows no group/,
    ],
    [
      'a service account whose password has changed',
      () => ({ bind: { dn: settings.bind?.dn ?? '', password: 'an old password' } }),
      /The service account was refused/,
    ],
  ])('changes nobody: %s', async (_, changes, fault) => {
    await admin()
    const gus = await gone()
    const report = await syncAccounts(withSettings(changes()))
    expect(report).toMatchObject({ outcome: 'failed', disabled: 0 })
    expect(report?.fault).toMatch(fault)
    expect((await read(gus.id)).disabledAt).toBeNull()
    expect(await notices()).toEqual(['ldap.sync-failed'])
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', disabled: 1 })
    expect(await notices()).toEqual([])
  })

  test('changes nobody: an attribute of groups that nobody has, as if nobody were in any', async () => {
    await admin()
    const gus = await person('gus')
    const attributes = { ...settings.attributes, memberOf: 'title' }
    const report = await syncAccounts(withSettings({ attributes }))
    expect(report).toMatchObject({ outcome: 'failed', disabled: 0 })
    expect(report?.fault).toMatch(/sees nobody’s title/)
    expect((await read(gus.id)).disabledAt).toBeNull()
  })

  test('a host that does not answer changes nobody, and the next one is asked', async () => {
    await admin()
    const gus = await gone()
    const deaf = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
    const { port } = deaf.address() as { port: number }
    expect(await syncAccounts(withSettings({ port }))).toMatchObject({ outcome: 'failed' })
    expect((await read(gus.id)).disabledAt).toBeNull()
    deaf.close()
    const hosts = ['127.99.99.99', ...settings.hosts]
    expect(await syncAccounts(withSettings({ hosts }))).toMatchObject({ outcome: 'done', disabled: 1 })
  })
})

describe('many at once', () => {
  const leave = (name: string, index: number) =>
    person(name, { ldapUniqueId: `44444444-4444-4444-8444-44444444444${index}` })

  test('five of ten change nobody and raise a notice, until an admin says that it is right', async () => {
    await admin()
    const left = await Promise.all(NAMES.slice(0, 5).map(leave))
    for (const name of NAMES.slice(5)) await person(name)
    const report = await syncAccounts(world)
    expect(report).toMatchObject({ outcome: 'stopped', wouldDisable: 5, disabled: 0 })
    expect(report?.fault).toContain('5 of 10 accounts')
    expect(await notices()).toEqual(['ldap.sync-stopped'])
    for (const { id } of left) expect((await read(id)).disabledAt).toBeNull()
    expect(await syncAccounts(world, 0, { evenMany: true })).toMatchObject({ outcome: 'done', disabled: 5 })
    expect(await notices()).toEqual([])
  })

  test('four of four go', async () => {
    await admin()
    await Promise.all(NAMES.slice(0, 4).map(leave))
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', disabled: 4 })
  })
})

describe('groups that are searched for', () => {
  test('are found by the name of the entry when signing in takes the typed one', async () => {
    await admin()
    const [cyd, dan] = [await person('cyd', { role: 'VIEWER' }), await person('dan')]
    await syncAccounts(
      withSettings({
        userFilter: '(uid=%s)',
        groupSearch: { filter: '(memberUid=%s)', bases: [`ou=groups,${SUFFIX}`], userAttribute: null },
        roleMappings: [mapping('posix', 'MEMBER')],
      }),
    )
    expect((await read(cyd.id)).role).toBe('MEMBER')
    expect((await read(dan.id)).disabledReason).toBe('In no group of the directory that has a role here')
  })
})

describe('a directory without unique ids', () => {
  const attributes = { email: 'mail', displayName: null, memberOf: 'memberOf', uniqueId: null }

  test('is asked by address', async () => {
    await admin()
    const ada = await person('ada', { role: 'ADMIN', ldapUniqueId: null })
    const old = await person('old', { ldapUniqueId: null })
    expect(await syncAccounts(withSettings({ attributes }))).toMatchObject({ disabled: 1, unclear: 0 })
    expect((await read(ada.id)).disabledAt).toBeNull()
    expect((await read(old.id)).disabledAt).not.toBeNull()
  })

  test('says nothing of an account without address, which stays', async () => {
    await admin()
    const nameless = await person('nameless', { ldapUniqueId: null, email: null })
    expect(await syncAccounts(withSettings({ attributes }))).toMatchObject({ disabled: 0, unclear: 1 })
    expect((await read(nameless.id)).disabledAt).toBeNull()
  })
})

describe('several replicas', () => {
  test('only one of five that come at once compares', async () => {
    await admin()
    const reports = await Promise.all(Array.from({ length: 5 }, () => syncAccounts(world, 60_000)))
    expect(reports.filter((report) => report !== null)).toHaveLength(1)
    expect(await syncAccounts(world, 60_000)).toBeNull()
    expect(await syncAccounts(world, 0)).not.toBeNull()
  })

  test('a turn whose replica has died is somebody else’s after two minutes', async () => {
    const later = (seconds: number) => ({ ...world, clock: () => new Date(Date.now() + seconds * 1_000) })
    const turn = await claimSync(world, 0)
    expect(turn).not.toBeNull()
    expect(await claimSync(later(110), 0)).toBeNull()
    const next = await claimSync(later(130), 0)
    expect(next).not.toBeNull()
    // The first comes back to life: it neither ends nor overwrites the turn of the other.
    await endSync(world, turn as Date, null)
    expect((await readSyncState(later(131))).isRunning).toBe(true)
  })
})
