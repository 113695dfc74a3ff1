/** Comparing accounts with a real directory, on both engines. One slapd serves all tests; each has accounts of its own. */
import { connect, createServer } from 'node:net'
import { asc, eq, gt } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LdapConfig } from '#server/config/model'
import { signInWithDirectory } from '#server/ldap/sign-in'
import { syncAccounts } from '#server/ldap/sync'
import { applySync } from '#server/ldap/sync-apply'
import { claimSync, endSync, readSyncState } from '#server/ldap/sync-lease'
import { listNotices } from '#server/notices/notices'
import { updateUser } from '#server/users/update'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'
import {
  ldapSettings,
  mapping,
  PEOPLE,
  PERSON_PASSWORD,
  type Slapd,
  SUFFIX,
  startSlapd,
} from '../../test/slapd'

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

/** A relay on the port of the directory that passes on its first four answers and no more. */
async function startHalfSilent(port: number, host: string) {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let answers = 0
    upstream.on('data', (data: Buffer) => {
      answers += 1
      if (answers <= 4) client.write(data)
    })
    client.on('data', (data: Buffer) => void upstream.write(data))
    for (const socket of [client, upstream])
      socket.on('error', () => {}).on('close', () => [client, upstream].map((one) => one.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return server
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

  describe('locked after wrong passwords', () => {
    const policy = `cn=own-policy,${SUFFIX}`
    const minutesAgo = (minutes: number) =>
      new Date(Date.now() - minutes * 60_000).toISOString().replace(/[-:T]|\.\d+/g, '')
    /** @param seconds how long the policy has accounts locked; null for an entry without a policy of its own */
    const compareLocked = async (lockedMinutesAgo: number, seconds: number | null) => {
      await admin()
      const fay = await person('fay')
      const dn = slapd.dnOf('fay')
      if (seconds !== null) {
        await slapd.add(policy, {
          objectClass: ['organizationalRole', 'pwdPolicy'],
          cn: 'own-policy',
          pwdAttribute: 'userPassword',
          pwdLockout: 'TRUE',
          pwdMaxFailure: '3',
          pwdLockoutDuration: `${seconds}`,
        })
        await slapd.replace(dn, 'pwdPolicySubentry', [policy])
      }
      await lock('fay', [minutesAgo(lockedMinutesAgo)])
      try {
        const report = await syncAccounts(world)
        return {
          disabled: report?.disabled,
          unclear: report?.unclear,
          state: (await read(fay.id)).disabledReason,
        }
      } finally {
        await lock('fay', [])
        if (seconds !== null) {
          await slapd.replace(dn, 'pwdPolicySubentry', [])
          await slapd.remove(policy)
        }
      }
    }

    test('is disabled while the policy says that it lasts', async () => {
      const state = 'Locked in the directory'
      expect(await compareLocked(10, 3_600)).toEqual({ disabled: 1, unclear: 0, state })
    })

    test('is disabled where the policy has it locked for good', async () => {
      expect(await compareLocked(600, 0)).toMatchObject({ disabled: 1 })
    })

    test('stays when the lock is long over, of which the mark remains', async () => {
      expect(await compareLocked(60, 60)).toEqual({ disabled: 0, unclear: 0, state: null })
    })

    test('stays where nobody can read how long it lasts, and is counted', async () => {
      expect(await compareLocked(1, null)).toEqual({ disabled: 0, unclear: 1, state: null })
    })
  })

  test('comes back by signing in, once the directory lets them', async () => {
    const bob = await person('bob', {
      role: 'ADMIN',
      disabledAt: new Date(),
      disabledReason: 'Locked in the directory',
      disabledByDirectory: true,
    })
    const ctx = {
      ...world,
      actor: { kind: 'anonymous' as const },
      request: { requestId: 'r', address: null, userAgent: null },
    }
    await signInWithDirectory(ctx, { username: 'bob', password: PERSON_PASSWORD })
    expect(await read(bob.id)).toMatchObject({
      disabledAt: null,
      disabledReason: null,
      disabledByDirectory: false,
    })
    expect((await entries()).map(({ action }) => action)).toEqual(['user.enable', 'session.login'])
    const cyd = await person('cyd', { disabledAt: new Date(), disabledReason: 'by hand' })
    await expect(signInWithDirectory(ctx, { username: 'cyd', password: PERSON_PASSWORD })).rejects.toThrow(
      'Wrong',
    )
    expect((await read(cyd.id)).disabledAt).not.toBeNull()
  })

  test('stays when they have signed in since the directory was asked', async () => {
    await admin()
    const gus = await person('gus')
    const plan = {
      disable: [{ userId: gus.id, why: 'directory-gone' as const }],
      enable: [],
      changeRole: [],
      unclear: 0,
      isStopped: false,
    }
    const server = {
      ...world,
      actor: { kind: 'server' as const },
      request: { address: null, userAgent: null },
    }
    const before = new Date(Date.now() - 60_000)
    await world.db.write((tx) =>
      tx
        .update(world.db.t.users)
        .set({ updatedAt: new Date(0) })
        .where(eq(world.db.t.users.id, gus.id)),
    )
    await createSession(world, gus, { method: 'LDAP' })
    expect(await applySync(server, plan, before)).toMatchObject({ disabled: 0 })
    expect(await applySync(server, plan, new Date(Date.now() + 1_000))).toMatchObject({ disabled: 1 })
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
      /ou=nowhere,dc=example,dc=com does not exist/,
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

  test('changes nobody: groups that cannot be seen, where everybody has a role', async () => {
    const ada = await person('ada', { role: 'ADMIN' })
    const attributes = { ...settings.attributes, memberOf: 'title' }
    const roleMappings = [mapping('admins', 'ADMIN'), { group: '*', key: '*', role: 'VIEWER' as const }]
    expect(await syncAccounts(withSettings({ attributes, roleMappings }))).toMatchObject({
      outcome: 'failed',
    })
    expect((await read(ada.id)).role).toBe('ADMIN')
  })

  test('changes nobody: members of groups that cannot be seen, asked for with a matching rule', async () => {
    await admin()
    const ada = await person('ada')
    const groupSearch = {
      // slapd knows this rule for the attribute; no group has it.
      filter: '(seeAlso:2.5.13.1:=%s)',
      bases: [`ou=groups,${SUFFIX}`],
      userAttribute: 'entryDN',
    }
    const report = await syncAccounts(withSettings({ groupSearch }))
    expect(report?.fault).toMatch(/shows no group/)
    expect((await read(ada.id)).disabledAt).toBeNull()
  })

  test('changes nobody: an attribute for the groups that no entry shows', async () => {
    await admin()
    const ada = await person('ada')
    const groupSearch = { filter: '(memberUid=%s)', bases: [`ou=groups,${SUFFIX}`], userAttribute: 'title' }
    expect((await syncAccounts(withSettings({ groupSearch })))?.fault).toMatch(/sees nobody’s title/)
    expect((await read(ada.id)).disabledAt).toBeNull()
  })

  test('a host that falls silent half-way changes nobody, and the next one is asked', async () => {
    await admin()
    const gus = await gone()
    const silent = await startHalfSilent(slapd.port, '127.0.0.41')
    const report = await syncAccounts(
      withSettings({ hosts: ['127.0.0.41', ...settings.hosts], tls: { ...settings.tls, verify: false } }),
    )
    silent.close()
    expect(report).toMatchObject({ outcome: 'done', disabled: 1 })
    expect((await read(gus.id)).disabledByDirectory).toBe(true)
  }, 30_000)

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
  const asAdmin = (id: number) => ({
    ...world,
    actor: {
      kind: 'session' as const,
      userId: id,
      role: 'ADMIN' as const,
      mustReset: false,
      accessTokenId: 1,
      sessionId: 1,
    },
    request: { address: null, userAgent: null },
  })

  test('five of ten change nobody and raise a notice, until an admin says that it is right', async () => {
    const boss = await admin()
    const left = await Promise.all(NAMES.slice(0, 5).map(leave))
    for (const name of NAMES.slice(5)) await person(name)
    const report = await syncAccounts(world)
    expect(report).toMatchObject({ outcome: 'stopped', wouldDisable: 5, disabled: 0 })
    expect(report?.fault).toContain('5 of 10 accounts')
    expect(await notices()).toEqual(['ldap.sync-stopped'])
    for (const { id } of left) expect((await read(id)).disabledAt).toBeNull()
    const by = asAdmin(boss.id)
    // Meanwhile there are more than the admin has seen.
    expect(await syncAccounts(world, 0, { atMost: 4, by })).toMatchObject({ outcome: 'stopped', disabled: 0 })
    expect(await syncAccounts(world, 0, { atMost: 5, by })).toMatchObject({ outcome: 'done', disabled: 5 })
    expect(await notices()).toEqual([])
    expect((await entries())[0]).toMatchObject({
      action: 'directory.compare',
      actorKind: 'session',
      details: { accounts: 5 },
    })
  })

  test('four of four whom it has in no group with a role go', async () => {
    await admin()
    for (const name of NAMES.slice(2, 6)) await person(name)
    const roleMappings = [mapping('admins', 'ADMIN')]
    expect(await syncAccounts(withSettings({ roleMappings }))).toMatchObject({ outcome: 'done', disabled: 4 })
  })

  test('that it finds none of several is an empty answer, and changes nobody', async () => {
    await admin()
    const [one, other] = await Promise.all(NAMES.slice(0, 2).map(leave))
    expect(await syncAccounts(world)).toMatchObject({ outcome: 'stopped', wouldDisable: 2 })
    expect((await read(one?.id ?? 0)).disabledAt).toBeNull()
    expect((await read(other?.id ?? 0)).disabledAt).toBeNull()
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

describe('an id that is neither a GUID nor plain text', () => {
  const bytes = Buffer.from('0105000000000005150000000102030405060708f4010000', 'hex')

  test('is found by its bytes', async () => {
    await admin()
    const hal = await person('hal', { ldapUniqueId: bytes.toString('hex'), email: null })
    await meanwhile(
      () => slapd.replace(slapd.dnOf('hal'), 'objectGUID', [bytes]),
      () => slapd.replace(slapd.dnOf('hal'), 'objectGUID', [guidOf(7)]),
      async () => {
        expect(await syncAccounts(world)).toMatchObject({ outcome: 'done', disabled: 0, unclear: 0 })
        expect((await read(hal.id)).disabledAt).toBeNull()
      },
    )
  })

  test('is found by the address where the directory compares ids in another way', async () => {
    await admin()
    const ivy = await person('ivy', { ldapUniqueId: 'ivy of old' })
    const attributes = { ...settings.attributes, uniqueId: 'userPKCS12' }
    // No directory finds it: this attribute cannot be compared.
    await meanwhile(
      () => slapd.replace(slapd.dnOf('ivy'), 'userPKCS12', [Buffer.from('Ivy of Old')]),
      () => slapd.replace(slapd.dnOf('ivy'), 'userPKCS12', []),
      async () => {
        expect(await syncAccounts(withSettings({ attributes, userBases: [PEOPLE] }))).toMatchObject({
          disabled: 0,
        })
      },
    )
    expect((await read(ivy.id)).disabledAt).toBeNull()
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

  test('knows a person by any of their addresses', async () => {
    await admin()
    const jon = await person('jon', { ldapUniqueId: null, email: 'second@example.com' })
    await meanwhile(
      () => slapd.replace(slapd.dnOf('jon'), 'mail', ['first@example.com', 'second@example.com']),
      () => slapd.replace(slapd.dnOf('jon'), 'mail', ['jon@example.com']),
      async () => {
        expect(await syncAccounts(withSettings({ attributes }))).toMatchObject({ disabled: 0 })
      },
    )
    expect((await read(jon.id)).disabledAt).toBeNull()
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

  test('a replica that was held up for longer than its turn changes nobody', async () => {
    await admin()
    const gus = await person('gus', { ldapUniqueId: '55555555-5555-4555-8555-555555555555' })
    const deaf = createServer(() => {})
    await new Promise<void>((resolve) => deaf.listen(slapd.port, '127.0.0.42', resolve))
    const held = syncAccounts(withSettings({ hosts: ['127.0.0.42', ...settings.hosts] }))
    const refused = expect(held).rejects.toThrow('Another server has taken over')
    await expect.poll(async () => (await readSyncState(world)).isRunning).toBe(true)
    const later = { ...world, clock: () => new Date(Date.now() + 130_000) }
    expect(await claimSync(later, 0)).not.toBeNull()
    await refused
    deaf.close()
    expect((await read(gus.id)).disabledAt).toBeNull()
  }, 30_000)
})
