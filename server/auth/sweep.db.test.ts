import { eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { authenticate } from '#server/auth/authenticate'
import { refreshSession } from '#server/auth/renew'
import { sweepSessions } from '#server/auth/sweep'
import type { Ctx } from '#server/context'
import type { User } from '#server/users/find'
import { createAccount, createSession } from '../../test/accounts'
import { createTestRuntime, type TestRuntime, testConfig } from '../../test/runtime'

const NOW = new Date('2026-05-01T12:00:00.000Z')
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
let now = NOW
let world: TestRuntime
let user: User

beforeEach(async () => {
  now = NOW
  world = await createTestRuntime({
    clock: () => now,
    config: { auth: { accessTokenMinutes: 10, refreshTokenMinutes: 60 } },
  })
  user = await createAccount(world)
})

const ctx = (): Ctx => ({
  ...world,
  actor: { kind: 'anonymous' },
  request: { requestId: 'r', address: '192.0.2.7', userAgent: 'test' },
})
const renew = (refresh: string) => refreshSession(ctx(), { access: null, refresh })
const count = async () => {
  const { sessions, refreshTokens, accessTokens } = world.db.t
  const rows = await Promise.all([sessions, refreshTokens, accessTokens].map((t) => world.db.read.$count(t)))
  return { sessions: rows[0], refresh: rows[1], access: rows[2] }
}

test('what is still good stays', async () => {
  const session = await createSession(world, user)
  now = new Date(later(60).getTime() - 1)
  expect(await sweepSessions(world)).toEqual({ tokens: 0, sessions: 0 })
  expect((await renew(session.refreshToken)).sessionId).toBe(session.sessionId)
})

test('what is over goes, the session with it', async () => {
  await createSession(world, user)
  now = later(30)
  const younger = await createSession(world, user)
  now = later(60)
  expect(await sweepSessions(world)).toEqual({ tokens: 1, sessions: 1 })
  expect(await count()).toEqual({ sessions: 1, refresh: 1, access: 1 })
  expect((await renew(younger.refreshToken)).sessionId).toBe(younger.sessionId)
})

test('a used refresh token is recognised until its time is over, and swept then', async () => {
  const first = await createSession(world, user)
  now = later(30)
  const second = await renew(first.refreshToken)
  now = later(60)
  expect(await sweepSessions(world)).toEqual({ tokens: 1, sessions: 0 })
  await expect(renew(first.refreshToken)).rejects.toMatchObject({ kind: 'unauthenticated' })
  // Too old to tell a theft by: the session lives on.
  expect((await renew(second.refreshToken)).sessionId).toBe(first.sessionId)
})

test('an access token that outlives its refresh token is left its time', async () => {
  const config = testConfig({ auth: { accessTokenMinutes: 60, refreshTokenMinutes: 10 } })
  const session = await createSession({ ...world, config }, user)
  now = later(59)
  expect(await sweepSessions(world)).toEqual({ tokens: 0, sessions: 0 })
  const { problem } = await authenticate(world, { authorization: null, accessCookie: session.accessToken })
  expect(problem).toBeNull()
  now = later(60)
  expect(await sweepSessions(world)).toEqual({ tokens: 1, sessions: 1 })
})

test('more rows than one batch go in one sweep', async () => {
  const { sessions, refreshTokens } = world.db.t
  const common = { userId: user.id, createdAt: NOW }
  await world.db.write(async (tx) => {
    const rows = Array.from({ length: 1100 }, () => ({
      ...common,
      method: 'LOCAL' as const,
      lastSeenAt: NOW,
    }))
    const made = await tx.insert(sessions).values(rows).returning({ id: sessions.id })
    const tokens = made.map(({ id }) => ({ ...common, sessionId: id, tokenHash: 'x', expiresAt: NOW }))
    await tx.insert(refreshTokens).values(tokens)
  })
  expect(await sweepSessions(world)).toEqual({ tokens: 1100, sessions: 1100 })
})

test('replicas may sweep at the same moment, while people sign in and renew', async () => {
  for (let made = 0; made < 20; made++) await createSession(world, user)
  now = later(60)
  const session = await createSession(world, user)
  await Promise.all([
    sweepSessions(world),
    sweepSessions(world),
    renew(session.refreshToken),
    createSession(world, user),
    sweepSessions(world),
  ])
  expect((await count()).sessions).toBe(2)
})

test('the sessions of a disabled account are kept like any other', async () => {
  await createSession(world, user)
  const { users } = world.db.t
  await world.db.write((tx) => tx.update(users).set({ disabledAt: NOW }).where(eq(users.id, user.id)))
  now = later(59)
  expect(await sweepSessions(world)).toEqual({ tokens: 0, sessions: 0 })
})

test('sessions that ran out are on record, with their number', async () => {
  const { sessionId } = await createSession(world, user)
  now = later(60)
  await sweepSessions(world)
  await sweepSessions(world)
  const { auditEvents: t } = world.db.t
  const entries = await world.db.read.select().from(t).where(eq(t.action, 'session.expire'))
  expect(entries).toMatchObject([{ outcome: 'success', actorKind: 'server' }])
  expect(JSON.parse(entries[0]?.details ?? '')).toEqual({ ended: 1, sessions: [`Session:${sessionId}`] })
})
