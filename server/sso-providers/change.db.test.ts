import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ProviderSettings } from '#server/oidc/model'
import { findProvider } from '#server/oidc/providers'
import { rotateSecrets } from '#server/secrets/rotate'
import type { NewProvider } from '#server/sso-providers/body'
import {
  createProvider,
  deleteProvider,
  orderProviders,
  switchProvider,
  updateProvider,
} from '#server/sso-providers/change'
import { noteSignIn } from '#server/sso-providers/recent'
import { listStoredProviders } from '#server/sso-providers/stored'
import { createAccount, createSession } from '../../test/accounts'
import { openTestDatabase } from '../../test/database'
import { PLAIN_RULES } from '../../test/provider-rules'
import { createTestRuntime, TEST_SECRET, type TestRuntime, testConfig } from '../../test/runtime'

const SECRET = 'a-client-secret-0123456789'
const PROVIDER: NewProvider = {
  name: 'keycloak',
  displayName: 'Keycloak',
  clientId: 'bennu',
  clientSecret: SECRET,
  discoveryUrl: 'https://keycloak.example.com/realms/corp/.well-known/openid-configuration',
  ...PLAIN_RULES,
  rolePath: 'roles',
  roleMapping: [['llm-admins', 'ADMIN']],
  enabled: true,
}

let world: TestRuntime
const as = (runtime: TestRuntime = world) => ({
  ...runtime,
  actor: { kind: 'commandLine' as const },
  request: { address: null, userAgent: null },
})
const withConfig = (overrides: Parameters<typeof testConfig>[0]): TestRuntime => ({
  ...world,
  config: { ...testConfig(overrides), database: world.db.config },
})
const add = (change: Partial<NewProvider> = {}) => createProvider(as(), { ...PROVIDER, ...change })
const { name: _name, ...INPUT } = PROVIDER
const turn = (name: string, enabled: boolean, endSessions = false) =>
  switchProvider(as(), name, { enabled, endSessions })
const names = async () => (await listStoredProviders(world)).map(({ name }) => name)
const first = async () => (await listStoredProviders(world))[0]
const row = async () => (await world.db.read.select().from(world.db.t.ssoProviders))[0]
async function faultsOf(work: Promise<unknown>): Promise<Record<string, string>> {
  const error = await work.then(
    () => expect.fail('it was accepted'),
    (thrown) => thrown,
  )
  expect(error).toMatchObject({ kind: 'invalid' })
  return Object.fromEntries(
    error.faults.map(({ loc, msg }: { loc: string[]; msg: string }) => [loc.at(-1), msg]),
  )
}

beforeEach(async () => {
  world = await createTestRuntime()
})

describe('adding a provider', () => {
  test('people can sign in with it at once, with all that was set', async () => {
    await add()
    const { name, enabled: _enabled, ...settings } = PROVIDER
    expect(await first()).toEqual({ ...settings, name, assertionFile: null, redirectPath: null })
  })

  test('its secret lies encrypted', async () => {
    await add()
    expect((await row())?.clientSecret).toMatch(/^gAAAA/)
    expect(JSON.stringify(await row())).not.toContain(SECRET)
  })

  test('one that is off is kept, and nobody signs in with it', async () => {
    await add({ enabled: false })
    expect(await names()).toEqual([])
    expect(await row()).toMatchObject({ name: 'keycloak' })
  })

  test('of two that are added at once under one name one wins, and the other is told', async () => {
    const outcomes = await Promise.allSettled([add(), add(), add()])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.kind] : []))
    expect(reasons).toEqual(['invalid', 'invalid'])
  })

  test('a taken name is refused, by whomever it was taken', async () => {
    await add()
    expect(await faultsOf(add())).toEqual({ name: expect.stringContaining('take another name') })
    const google = { ...(await first()), name: 'google' } as ProviderSettings
    world = withConfig({ oauth2: { providers: [google] } })
    expect(await faultsOf(add({ name: 'google' }))).toEqual({
      name: expect.stringContaining('PHOENIX_OAUTH2_GOOGLE_'),
    })
  })

  test.each(['authorize', 'token', 'revoke', 'register', 'consent', 'callback'])(
    'the name %s is no provider’s',
    async (name) => {
      expect(await faultsOf(add({ name }))).toHaveProperty('name')
    },
  )

  test.each([
    ['a plain http address', 'discoveryUrl', { discoveryUrl: 'http://idp.example.com/x' }],
    ['a secret that is missing', 'clientSecret', { clientSecret: null }],
    ['a path that is no JMESPath', 'rolePath', { rolePath: 'roles[' }],
    ['a mapping without a path', 'roleMapping', { rolePath: null }],
    ['groups without a path', 'allowedGroups', { allowedGroups: ['dev'] }],
    ['scopes without openid', 'scopes', { scopes: ['email'] }],
  ])('%s is told at its field, and nothing is stored', async (_what, field, change) => {
    expect(Object.keys(await faultsOf(add(change)))).toEqual([field])
    expect(await row()).toBeUndefined()
  })

  test('http to this very machine is fine', async () => {
    await add({ discoveryUrl: 'http://127.0.0.1:9/.well-known/openid-configuration' })
    expect(await names()).toEqual(['keycloak'])
  })

  test('without PHOENIX_SECRET no secret is stored', async () => {
    world = withConfig({ auth: { secret: null } as never })
    await expect(add()).rejects.toMatchObject({ kind: 'conflict' })
    expect(await row()).toBeUndefined()
  })

  test('the login page goes to one provider by itself, never to two', async () => {
    await add({ autoLogin: true })
    expect(await faultsOf(add({ name: 'other', autoLogin: true }))).toEqual({
      autoLogin: expect.stringContaining('Keycloak'),
    })
    await add({ name: 'other', autoLogin: true, enabled: false })
    expect(await faultsOf(turn('other', true))).toHaveProperty('autoLogin')
  })
})

describe('of several admins at once', () => {
  /** Nothing is encrypted for it, so that nothing but the list itself keeps them apart. */
  const open = { tokenAuth: 'none', clientSecret: null } as const
  const kindsOf = (outcomes: PromiseSettledResult<void>[]) =>
    outcomes.map((one) => (one.status === 'rejected' ? one.reason.kind : 'done')).sort()
  const eager = async () => (await listStoredProviders(world)).filter(({ autoLogin }) => autoLogin).length

  test('one makes the login page go to a provider that is new, and the others are told', async () => {
    const work = ['one', 'two', 'three'].map((name) => add({ ...open, name, autoLogin: true }))
    expect(kindsOf(await Promise.allSettled(work))).toEqual(['done', 'invalid', 'invalid'])
    expect(await eager()).toBe(1)
  })

  test('one makes it go to a provider that is there, or switches such a one on', async () => {
    await add({ ...open, name: 'one' })
    await add({ ...open, name: 'two' })
    await add({ ...open, name: 'three', autoLogin: true, enabled: false })
    const change = (name: string) => updateProvider(as(), name, { ...INPUT, ...open, autoLogin: true })
    const outcomes = await Promise.allSettled([change('one'), change('two'), turn('three', true)])
    expect(kindsOf(outcomes)).toEqual(['done', 'invalid', 'invalid'])
    expect(await eager()).toBe(1)
  })

  test('one adds the twentieth provider, and nobody a twenty-first', async () => {
    for (let n = 1; n < 20; n++) await add({ ...open, name: `idp${n}` })
    const work = ['one', 'two', 'three'].map((name) => add({ ...open, name }))
    expect(kindsOf(await Promise.allSettled(work))).toEqual(['conflict', 'conflict', 'done'])
    expect(await names()).toHaveLength(20)
  })
})

describe('changing a provider', () => {
  beforeEach(() => add())

  test('keeps the secret that is stored unless a new one is sent', async () => {
    await updateProvider(as(), 'keycloak', { ...INPUT, displayName: 'Corp', clientSecret: null })
    expect(await first()).toMatchObject({ displayName: 'Corp', clientSecret: SECRET })
    await updateProvider(as(), 'keycloak', { ...INPUT, clientSecret: 'another' })
    expect(await first()).toMatchObject({ clientSecret: 'another' })
  })

  test('a client that needs no secret any more keeps none', async () => {
    await updateProvider(as(), 'keycloak', { ...INPUT, tokenAuth: 'none', clientSecret: null })
    expect((await row())?.clientSecret).toBeNull()
  })

  test('of two forms that were opened at once the second is told, and changes nothing', async () => {
    const updatedAt = (await row())?.updatedAt.toISOString()
    const later = () => new Date(Date.now() + 1000)
    await updateProvider({ ...as(), clock: later }, 'keycloak', { ...INPUT, displayName: 'One', updatedAt })
    const second = updateProvider(as(), 'keycloak', { ...INPUT, displayName: 'Two', updatedAt })
    await expect(second).rejects.toMatchObject({ kind: 'conflict' })
    expect(await first()).toMatchObject({ displayName: 'One' })
  })

  test('off and on again', async () => {
    await turn('keycloak', false)
    expect(await names()).toEqual([])
    await turn('keycloak', true)
    expect(await names()).toEqual(['keycloak'])
  })

  test('what is not there is not found', async () => {
    const gone = { kind: 'not_found' }
    await expect(updateProvider(as(), 'nobody', INPUT)).rejects.toMatchObject(gone)
    await expect(turn('nobody', true)).rejects.toMatchObject(gone)
    await expect(deleteProvider(as(), 'nobody')).rejects.toMatchObject(gone)
    await expect(orderProviders(as(), ['keycloak', 'nobody'])).rejects.toMatchObject(gone)
  })

  test('is on record by the names of what changed, never with a value', async () => {
    await updateProvider(as(), 'keycloak', { ...INPUT, displayName: 'Corp', clientSecret: 'another' })
    const { auditEvents: t } = world.db.t
    const [event] = await world.db.read.select().from(t).where(eq(t.action, 'signInProvider.update'))
    expect(event).toMatchObject({ target: 'SignInProvider:keycloak', outcome: 'success' })
    expect(JSON.parse(event?.details ?? '')).toEqual({ changed: ['displayName', 'clientSecret'] })
  })

  test('is on record with what decides who becomes what, before and after', async () => {
    const roleMapping: [string, 'ADMIN'][] = [['everybody', 'ADMIN']]
    await updateProvider(as(), 'keycloak', { ...INPUT, clientSecret: null, roleMapping })
    const { auditEvents: t } = world.db.t
    const [event] = await world.db.read.select().from(t).where(eq(t.action, 'signInProvider.update'))
    expect(JSON.parse(event?.details ?? '')).toEqual({
      changed: ['roleMapping'],
      roleMappingBefore: '[["llm-admins","ADMIN"]]',
      roleMappingAfter: '[["everybody","ADMIN"]]',
    })
  })

  test.each([
    ['address', { discoveryUrl: 'https://evil.example.com/.well-known/openid-configuration' }],
    ['client id', { clientId: 'another' }],
  ])('a stored secret does not go along to another %s', async (_what, change) => {
    const moved = { ...INPUT, ...change, clientSecret: null }
    expect(await faultsOf(updateProvider(as(), 'keycloak', moved))).toEqual({
      clientSecret: expect.stringContaining('enter the secret'),
    })
    expect(await first()).toMatchObject({ discoveryUrl: INPUT.discoveryUrl, clientId: 'bennu' })
    await updateProvider(as(), 'keycloak', { ...moved, clientSecret: 'the secret of that one' })
    expect(await first()).toMatchObject({ ...change, clientSecret: 'the secret of that one' })
  })
})

test('a provider added on one replica is known to another at its next request', async () => {
  const replica = { ...world, db: await openTestDatabase(world.db.config) }
  expect(await findProvider(replica, 'keycloak')).toBeNull()
  await add()
  expect(await findProvider(replica, 'keycloak')).toMatchObject({ source: 'stored', clientSecret: SECRET })
  await turn('keycloak', false)
  expect(await findProvider(replica, 'keycloak')).toBeNull()
})

test('the order of the buttons is the one that was set, and newcomers stand behind', async () => {
  for (const name of ['a', 'b', 'c']) await add({ name })
  await orderProviders(as(), ['c', 'a', 'b'])
  await add({ name: 'd' })
  expect(await names()).toEqual(['c', 'a', 'b', 'd'])
})

test('deleting takes the secret and the last sign-ins, and leaves the accounts', async () => {
  await add()
  const ada = await createAccount(world, { authMethod: 'OAUTH2', oauth2ClientId: 'bennu' })
  await noteSignIn(world, {
    provider: 'keycloak',
    outcome: 'success',
    code: null,
    userId: ada.id,
    claims: {},
    decision: { rule: 'default-role' },
  })
  await deleteProvider(as(), 'keycloak')
  const { db } = world
  expect(await db.read.$count(db.t.ssoProviders)).toBe(0)
  expect(await db.read.$count(db.t.ssoRecentSignIns)).toBe(0)
  expect(await db.read.$count(db.t.users, eq(db.t.users.id, ada.id))).toBe(1)
})

test.each([
  ['deleting', () => deleteProvider(as(), 'keycloak', { endSessions: true })],
  ['turning off', () => turn('keycloak', false, true)],
])('%s ends the sessions that began there when that is wanted, and no others', async (_what, work) => {
  await add()
  const ada = await createAccount(world, { authMethod: 'OAUTH2', oauth2ClientId: 'bennu' })
  const there = await createSession(world, ada)
  const elsewhere = await createSession(world, ada)
  const { oidcSessions, sessions } = world.db.t
  await world.db.write((tx) =>
    tx.insert(oidcSessions).values({
      sessionId: there.sessionId,
      providerName: 'keycloak',
      issuer: 'i',
      clientId: 'bennu',
      subject: 's',
      idToken: 't',
    }),
  )
  await work()
  const left = await world.db.read.select({ id: sessions.id }).from(sessions)
  expect(left).toEqual([{ id: elsewhere.sessionId }])
})

test('what a stored provider holds is encrypted anew by a rotation', async () => {
  await add()
  const NEW = 'new-test-secret-9876543210-zyxwvutsr'
  const both = withConfig({ auth: { secret: NEW, previousSecrets: [TEST_SECRET] } as never })
  const result = await rotateSecrets(as(both), { dryRun: false })
  expect(result.unreadable).toEqual([])
  const after = withConfig({ auth: { secret: NEW, previousSecrets: [] } as never })
  expect((await listStoredProviders(after))[0]).toMatchObject({ clientSecret: SECRET })
})

describe('a provider whose row was spoiled', () => {
  test('is left out when its secret cannot be opened, and the others go on', async () => {
    await add()
    await add({ name: 'other' })
    const { ssoProviders: t } = world.db.t
    await world.db.write((tx) =>
      tx.update(t).set({ clientSecret: 'gAAAAspoiled' }).where(eq(t.name, 'keycloak')),
    )
    expect(await names()).toEqual(['other'])
  })

  test('is left out when its settings cannot be understood, and can be deleted', async () => {
    await add()
    const { ssoProviders: t } = world.db.t
    await world.db.write((tx) => tx.update(t).set({ settings: '{"clientId":7}' }))
    expect(await names()).toEqual([])
    await deleteProvider(as(), 'keycloak')
    expect(await row()).toBeUndefined()
  })
})

describe('the last admin who can sign in', () => {
  const google = async () => ({ ...(await first()), name: 'google', clientId: 'g' }) as ProviderSettings
  /** Passwords off, so that only those of a provider count. */
  beforeEach(async () => {
    await add()
    world = withConfig({
      oauth2: { providers: [await google()] },
      auth: { basicAuth: false } as never,
    })
    await createAccount(world, { role: 'ADMIN', authMethod: 'OAUTH2', oauth2ClientId: 'bennu' })
  })
  const refused = { kind: 'conflict', code: 'last_admin' }

  test('keeps the provider', async () => {
    await expect(deleteProvider(as(), 'keycloak')).rejects.toMatchObject(refused)
    await expect(turn('keycloak', false)).rejects.toMatchObject(refused)
    const other = { ...INPUT, clientId: 'another' }
    await expect(updateProvider(as(), 'keycloak', other)).rejects.toMatchObject(refused)
    expect(await names()).toEqual(['keycloak'])
  })

  /** Ties the admin to a provider, as a sign-in does. */
  const link = async (userId: number, providerName: string) => {
    const { linkedAccounts } = world.db.t
    const row = {
      provider: 'bennu',
      providerAccountId: String(userId),
      userId,
      type: 'oidc',
      issuer: 'i',
      providerName,
    }
    await world.db.write((tx) => tx.insert(linkedAccounts).values({ ...row, createdAt: new Date() }))
  }

  test('is not helped by another provider that happens to have given the same client id', async () => {
    const { users } = world.db.t
    const [admin] = await world.db.read.select().from(users).where(eq(users.oauth2ClientId, 'bennu'))
    await link(admin?.id ?? 0, 'keycloak')
    await add({ name: 'other', discoveryUrl: 'https://other.example.com/.well-known/openid-configuration' })
    await expect(deleteProvider(as(), 'keycloak')).rejects.toMatchObject(refused)
    await add({ name: 'twin' })
    await deleteProvider(as(), 'keycloak')
  })

  test('keeps it too where the only other way in is a directory', async () => {
    world = withConfig({ auth: { basicAuth: false } as never, ldap: {} as never })
    await expect(deleteProvider(as(), 'keycloak')).rejects.toMatchObject(refused)
  })

  test('no longer stands against it once an admin comes in another way', async () => {
    await createAccount(world, { role: 'ADMIN', authMethod: 'OAUTH2', oauth2ClientId: 'g' })
    await deleteProvider(as(), 'keycloak')
    expect(await names()).toEqual([])
  })
})
