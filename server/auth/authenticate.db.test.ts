import { eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { authenticate } from '#server/auth/authenticate'
import type { Session } from '#server/auth/sessions'
import { hashToken, signToken } from '#server/auth/tokens'
import type { Tables } from '#server/db/schema'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, TEST_SECRET, type TestRuntime, testConfig } from '../../test/runtime'

const ADMIN_SECRET = 'admin-secret-0123456789-abcdefghij'
const OLD_SECRET = 'older-secret-0123456789-abcdefghij'
const NOW = new Date('2026-05-01T12:00:00.000Z')
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)

let world: TestRuntime
let now = NOW

beforeAll(async () => {
  world = await createTestRuntime({
    clock: () => now,
    config: { auth: { adminSecret: ADMIN_SECRET, accessTokenMinutes: 10, refreshTokenMinutes: 60 } },
  })
})
beforeEach(() => {
  now = NOW
})

const bearer = (text: string) => authenticate(world, { authorization: `Bearer ${text}`, accessCookie: null })
const cookie = (text: string) => authenticate(world, { authorization: null, accessCookie: text })
const nobody = (problem: string, reason?: string, userId: number | null = null) => ({
  actor: { kind: 'anonymous' },
  problem,
  refusal: reason === undefined ? null : expect.objectContaining({ reason, userId }),
})

async function setUser(user: User, columns: Partial<User>): Promise<void> {
  const { users } = world.db.t
  await world.db.write((tx) => tx.update(users).set(columns).where(eq(users.id, user.id)))
}

/** A key as creating one would leave it, `columns` apart; signed with `secret`. */
async function createKey(
  owner: { id: number },
  columns: Partial<Tables['apiKeys']['$inferInsert']> = {},
  secret = TEST_SECRET,
): Promise<{ id: number; text: string }> {
  const { apiKeys } = world.db.t
  const row = { userId: owner.id, name: 'a key', createdAt: NOW, ...columns }
  return world.db.write(async (tx) => {
    const [made] = await tx.insert(apiKeys).values(row).returning({ id: apiKeys.id })
    const id = made?.id as number
    const text = signToken('ApiKey', id, secret)
    const tokenHash = columns.tokenHash === undefined ? hashToken(text) : columns.tokenHash
    await tx.update(apiKeys).set({ tokenHash }).where(eq(apiKeys.id, id))
    return { id, text }
  })
}

async function readKey(id: number) {
  const { apiKeys } = world.db.t
  const [row] = await world.db.read.select().from(apiKeys).where(eq(apiKeys.id, id))
  return row
}

describe('a session', () => {
  let user: User
  let session: Session
  beforeEach(async () => {
    user = await createAccount(world, { role: 'VIEWER' })
    session = await createSession(world, user)
  })
  const itsActor = (changes: object = {}) => ({
    actor: {
      kind: 'session',
      userId: user.id,
      role: 'VIEWER',
      mustReset: false,
      accessTokenId: session.accessTokenId,
      sessionId: expect.any(Number),
      ...changes,
    },
    problem: null,
    refusal: null,
  })

  test('is its owner by cookie', async () => {
    expect(await cookie(session.accessToken)).toEqual(itsActor())
  })

  test('is its owner by bearer', async () => {
    expect(await bearer(session.accessToken)).toEqual(itsActor())
  })

  test('has the role its owner has now', async () => {
    await setUser(user, { role: 'ADMIN' })
    expect(await cookie(session.accessToken)).toEqual(itsActor({ role: 'ADMIN' }))
  })

  test('knows that its owner must reset the password', async () => {
    await setUser(user, { resetPassword: true })
    expect(await cookie(session.accessToken)).toEqual(itsActor({ mustReset: true }))
  })

  test('works until the millisecond before its end', async () => {
    now = new Date(minutes(10).getTime() - 1)
    expect((await cookie(session.accessToken)).problem).toBeNull()
  })

  test('is over at its end', async () => {
    now = minutes(10)
    expect(await cookie(session.accessToken)).toEqual(nobody('expired', 'expired', user.id))
  })

  test('is refused like a wrong one while its owner is disabled, and works again after', async () => {
    await setUser(user, { disabledAt: NOW })
    expect(await cookie(session.accessToken)).toEqual(nobody('invalid', 'disabled', user.id))
    await setUser(user, { disabledAt: null })
    expect((await cookie(session.accessToken)).problem).toBeNull()
  })

  test('ends with its row', async () => {
    const { accessTokens } = world.db.t
    await world.db.write((tx) => tx.delete(accessTokens).where(eq(accessTokens.id, session.accessTokenId)))
    expect(await cookie(session.accessToken)).toEqual(nobody('invalid', 'revoked'))
  })

  test('is not renewed by a text for its row that somebody made with the leaked secret', async () => {
    const forged = signToken('AccessToken', session.accessTokenId, TEST_SECRET)
    expect(await cookie(forged)).toEqual(nobody('invalid', 'forged'))
  })

  test('is not proven by a hash alone: the signature must be ours', async () => {
    const { accessTokens } = world.db.t
    const text = signToken('AccessToken', session.accessTokenId, OLD_SECRET)
    const row = { tokenHash: hashToken(text) }
    await world.db.write((tx) =>
      tx.update(accessTokens).set(row).where(eq(accessTokens.id, session.accessTokenId)),
    )
    expect(await cookie(text)).toEqual(nobody('invalid', 'signature'))
    const config = testConfig({ auth: { previousSecrets: [OLD_SECRET] } })
    const answer = await authenticate({ ...world, config }, { authorization: null, accessCookie: text })
    expect(answer).toEqual(itsActor())
  })

  test('does not count when an Authorization header is there that is not good', async () => {
    for (const [authorization, reason] of [
      ['Bearer wrong', 'malformed'],
      ['Basic YTpi', 'scheme'],
      ['Bearer', 'scheme'],
      ['Bearer ', 'scheme'],
      ['', 'scheme'],
      [session.accessToken, 'scheme'],
    ] as const) {
      const answer = await authenticate(world, { authorization, accessCookie: session.accessToken })
      expect(answer, authorization).toEqual(nobody('invalid', reason))
    }
  })

  test('of a refresh token is none: that token authenticates nothing', async () => {
    expect(await bearer(session.refreshToken)).toEqual(nobody('invalid', 'wrong-kind'))
    expect(await cookie(session.refreshToken)).toEqual(nobody('invalid', 'wrong-kind'))
  })
})

describe('the scheme', () => {
  test.each(['Bearer', 'bearer', 'BEARER'])('%s is understood', async (scheme) => {
    const { accessToken } = await createSession(world, await createAccount(world))
    const answer = await authenticate(world, {
      authorization: `${scheme} ${accessToken}`,
      accessCookie: null,
    })
    expect(answer.problem).toBeNull()
  })
})

test('no credential at all is missing, not invalid', async () => {
  expect(await authenticate(world, { authorization: null, accessCookie: null })).toEqual(nobody('missing'))
})

test('with authentication off everybody is let in, whatever they send', async () => {
  const config = testConfig({ auth: { enabled: false } })
  const answer = await authenticate(
    { ...world, config },
    { authorization: 'Bearer wrong', accessCookie: null },
  )
  expect(answer).toEqual({ actor: { kind: 'open' }, problem: null, refusal: null })
})

describe('the admin secret', () => {
  test('acts as the system account with an admin’s power', async () => {
    expect(await bearer(ADMIN_SECRET)).toEqual({
      actor: { kind: 'adminSecret', userId: 1, role: 'ADMIN' },
      problem: null,
      refusal: null,
    })
  })

  test('is nothing in a cookie', async () => {
    expect(await cookie(ADMIN_SECRET)).toEqual(nobody('invalid', 'malformed'))
  })

  test('is nothing with one character more or less', async () => {
    expect(await bearer(`${ADMIN_SECRET}x`)).toEqual(nobody('invalid', 'malformed'))
    expect(await bearer(ADMIN_SECRET.slice(0, -1))).toEqual(nobody('invalid', 'malformed'))
  })

  test('is nothing where none is configured', async () => {
    const answer = await authenticate(
      { ...world, config: testConfig() },
      { authorization: `Bearer ${ADMIN_SECRET}`, accessCookie: null },
    )
    expect(answer).toEqual(nobody('invalid', 'malformed'))
  })
})

describe('a key', () => {
  test('of a person has the person’s role and its own scope', async () => {
    const user = await createAccount(world, { role: 'MEMBER' })
    const key = await createKey(user, { scope: 'ingest' })
    expect(await bearer(key.text)).toEqual({
      actor: { kind: 'userKey', userId: user.id, role: 'MEMBER', keyId: key.id, scope: 'ingest' },
      problem: null,
      refusal: null,
    })
  })

  test('of a person follows the person’s role, whatever its row says', async () => {
    const user = await createAccount(world, { role: 'ADMIN' })
    const key = await createKey(user, { role: 'ADMIN' })
    await setUser(user, { role: 'VIEWER' })
    expect((await bearer(key.text)).actor).toMatchObject({ kind: 'userKey', role: 'VIEWER' })
  })

  test.each(['VIEWER', 'MEMBER', 'ADMIN'] as const)(
    'of the system acts with its own role %s',
    async (role) => {
      const key = await createKey({ id: 1 }, { role })
      expect(await bearer(key.text)).toEqual({
        actor: { kind: 'systemKey', userId: 1, role, keyId: key.id, scope: 'full' },
        problem: null,
        refusal: null,
      })
    },
  )

  test('of the system without a role is a member', async () => {
    const key = await createKey({ id: 1 })
    expect((await bearer(key.text)).actor).toMatchObject({ kind: 'systemKey', role: 'MEMBER' })
  })

  test('of a person who must reset the password works on', async () => {
    const user = await createAccount(world, { resetPassword: true })
    const key = await createKey(user)
    expect((await bearer(key.text)).problem).toBeNull()
  })

  test('works until its expiry and not at it', async () => {
    const key = await createKey({ id: 1 }, { expiresAt: minutes(5) })
    now = new Date(minutes(5).getTime() - 1)
    expect((await bearer(key.text)).problem).toBeNull()
    now = minutes(5)
    expect(await bearer(key.text)).toEqual(nobody('expired', 'expired', 1))
  })

  test('is refused like a wrong one while its owner is disabled', async () => {
    const user = await createAccount(world, { disabledAt: NOW })
    const key = await createKey(user)
    expect(await bearer(key.text)).toEqual(nobody('invalid', 'disabled', user.id))
  })

  test('is dead once its row is gone', async () => {
    const key = await createKey({ id: 1 })
    const { apiKeys } = world.db.t
    await world.db.write((tx) => tx.delete(apiKeys).where(eq(apiKeys.id, key.id)))
    expect(await bearer(key.text)).toEqual(nobody('invalid', 'revoked'))
  })

  test('is nothing in a cookie', async () => {
    expect(await cookie((await createKey({ id: 1 })).text)).toEqual(nobody('invalid', 'wrong-kind'))
  })

  test('whose hash matches is good under any secret', async () => {
    const key = await createKey({ id: 1 }, {}, 'a-secret-nobody-knows-any-more-1234')
    expect((await bearer(key.text)).problem).toBeNull()
  })

  test('is not forged by a text for its row that somebody made with the leaked secret', async () => {
    const key = await createKey({ id: 1 })
    expect(await bearer(signToken('ApiKey', key.id, TEST_SECRET))).toEqual(nobody('invalid', 'forged'))
  })

  test('has the time of its use noted', async () => {
    const key = await createKey({ id: 1 })
    await bearer(key.text)
    await expect.poll(async () => (await readKey(key.id))?.lastUsedAt).toEqual(NOW)
  })
})

describe('an imported key, which has no hash yet', () => {
  test('is good when we or the server before us signed it, and its hash is kept', async () => {
    const key = await createKey({ id: 1 }, { tokenHash: null })
    expect((await bearer(key.text)).problem).toBeNull()
    const row = await readKey(key.id)
    expect(row?.tokenHash).toBe(hashToken(key.text))
    expect(row?.lastFour).toBe(key.text.slice(-4))
  })

  test('is refused when another secret signed it, and nothing is kept', async () => {
    const key = await createKey({ id: 1 }, { tokenHash: null }, OLD_SECRET)
    expect(await bearer(key.text)).toEqual(nobody('invalid', 'signature'))
    expect((await readKey(key.id))?.tokenHash).toBeNull()
  })

  test('is good under a previous secret', async () => {
    const key = await createKey({ id: 1 }, { tokenHash: null }, OLD_SECRET)
    const config = testConfig({ auth: { previousSecrets: [OLD_SECRET] } })
    const answer = await authenticate(
      { ...world, config },
      { authorization: `Bearer ${key.text}`, accessCookie: null },
    )
    expect(answer.actor).toMatchObject({ kind: 'systemKey', keyId: key.id })
  })

  test('is not pinned while it has expired', async () => {
    const key = await createKey({ id: 1 }, { tokenHash: null, expiresAt: NOW })
    expect(await bearer(key.text)).toEqual(nobody('expired', 'expired', 1))
    expect((await readKey(key.id))?.tokenHash).toBeNull()
  })

  test('once its hash is kept, another text for the row is refused', async () => {
    const key = await createKey({ id: 1 }, { tokenHash: null })
    await bearer(key.text)
    expect(await bearer(signToken('ApiKey', key.id, TEST_SECRET))).toEqual(nobody('invalid', 'forged'))
  })
})
