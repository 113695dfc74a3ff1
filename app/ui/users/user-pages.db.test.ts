import { beforeAll, describe, expect, test } from 'vitest'
import { DELETE as liftOne } from '#app/ui/blocked/[id]/route'
import { POST as lift } from '#app/ui/blocked/lift/route'
import { GET as blocked } from '#app/ui/blocked/route'
import { GET as oneUser } from '#app/ui/users/[id]/route'
import { GET as users } from '#app/ui/users/route'
import { DELETE as remove } from '#app/v1/users/[user_id]/route'
import { encodeGlobalId } from '#server/global-id'
import type { User } from '#server/users/find'
import { createAccount, sessionCookies } from '../../../test/accounts'
import { call } from '../../../test/call'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

let world: TestRuntime
let admin: User
let headers: { cookie: string }
beforeAll(async () => {
  world = await createTestRuntime()
  admin = await createAccount(world, { role: 'ADMIN', username: 'Root', email: 'root@example.com' })
  headers = { cookie: await sessionCookies(world, admin) }
})

const get = (query: string) => call(users, { path: `/ui/users${query}`, headers })
const listBlocked = async () => (await call(blocked, { headers })).json
async function blockSomebody(): Promise<User> {
  const user = await createAccount(world)
  const params = { user_id: encodeGlobalId('User', user.id) }
  const options = { method: 'DELETE', path: '/v1/users/x?block=true', params, headers }
  expect((await call(remove, options)).status).toBe(204)
  return user
}

describe('GET /ui/users', () => {
  test('pages and counts what matches the search', async () => {
    for (const name of ['one', 'two', 'three']) await createAccount(world, { username: `paged ${name}` })
    const first = (await get('?search=PAGED&limit=2')).json
    expect([first.users.length, first.total]).toEqual([2, 3])
    const rest = (await get(`?search=paged&limit=2&cursor=${first.nextCursor}`)).json
    expect(rest).toMatchObject({ users: [{ username: 'paged one' }], nextCursor: null, total: 3 })
  })

  test('knows who asks', async () => {
    expect((await get('?search=root@')).json.users).toMatchObject([{ isSelf: true, sessionCount: 1 }])
  })

  test.each([
    '?limit=0',
    '?limit=201',
    '?cursor=x',
    `?cursor=${encodeGlobalId('Project', 1)}`,
    '?search=%00',
  ])('%s is 422', async (query) => expect((await get(query)).status).toBe(422))
})

describe('GET /ui/users/{id}', () => {
  test('is an account with what its deletion stops', async () => {
    const { status, json } = await call(oneUser, {
      params: { id: encodeGlobalId('User', admin.id) },
      headers,
    })
    expect([status, json.username, json.deletion]).toEqual([
      200,
      'Root',
      { keys: 0, sessions: 1, systemKeysMade: 0 },
    ])
  })

  test.each([
    ['x', 422],
    [encodeGlobalId('Project', 1), 422],
    [encodeGlobalId('User', 999_999), 404],
    [encodeGlobalId('User', 1), 404],
  ])('of %s is %i', async (id, status) =>
    expect((await call(oneUser, { params: { id }, headers })).status).toBe(status),
  )
})

describe('what is blocked', () => {
  test('is listed with its day and its maker, and nothing that names the person', async () => {
    const user = await blockSomebody()
    const answer = await call(blocked, { headers })
    expect(answer.json.blocked[0]).toEqual({
      id: expect.any(String),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      createdBy: { username: 'Root' },
    })
    expect(answer.text).not.toContain(user.username)
  })

  test('is lifted by its id, once', async () => {
    await blockSomebody()
    const { id } = (await listBlocked()).blocked[0]
    const before = (await listBlocked()).total
    const statuses = []
    for (const _ of [1, 2])
      statuses.push((await call(liftOne, { method: 'DELETE', params: { id }, headers })).status)
    expect(statuses).toEqual([204, 404])
    expect((await listBlocked()).total).toBe(before - 1)
  })

  test('is lifted by the address or by the name', async () => {
    const byAddress = await blockSomebody()
    const byName = await blockSomebody()
    const post = (body: unknown) => call(lift, { method: 'POST', headers, body })
    expect((await post({ email: byAddress.email?.toUpperCase() })).status).toBe(204)
    expect((await post({ username: byName.username })).status).toBe(204)
    expect((await post({ username: byName.username })).status).toBe(404)
  })

  test.each([
    [{}],
    [{ email: 'a@example.com', username: 'a' }],
    [{ email: 'nonsense' }],
    [{ username: ' ' }],
  ])('is not lifted by %j', async (body) =>
    expect((await call(lift, { method: 'POST', headers, body })).status).toBe(422),
  )
})
