import { desc, eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { POST as login } from '#app/auth/login/route'
import { GET as ownProfile } from '#app/v1/user/route'
import { DELETE, PATCH } from '#app/v1/users/[user_id]/route'
import { GET, POST } from '#app/v1/users/route'
import { verifyPassword } from '#server/auth/password'
import { encodeGlobalId } from '#server/global-id'
import { setRuntime } from '#server/runtime'
import { findUser, type User } from '#server/users/find'
import { createAccount, sessionCookies, TEST_PASSWORD } from '../../../test/accounts'
import { type Answer, call } from '../../../test/call'
import { createKey, SYSTEM_USER_ID, TEST_ADMIN_SECRET } from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

const NEW_PASSWORD = 'a brand new password 9'
const DEFAULT_ADMIN_ID = 2
const admin = { authorization: `Bearer ${TEST_ADMIN_SECRET}` }

let world: TestRuntime
let counter = 0
beforeAll(async () => {
  world = await createTestRuntime({ config: { auth: { adminSecret: TEST_ADMIN_SECRET } } })
})

type Headers_ = Record<string, string>
const idOf = (id: number) => encodeGlobalId('User', id)
const readUser = (id: number) => findUser(world.db.read, world.db, id)
const list = (query = '', headers: Headers_ = admin) => call(GET, { path: `/v1/users${query}`, headers })
const create = (user: object, rest: object = {}, headers: Headers_ = admin) =>
  call(POST, { method: 'POST', headers, body: { user, ...rest } })
const patch = (id: string | number, user: unknown, headers: Headers_ = admin) =>
  call(PATCH, {
    method: 'PATCH',
    headers,
    params: { user_id: typeof id === 'string' ? id : idOf(id) },
    body: { user },
  })
const remove = (id: string | number, query = '', headers: Headers_ = admin) =>
  call(DELETE, {
    method: 'DELETE',
    path: `/v1/users/x${query}`,
    headers,
    params: { user_id: typeof id === 'string' ? id : idOf(id) },
  })
const signIn = (user: User, password = TEST_PASSWORD) =>
  call(login, { method: 'POST', path: '/auth/login', body: { email: user.email, password } })
const profileBy = (headers: Headers_) => call(ownProfile, { headers })

function fresh(overrides: object = {}) {
  counter += 1
  const username = `new person ${counter}`
  return { auth_method: 'LOCAL', username, email: `new${counter}@example.com`, role: 'MEMBER', ...overrides }
}

async function lastEvent(target: string) {
  const { auditEvents: t } = world.db.t
  const [event] = await world.db.read
    .select()
    .from(t)
    .where(eq(t.target, target))
    .orderBy(desc(t.id))
    .limit(1)
  return event
}

/** An admin besides the default one, with a session. */
async function anotherAdmin() {
  const user = await createAccount(world, { role: 'ADMIN' })
  return { user, headers: { cookie: await sessionCookies(world, user) } }
}

describe('GET /v1/users', () => {
  test('lists accounts newest first, the system account included', async () => {
    const user = await createAccount(world, { username: 'Zoe', email: 'zoe@example.com', role: 'VIEWER' })
    const { data } = (await list()).json
    expect(data[0]).toMatchObject({
      id: idOf(user.id),
      username: 'Zoe',
      email: 'zoe@example.com',
      role: 'VIEWER',
      auth_method: 'LOCAL',
      password_needs_reset: false,
    })
    expect(data.at(-1)).toMatchObject({ id: idOf(SYSTEM_USER_ID), role: 'SYSTEM' })
  })

  test('never shows a password or its hash', async () => {
    expect((await list()).text).not.toMatch(/argon2|"password"|password_hash/)
  })

  test('goes on at the cursor, and ends with null', async () => {
    const first = (await list('?limit=2')).json
    const second = (await list(`?limit=2&cursor=${first.next_cursor}`)).json
    const all = (await list()).json
    expect(all.next_cursor).toBeNull()
    expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 4))
    expect(first.next_cursor).toBe(second.data[0].id)
  })

  test.each([
    '?limit=0',
    '?limit=-1',
    '?limit=x',
    '?cursor=garbage',
    `?cursor=${encodeGlobalId('Project', 1)}`,
  ])('%s is 422', async (query) => expect((await list(query)).status).toBe(422))
})

describe('POST /v1/users', () => {
  test('makes a local account that signs in and must choose its own password', async () => {
    const answer = await create(
      fresh({ password: NEW_PASSWORD, email: ' Mixed@Example.COM ', role: 'VIEWER' }),
    )
    expect(answer.status).toBe(201)
    expect(answer.json.data).toMatchObject({
      email: 'mixed@example.com',
      role: 'VIEWER',
      auth_method: 'LOCAL',
      password_needs_reset: true,
    })
    expect(answer.text).not.toContain(NEW_PASSWORD)
    const signedIn = await call(login, {
      method: 'POST',
      body: { email: 'MIXED@example.com', password: NEW_PASSWORD },
    })
    expect(signedIn.status).toBe(204)
  })

  test('without a password makes one that nobody can sign in to yet', async () => {
    const { data } = (await create(fresh(), { send_welcome_email: false })).json
    const [user] = await world.db.read
      .select()
      .from(world.db.t.users)
      .where(eq(world.db.t.users.email, data.email))
    expect(user).toMatchObject({ passwordHash: null, resetPassword: true })
  })

  test('prepares accounts that sign in elsewhere', async () => {
    const oauth2 = await create(
      fresh({ auth_method: 'OAUTH2', oauth2_client_id: 'client', oauth2_user_id: 'sub', role: 'ADMIN' }),
    )
    expect(oauth2.json.data).toMatchObject({
      auth_method: 'OAUTH2',
      oauth2_client_id: 'client',
      role: 'ADMIN',
    })
    const ldap = await create(fresh({ auth_method: 'LDAP' }))
    expect(ldap.json.data.auth_method).toBe('LDAP')
    expect(ldap.json.data).not.toHaveProperty('password_needs_reset')
  })

  test('is on record with who made it', async () => {
    const { data } = (await create(fresh())).json
    const [, id] = Buffer.from(data.id, 'base64').toString().split(':')
    expect(await lastEvent(`User:${id}`)).toMatchObject({
      action: 'user.create',
      outcome: 'success',
      actorKind: 'adminSecret',
      targetName: data.username,
    })
  })

  const taken = fresh({ username: 'Taken', email: 'taken@example.com' })
  // biome-ignore format: a table is read by column
  const REFUSALS: [string, object, number, string | RegExp][] = [
    ['a name that is there',            { ...taken, email: 'other@example.com' },        409, 'Another account has this name'],
    ['an address that is there',        { ...taken, username: 'Other' },                 409, 'Another account has this e-mail address'],
    ['that address in capitals',        { ...taken, username: 'O', email: 'TAKEN@Example.com' }, 409, 'Another account has this e-mail address'],
    ['the name of a built-in account',  fresh({ username: 'SYSTEM' }),                   409, 'This name belongs to a built-in account'],
    ['the role SYSTEM',                 fresh({ role: 'SYSTEM' }),                       400, 'The role is one of VIEWER, MEMBER, ADMIN'],
    ['an unknown role',                 fresh({ role: 'admin' }),                        400, 'The role is one of'],
    ['no e-mail address',               fresh({ email: 'nobody' }),                      422, 'Not an e-mail address'],
    ['an address without a dot',        fresh({ email: 'a@localhost' }),                 422, 'Not an e-mail address'],
    ['an address with a blank',         fresh({ email: 'a b@example.com' }),             422, 'Not an e-mail address'],
    ['two @',                           fresh({ email: 'a@b@example.com' }),             422, 'Not an e-mail address'],
    ['NUL in the address',              fresh({ email: 'a\0b@example.com' }),            422, 'cannot be stored'],
    ['a blank name',                    fresh({ username: '  ' }),                       422, 'The name must not be empty'],
    ['half a character in the name',    fresh({ username: 'x\ud800' }),                  422, 'cannot be stored'],
    ['a short password',                fresh({ password: 'qwmzpf7' }),                  422, 'at least 8 characters'],
    ['a leaked password',               fresh({ password: 'trustno1' }),                 422, 'leaked'],
    ['an empty password',               fresh({ password: '' }),                         422, 'empty'],
    ['a password for an account that signs in elsewhere', fresh({ auth_method: 'OAUTH2', password: NEW_PASSWORD }), 422, 'no password here'],
    ['an unknown method',               fresh({ auth_method: 'SAML' }),                  422, 'auth_method'],
    ['no role',                         fresh({ role: undefined }),                      422, 'role'],
  ]
  test.each(REFUSALS)('refuses %s, and makes nothing', async (_what, user, status, sentence) => {
    await create(taken)
    const before = (await list()).json.data.length
    const answer = await create(user)
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(sentence)
    expect((await list()).json.data.length).toBe(before)
  })

  test('names the place of a bad password', async () => {
    const { detail } = (await create(fresh({ password: 'qwmzpf7' }))).json
    expect(detail).toEqual([
      {
        type: 'value_error',
        loc: ['body', 'user', 'password'],
        msg: expect.stringContaining('8 characters'),
      },
    ])
  })

  test('of two at the same moment with one name, one is made and the other refused', async () => {
    const twins = [1, 2].map((n) => create(fresh({ username: 'Twin', email: `twin${n}@example.com` })))
    const statuses = (await Promise.all(twins)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([201, 409])
  })

  test('with passwords switched off makes only accounts that sign in elsewhere, and lets nobody in', async () => {
    const user = await createAccount(world)
    setRuntime({ ...world, config: { ...world.config, auth: { ...world.config.auth, basicAuth: false } } })
    try {
      expect((await create(fresh())).status).toBe(409)
      expect((await create(fresh({ auth_method: 'LDAP' }))).status).toBe(201)
      expect((await signIn(user)).status).toBe(403)
    } finally {
      setRuntime(world)
    }
  })
})

describe('PATCH /v1/users/{id}', () => {
  test('changes a role, and ends the sessions that had the old one', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    const answer = await patch(user.id, { role: 'VIEWER' })
    expect(answer.json.data).toMatchObject({ id: idOf(user.id), role: 'VIEWER' })
    expect((await profileBy({ cookie })).status).toBe(401)
    expect((await profileBy(key.headers)).json.data.role).toBe('VIEWER')
    expect(await lastEvent(`User:${user.id}`)).toMatchObject({ action: 'user.changeRole' })
  })

  test('that says what is so already ends nothing and records nothing', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const { status } = await patch(user.id, { role: user.role, username: user.username, disabled: false })
    expect(status).toBe(200)
    expect((await profileBy({ cookie })).status).toBe(200)
    expect(await lastEvent(`User:${user.id}`)).toBeUndefined()
  })

  test('sets a password that must be changed, and ends the sessions', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const answer = await patch(user.id, { password: NEW_PASSWORD })
    expect(answer.json.data.password_needs_reset).toBe(true)
    expect((await profileBy({ cookie })).status).toBe(401)
    expect((await verifyPassword(NEW_PASSWORD, await readUser(user.id))).good).toBe(true)
    expect(await lastEvent(`User:${user.id}`)).toMatchObject({ action: 'user.resetPassword' })
  })

  test('changes a name and leaves the sessions alone', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    expect((await patch(user.id, { username: 'Renamed' })).json.data.username).toBe('Renamed')
    expect((await profileBy({ cookie })).json.data.username).toBe('Renamed')
  })

  test('disables an account: sessions, keys and sign-ins are refused like wrong ones', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    const wrong = await signIn(user, 'a wrong password 1')
    expect((await patch(user.id, { disabled: true, disabled_reason: 'left' })).status).toBe(200)
    expect((await profileBy({ cookie })).status).toBe(401)
    expect((await profileBy(key.headers)).status).toBe(401)
    const refused = await signIn(user)
    expect([refused.status, refused.text]).toEqual([wrong.status, wrong.text])
    expect(await readUser(user.id)).toMatchObject({ disabledReason: 'left', disabledAt: expect.any(Date) })
  })

  test('enables it again, with the keys and sessions that it had', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    await patch(user.id, { disabled: true, disabled_reason: 'on leave' })
    await patch(user.id, { disabled: false })
    expect((await profileBy({ cookie })).status).toBe(200)
    expect((await profileBy(key.headers)).status).toBe(200)
    expect(await readUser(user.id)).toMatchObject({ disabledAt: null, disabledReason: null })
  })

  // biome-ignore format: a table is read by column
  const REFUSALS: [string, object, number, string][] = [
    ['the role SYSTEM',             { role: 'SYSTEM' },                                400, 'The role is one of'],
    ['an unknown role',             { role: 'owner' },                                 400, 'The role is one of'],
    ['a short password',            { password: 'qwmzpf7' },                           422, 'at least 8 characters'],
    ['a taken name',                { username: 'system' },                            409, 'Another account has this name'],
    ['a name of the built-in ones', { username: 'Admin' },                             409, 'belongs to a built-in account'],
    ['a blank name',                { username: ' ' },                                 422, 'The name must not be empty'],
    ['a reason of 201 characters',  { disabled: true, disabled_reason: 'x'.repeat(201) }, 422, 'At most 200 characters'],
    ['a reason without disabling',  { disabled_reason: 'why' },                        422, 'goes with disabled: true'],
    ['disabled as a word',          { disabled: 'yes' },                               422, 'disabled'],
    ['another address',             { email: 'x@example.com', username: 'Not to be' }, 422, 'An e-mail address never changes'],
    ['a name and a bad role',       { username: 'Not to be', role: 'x' },              400, 'The role is one of'],
  ]
  test.each(REFUSALS)('refuses %s and changes nothing', async (_what, change, status, sentence) => {
    const user = await createAccount(world)
    const answer = await patch(user.id, change)
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(sentence)
    expect(await readUser(user.id)).toEqual(user)
  })

  test('refuses a password where there is none to set', async () => {
    const user = await createAccount(world, { authMethod: 'OAUTH2' })
    const answer = await patch(user.id, { password: NEW_PASSWORD, username: 'Half done' })
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([409, 'no_password_here'])
    expect(await readUser(user.id)).toEqual(user)
  })

  test('never touches the system account', async () => {
    for (const change of [
      { username: 'x' },
      { password: NEW_PASSWORD },
      { disabled: true },
      { role: 'ADMIN' },
    ])
      expect((await patch(SYSTEM_USER_ID, change)).status).toBe(403)
    expect(await readUser(SYSTEM_USER_ID)).toMatchObject({ username: 'system', disabledAt: null })
  })

  test('keeps the default admin an admin, and lets the password be set', async () => {
    await anotherAdmin()
    const demoted = await patch(DEFAULT_ADMIN_ID, { role: 'MEMBER' })
    expect([demoted.status, demoted.headers.get('x-error-code')]).toEqual([403, 'built_in'])
    expect((await patch(DEFAULT_ADMIN_ID, { password: NEW_PASSWORD })).status).toBe(200)
  })

  test.each([
    ['garbage', 422],
    [encodeGlobalId('Project', 1), 422],
    [idOf(999_999), 404],
  ])('of %s is %i', async (id, status) => {
    expect((await patch(id, { username: 'nobody' })).status).toBe(status)
  })
})

describe("one's own account", () => {
  test.each([[{ role: 'MEMBER' }], [{ disabled: true }]])('is not changed by %j', async (change) => {
    const { user, headers } = await anotherAdmin()
    const answer = await patch(user.id, change, headers)
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([409, 'own_account'])
    expect(await readUser(user.id)).toMatchObject({ role: 'ADMIN', disabledAt: null })
    expect(await lastEvent(`User:${user.id}`)).toMatchObject({ outcome: 'failure', reason: 'own-account' })
  })

  test('is not deleted, neither by a session nor by a key', async () => {
    const { user, headers } = await anotherAdmin()
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    for (const asking of [headers, key.headers]) {
      const answer = await remove(user.id, '', asking)
      expect([answer.status, answer.headers.get('x-error-code')]).toEqual([409, 'own_account'])
    }
    expect(await readUser(user.id)).not.toBeNull()
  })

  test('gets a new password only with the current one', async () => {
    const { user, headers } = await anotherAdmin()
    expect((await patch(user.id, { password: NEW_PASSWORD }, headers)).status).toBe(422)
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    expect((await patch(user.id, { password: NEW_PASSWORD }, key.headers)).status).toBe(409)
    expect((await verifyPassword(NEW_PASSWORD, await readUser(user.id))).good).toBe(false)
    const change = { password: NEW_PASSWORD, current_password: TEST_PASSWORD }
    const answer = await patch(user.id, change, headers)
    expect(answer.status).toBe(200)
    expect(answer.json.data.password_needs_reset).toBe(false)
    expect(answer.headers.getSetCookie()).toHaveLength(2)
  })

  test('gets another name like any other', async () => {
    const { user, headers } = await anotherAdmin()
    expect((await patch(user.id, { username: 'My own name' }, headers)).status).toBe(200)
  })
})

describe('DELETE /v1/users/{id}', () => {
  test('ends the sessions and keys of an account, and frees its name and address', async () => {
    const user = await createAccount(world)
    const cookie = await sessionCookies(world, user)
    const key = await createKey(world, { userId: user.id, scope: 'full', role: null })
    expect((await remove(user.id)).status).toBe(204)
    expect((await profileBy({ cookie })).status).toBe(401)
    expect((await profileBy(key.headers)).status).toBe(401)
    const again = await create(fresh({ username: user.username, email: user.email }))
    expect(again.status).toBe(201)
    expect(again.json.data.id).not.toBe(idOf(user.id))
  })

  test('keeps the system keys that the person made, without a maker', async () => {
    const user = await createAccount(world, { role: 'ADMIN' })
    const key = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
    const { apiKeys } = world.db.t
    await world.db.write((tx) =>
      tx.update(apiKeys).set({ createdBy: user.id }).where(eq(apiKeys.id, key.keyId)),
    )
    expect((await remove(user.id)).status).toBe(204)
    const [row] = await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, key.keyId))
    expect(row).toMatchObject({ createdBy: null })
    expect((await profileBy(key.headers)).status).toBe(200)
  })

  test('is on record, with how much it stopped', async () => {
    const user = await createAccount(world)
    await sessionCookies(world, user)
    await createKey(world, { userId: user.id, scope: 'full', role: null })
    await remove(user.id)
    const event = await lastEvent(`User:${user.id}`)
    expect(event).toMatchObject({ action: 'user.delete', outcome: 'success', targetName: user.username })
    expect(JSON.parse(event?.details ?? '')).toMatchObject({ keys: 1, sessions: 1, blocked: false })
  })

  test.each([SYSTEM_USER_ID, DEFAULT_ADMIN_ID])('never deletes the built-in account %i', async (id) => {
    const answer = await remove(id)
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([403, 'built_in'])
    expect(await readUser(id)).not.toBeNull()
  })

  test.each([
    ['garbage', 422],
    [encodeGlobalId('UserApiKey', 1), 422],
    [idOf(999_999), 404],
  ])('of %s is %i', async (id, status) => expect((await remove(id)).status).toBe(status))

  test('twice is 404 the second time', async () => {
    const user = await createAccount(world)
    const statuses: Answer['status'][] = []
    for (const _ of [1, 2]) statuses.push((await remove(user.id)).status)
    expect(statuses).toEqual([204, 404])
  })

  test('refuses a block that is neither true nor false', async () => {
    const user = await createAccount(world)
    expect((await remove(user.id, '?block=perhaps')).status).toBe(422)
    expect(await readUser(user.id)).not.toBeNull()
  })
})
