/** The rows of the two permission tables, each done over HTTP by an admin and by a member, with its effect. */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import * as uiUser from '#app/ui/users/[id]/route'
import * as systemKey from '#app/v1/system/api_keys/[api_key_id]/route'
import * as systemKeys from '#app/v1/system/api_keys/route'
import * as ownKey from '#app/v1/user/api_keys/[api_key_id]/route'
import * as ownKeys from '#app/v1/user/api_keys/route'
import * as user from '#app/v1/user/route'
import * as oneUser from '#app/v1/users/[user_id]/route'
import * as allKeys from '#app/v1/users/api_keys/route'
import * as users from '#app/v1/users/route'
import { verifyPassword } from '#server/auth/password'
import { encodeGlobalId } from '#server/global-id'
import { findUser, type User } from '#server/users/find'
import { createAccount, sessionCookies, TEST_PASSWORD } from './accounts'
import { type Answer, call } from './call'
import { type DocumentRow, MUTATIONS, NEVER_FOR_ANYBODY, QUERIES } from './expected-permissions'
import { createKey, SYSTEM_USER_ID } from './principals'
import { createTestRuntime, type TestRuntime } from './runtime'

const NEW_PASSWORD = 'a brand new password 9'
const WORDS = { admin: 'ADMIN', member: 'MEMBER' } as const

let world: TestRuntime
let counter = 0
beforeAll(async () => {
  world = await createTestRuntime()
})

interface Scene {
  me: User
  another: User
  cookie: string
}

async function scene(role: 'ADMIN' | 'MEMBER'): Promise<Scene> {
  const me = await createAccount(world, { role })
  const another = await createAccount(world)
  return { me, another, cookie: await sessionCookies(world, me) }
}

const readUser = (id: number) => findUser(world.db.read, world.db, id)
const idOf = ({ id }: User) => encodeGlobalId('User', id)
const newName = () => `fresh name ${++counter}`
const keyIsThere = async (id: number) => {
  const { apiKeys } = world.db.t
  return (await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, id))).length === 1
}
async function hasPassword(id: number): Promise<boolean> {
  return (await verifyPassword(NEW_PASSWORD, await readUser(id))).good
}

/** What was answered, and whether what the row is about has happened. */
type Deed = (scene: Scene) => Promise<{ answer: Answer; done: boolean }>

const json = (cookie: string, method: string, body?: unknown, params = {}) => ({
  method,
  headers: { cookie },
  params,
  ...(body !== undefined && { body }),
})

/** Shown to whom, judged by what stands in the answer. */
const shows =
  (handler: Parameters<typeof call>[0], sought: (scene: Scene) => string | Promise<string>): Deed =>
  async (at) => {
    const text = await sought(at)
    const answer = await call(handler, { headers: { cookie: at.cookie }, params: { id: idOf(at.another) } })
    return { answer, done: answer.text.includes(text) }
  }

const DEEDS: Record<string, Deed> = {
  'POST /v1/users': async ({ cookie }) => {
    const username = newName()
    const body = {
      user: { auth_method: 'LOCAL', username, email: `t${counter}@example.com`, role: 'MEMBER' },
    }
    const answer = await call(users.POST, json(cookie, 'POST', body))
    const rows = await world.db.read
      .select()
      .from(world.db.t.users)
      .where(eq(world.db.t.users.username, username))
    return { answer, done: rows.length === 1 }
  },
  'DELETE /v1/users/{another}': async ({ cookie, another }) => {
    const params = { user_id: idOf(another) }
    const answer = await call(oneUser.DELETE, json(cookie, 'DELETE', undefined, params))
    return { answer, done: (await readUser(another.id)) === null }
  },
  'PATCH /v1/user password': async ({ cookie, me }) => {
    const body = { user: { password: NEW_PASSWORD, current_password: TEST_PASSWORD } }
    const answer = await call(user.PATCH, json(cookie, 'PATCH', body))
    return { answer, done: await hasPassword(me.id) }
  },
  'PATCH /v1/users/{another} password': async ({ cookie, another }) => {
    const params = { user_id: idOf(another) }
    const body = { user: { password: NEW_PASSWORD } }
    const answer = await call(oneUser.PATCH, json(cookie, 'PATCH', body, params))
    return { answer, done: await hasPassword(another.id) }
  },
  'PATCH /v1/user username': async ({ cookie, me }) => {
    const username = newName()
    const answer = await call(user.PATCH, json(cookie, 'PATCH', { user: { username } }))
    return { answer, done: (await readUser(me.id))?.username === username }
  },
  'PATCH /v1/users/{another} username': async ({ cookie, another }) => {
    const username = newName()
    const params = { user_id: idOf(another) }
    const answer = await call(oneUser.PATCH, json(cookie, 'PATCH', { user: { username } }, params))
    return { answer, done: (await readUser(another.id))?.username === username }
  },
  'POST /v1/system/api_keys': async ({ cookie }) => {
    const answer = await call(systemKeys.POST, json(cookie, 'POST', { data: { name: newName() } }))
    return { answer, done: answer.status === 201 && typeof answer.json.data.key === 'string' }
  },
  'DELETE /v1/system/api_keys/{key}': async ({ cookie }) => {
    const key = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
    const params = { api_key_id: encodeGlobalId('SystemApiKey', key.keyId) }
    const answer = await call(systemKey.DELETE, json(cookie, 'DELETE', undefined, params))
    return { answer, done: !(await keyIsThere(key.keyId)) }
  },
  'POST /v1/user/api_keys': async ({ cookie }) => {
    const answer = await call(ownKeys.POST, json(cookie, 'POST', { data: { name: newName() } }))
    return { answer, done: answer.status === 201 && typeof answer.json.data.key === 'string' }
  },
  'DELETE /v1/user/api_keys/{own key}': ({ cookie, me }) => deleteKeyOf(me, cookie),
  "DELETE /v1/user/api_keys/{another's key}": ({ cookie, another }) => deleteKeyOf(another, cookie),
  'GET /v1/system/api_keys': shows(systemKeys.GET, async () => {
    const key = await createKey(world, { userId: SYSTEM_USER_ID, scope: 'full', role: 'MEMBER' })
    return encodeGlobalId('SystemApiKey', key.keyId)
  }),
  'GET /v1/users/api_keys': shows(allKeys.GET, async ({ another }) => {
    const key = await createKey(world, { userId: another.id, scope: 'full', role: null })
    return encodeGlobalId('UserApiKey', key.keyId)
  }),
  'GET /v1/users': shows(users.GET, ({ another }) => idOf(another)),
  'GET /ui/users/{another}': shows(uiUser.GET, ({ another }) => String(another.email)),
}

async function deleteKeyOf({ id }: User, cookie: string) {
  const { keyId } = await createKey(world, { userId: id, scope: 'full', role: null })
  const params = { api_key_id: encodeGlobalId('UserApiKey', keyId) }
  const answer = await call(ownKey.DELETE, json(cookie, 'DELETE', undefined, params))
  return { answer, done: !(await keyIsThere(keyId)) }
}

const cases = (rows: readonly DocumentRow[]) =>
  rows.flatMap((row) =>
    (['admin', 'member'] as const).map((who) => [row.words, who, row[who] ? 'yes' : 'no', row] as const),
  )

describe.each([
  ['Mutations', cases(MUTATIONS)],
  ['Queries', cases(QUERIES)],
] as const)('%s', (_table, rows) => {
  test.each(rows)('%s: %s %s', async (_words, who, expected, row) => {
    const deed = DEEDS[row.call] ?? expect.fail(`nothing is done for ${row.call}`)
    const { answer, done } = await deed(await scene(WORDS[who]))
    expect(done, answer.text).toBe(expected === 'yes')
    // Another person's key is not found, rather than forbidden: nobody learns that it is there.
    if (expected === 'yes') expect(answer.status).toBeLessThan(300)
    else expect([403, 404]).toContain(answer.status)
  })
})

test.each(NEVER_FOR_ANYBODY)('%s: nobody', async () => {
  const { me, another, cookie } = await scene('ADMIN')
  const email = 'elsewhere@example.com'
  await call(user.PATCH, json(cookie, 'PATCH', { user: { email } }))
  await call(oneUser.PATCH, json(cookie, 'PATCH', { user: { email } }, { user_id: idOf(another) }))
  expect((await readUser(me.id))?.email).toBe(me.email)
  expect((await readUser(another.id))?.email).toBe(another.email)
})
