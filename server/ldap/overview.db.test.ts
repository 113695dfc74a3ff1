/** What admins see of the directory, and the routes that show it and compare with it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { signIn } from '#server/auth/sign-in'
import type { LdapConfig } from '#server/config/model'
import type { Ctx } from '#server/context'
import { isAppError } from '#server/errors'
import { getDirectoryOverview } from '#server/ldap/overview'
import { signInWithDirectory } from '#server/ldap/sign-in'
import { claimSync } from '#server/ldap/sync-lease'
import type { Role } from '#server/permissions'
import { GET } from '../../app/ui/sign-in/ldap/route'
import { POST as COMPARE } from '../../app/ui/sign-in/ldap/sync/route'
import { POST as TEST } from '../../app/ui/sign-in/ldap/test/route'
import { createAccount, sessionCookies } from '../../test/accounts'
import { call } from '../../test/call'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'
import { ldapSettings, mapping, PERSON_PASSWORD, SERVICE, type Slapd, startSlapd } from '../../test/slapd'

let slapd: Slapd
let settings: LdapConfig
let world: TestRuntime

beforeAll(async () => {
  slapd = await startSlapd({
    people: [
      { uid: 'ada', mail: 'ada@example.com' },
      { uid: 'eve', mail: 'eve@example.com' },
    ],
    groups: { admins: ['ada'] },
  })
})
afterAll(() => slapd.stop())
beforeEach(async () => {
  settings = ldapSettings(slapd, { syncMinutes: 15, roleMappings: [mapping('admins', 'ADMIN')] })
  world = await createTestRuntime({ config: { ldap: settings } as never })
})

const cookie = async (role: Role) => ({
  cookie: await sessionCookies(world, await createAccount(world, { role })),
  'content-type': 'application/json',
})
const asStranger = (changes: Partial<LdapConfig> = {}): Ctx => ({
  ...world,
  config: { ...world.config, ldap: { ...settings, ...changes } },
  actor: { kind: 'anonymous' },
  request: { requestId: 'r', address: '192.0.2.9', userAgent: null },
})
const refuse = async (username: string, password: string, changes: Partial<LdapConfig> = {}) => {
  const error = await signInWithDirectory(asStranger(changes), { username, password }).catch(
    (one: unknown) => one,
  )
  expect(isAppError(error)).toBe(true)
}

test('the settings are shown without the password of the service account or a path', async () => {
  const answer = await call(GET, { headers: await cookie('ADMIN') })
  expect(answer.status).toBe(200)
  const { text } = answer
  expect(text).not.toContain(SERVICE.password)
  expect(text).not.toContain(slapd.authority.certFile)
  expect(JSON.parse(text).directory.settings).toEqual({
    hosts: ['127.0.0.1'],
    port: slapd.port,
    userBases: ['ou=people,dc=example,dc=com'],
    userFilter: '(&(objectClass=inetOrgPerson)(uid=%s))',
    attributes: { email: 'mail', displayName: 'displayName', memberOf: 'memberOf', uniqueId: null },
    groupSearch: null,
    tls: 'starttls',
    verifies: true,
    hasOwnAuthority: true,
    hasClientCertificate: false,
    bindDn: 'cn=service,dc=example,dc=com',
    mappings: [{ group: 'cn=admins,ou=groups,dc=example,dc=com', role: 'ADMIN' }],
    allowSignUp: true,
    maxConcurrent: 10,
  })
})

test('refusals are listed with their reason, the newest first, and none of people with a password here', async () => {
  const local = { email: 'nobody@example.com', password: 'wrong' }
  await signIn(asStranger(), local).catch(() => {})
  await refuse('eve', PERSON_PASSWORD)
  await refuse('ada', 'wrong')
  await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', ['000001010000Z'])
  await refuse('ada', PERSON_PASSWORD)
  await slapd.replace(slapd.dnOf('ada'), 'pwdAccountLockedTime', [])
  await refuse('ada', PERSON_PASSWORD, { port: 1 })
  const { directory } = await getDirectoryOverview(asStranger())
  expect(directory?.refusals.map(({ name, reason, host, address }) => [name, reason, host, address])).toEqual(
    [
      [expect.anything(), 'directory-away', null, '192.0.2.9'],
      ['ada', 'wrong-password', '127.0.0.1', '192.0.2.9'],
      ['ada', 'wrong-password', '127.0.0.1', '192.0.2.9'],
      ['eve', 'no-group', '127.0.0.1', '192.0.2.9'],
    ],
  )
  expect(directory?.refusals[0]?.trouble).toMatch(/Nothing listens there/)
})

test('without a directory there is nothing to show', async () => {
  const { config, ...rest } = asStranger()
  expect(await getDirectoryOverview({ ...rest, config: { ...config, ldap: null } })).toEqual({
    directory: null,
  })
})

test.each([
  ['GET', () => GET, {}],
  ['the test', () => TEST, { method: 'POST', body: { username: 'ada' } }],
  ['the comparison', () => COMPARE, { method: 'POST', body: {} }],
])('%s is for admins who are signed in', async (_, handler, request) => {
  expect((await call(handler(), request)).status).toBe(401)
  expect((await call(handler(), { ...request, headers: await cookie('MEMBER') })).status).toBe(403)
  expect((await call(handler(), { ...request, headers: await cookie('ADMIN') })).status).toBe(200)
})

test.each<[string, () => typeof TEST, unknown]>([
  ['a name that is a number', () => TEST, { username: 7 }],
  ['a name with NUL', () => TEST, { username: 'ada\0' }],
  ['a name that is too long', () => TEST, { username: 'x'.repeat(257) }],
  ['a number of accounts that is none', () => COMPARE, { at_most: 0 }],
  ['a number of accounts in words', () => COMPARE, { at_most: 'many' }],
])('%s is refused with 422', async (_, handler, body) => {
  const answer = await call(handler(), { method: 'POST', body, headers: await cookie('ADMIN') })
  expect(answer.status).toBe(422)
})

test('a comparison that is under way is not begun again', async () => {
  await claimSync(world, 0)
  const answer = await call(COMPARE, { method: 'POST', body: {}, headers: await cookie('ADMIN') })
  expect(answer.status).toBe(409)
  expect(answer.text).toContain('just now')
})

test('a comparison answers with what came of it', async () => {
  const gone = { authMethod: 'LDAP' as const, username: 'gone', email: 'gone@example.com' }
  await createAccount(world, gone)
  const answer = await call(COMPARE, { method: 'POST', body: {}, headers: await cookie('ADMIN') })
  const { directory } = answer.json as Awaited<ReturnType<typeof getDirectoryOverview>>
  expect(directory?.sync).toMatchObject({ everyMinutes: 15, hasAccount: true, isRunning: false })
  expect(directory?.sync.report).toMatchObject({ outcome: 'done', compared: 1, disabled: 1 })
})
