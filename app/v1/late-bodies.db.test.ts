/** Requests whose last byte comes late: what counts is what the sender may do when the body is there. */
import { eq } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import * as secrets from '#app/v1/secrets/route'
import * as systemKeys from '#app/v1/system/api_keys/route'
import * as userKeys from '#app/v1/user/api_keys/route'
import * as users from '#app/v1/users/route'
import type { RouteHandler } from '#server/http'
import type { User } from '#server/users/find'
import { createAccount, sessionCookies } from '../../test/accounts'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let runtime: TestRuntime

beforeAll(async () => {
  runtime = await createTestRuntime()
})

/** Sends `body` as a session of this account, and its last byte after `meanwhile`. */
async function sendLate(
  handler: RouteHandler,
  user: User,
  body: unknown,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  let pulls = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pulls += 1
        if (pulls === 1) return controller.enqueue(bytes.subarray(0, -1))
        await meanwhile()
        controller.enqueue(bytes.subarray(-1))
        controller.close()
      },
    },
    // Nothing is asked for before the route reads.
    { highWaterMark: 0 },
  )
  const init = {
    method: handler === secrets.PUT ? 'PUT' : 'POST',
    headers: { cookie: await sessionCookies(runtime, user), 'content-type': 'application/json' },
    body: stream,
    duplex: 'half',
  }
  const answer = await handler(new Request('http://localhost:6006/', init), { params: Promise.resolve({}) })
  expect(pulls).toBe(2)
  return answer.status
}

const endSessions = (user: User) => () =>
  runtime.db.write(async (tx) => {
    const { accessTokens } = runtime.db.t
    await tx.delete(accessTokens).where(eq(accessTokens.userId, user.id))
  })

const change = (user: User, columns: { role?: 'MEMBER'; disabledAt?: Date }) => () =>
  runtime.db.write((tx) =>
    tx.update(runtime.db.t.users).set(columns).where(eq(runtime.db.t.users.id, user.id)),
  )

const secret = (key: string) => ({ secrets: [{ key, value: 'late value' }] })
const newUser = (username: string) => ({
  user: { auth_method: 'LOCAL', username, email: `${username}@example.com`, role: 'ADMIN' },
  send_welcome_email: false,
})
const keyNames = async () =>
  (await runtime.db.read.select().from(runtime.db.t.apiKeys)).map(({ name }) => name)
const usernames = async () =>
  (await runtime.db.read.select().from(runtime.db.t.users)).map(({ username }) => username)
const secretKeys = async () =>
  (await runtime.db.read.select().from(runtime.db.t.secrets)).map(({ key }) => key)

test('a session that ends before the body does makes no key', async () => {
  const user = await createAccount(runtime)
  const body = { data: { name: 'late' } }
  expect(await sendLate(userKeys.POST, user, body, endSessions(user))).toBe(401)
  expect(await keyNames()).not.toContain('late')
})

test('an admin who is demoted meanwhile makes no account', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  expect(await sendLate(users.POST, user, newUser('late'), change(user, { role: 'MEMBER' }))).toBe(403)
  expect(await usernames()).not.toContain('late')
})

test('an admin who is demoted meanwhile makes no key of the system', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  const body = { data: { name: 'late system' } }
  expect(await sendLate(systemKeys.POST, user, body, change(user, { role: 'MEMBER' }))).toBe(403)
  expect(await keyNames()).not.toContain('late system')
})

test('an admin who is disabled meanwhile stores no secret', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  const disable = change(user, { disabledAt: new Date() })
  expect(await sendLate(secrets.PUT, user, secret('LATE_KEY'), disable)).toBe(401)
  expect(await secretKeys()).not.toContain('LATE_KEY')
})

test('the right is judged again before the body is', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  expect(await sendLate(users.POST, user, { user: {} }, change(user, { role: 'MEMBER' }))).toBe(403)
})

test('a late body of somebody who still may is served', async () => {
  const user = await createAccount(runtime, { role: 'ADMIN' })
  expect(await sendLate(secrets.PUT, user, secret('GOOD_KEY'), async () => {})).toBe(200)
  expect(await secretKeys()).toContain('GOOD_KEY')
})
