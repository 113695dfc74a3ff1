import { and, desc, eq } from 'drizzle-orm'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as ownSession from '#app/ui/sessions/[id]/route'
import * as ownSessions from '#app/ui/sessions/route'
import * as someonesSession from '#app/ui/users/[id]/sessions/[sessionId]/route'
import * as someonesSessions from '#app/ui/users/[id]/sessions/route'
import { authenticate } from '#server/auth/authenticate'
import type { Session } from '#server/auth/sessions'
import { encodeGlobalId } from '#server/global-id'
import type { User } from '#server/users/find'
import { cookieHeader, createAccount, createSession } from '../../../test/accounts'
import { type Answer, call } from '../../../test/call'
import { createKey, SYSTEM_USER_ID } from '../../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../../test/runtime'

const NOW = new Date('2026-05-01T12:00:00.000Z')
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'
let now = NOW
let world: TestRuntime
let user: User
let admin: User
let here: Session

beforeAll(async () => {
  world = await createTestRuntime({
    clock: () => now,
    config: { auth: { accessTokenMinutes: 10, refreshTokenMinutes: 60 } },
  })
})
beforeEach(async () => {
  now = NOW
  user = await createAccount(world)
  admin = await createAccount(world, { role: 'ADMIN' })
  here = await createSession(world, user, { address: '192.0.2.1', userAgent: FIREFOX })
})

const sessionId = (session: { sessionId: number }) => encodeGlobalId('Session', session.sessionId)
const userId = (account: { id: number }) => encodeGlobalId('User', account.id)
const as = (session: Session) => ({ headers: { cookie: cookieHeader(session) } })
const asAdmin = async () => as(await createSession(world, admin))
const listOwn = (session: Session) => call(ownSessions.GET, as(session))
const listOf = async (account: { id: number }) =>
  call(someonesSessions.GET, { ...(await asAdmin()), params: { id: userId(account) } })
const end = (id: string, session: Session) =>
  call(ownSession.DELETE, { method: 'DELETE', params: { id }, ...as(session) })
const endOthers = (session: Session) => call(ownSessions.DELETE, { method: 'DELETE', ...as(session) })
const endOf = async (id: string, session: string) =>
  call(someonesSession.DELETE, {
    method: 'DELETE',
    params: { id, sessionId: session },
    ...(await asAdmin()),
  })
const endAllOf = async (id: string) =>
  call(someonesSessions.DELETE, { method: 'DELETE', params: { id }, ...(await asAdmin()) })

const idsOf = (answer: Answer): string[] => answer.json.sessions.map(({ id }: { id: string }) => id)
const isAlive = async ({ accessToken }: Session) =>
  (await authenticate(world, { authorization: null, accessCookie: accessToken })).problem === null

async function lastEnd() {
  const { auditEvents: t } = world.db.t
  const [event] = await world.db.read
    .select()
    .from(t)
    .where(and(eq(t.action, 'session.end'), eq(t.target, `User:${user.id}`)))
    .orderBy(desc(t.id))
    .limit(1)
  return event
}

describe('one’s own sessions', () => {
  test('are listed with device, address and times, the present one marked', async () => {
    const answer = await listOwn(here)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.json).toEqual({
      sessions: [
        {
          id: sessionId(here),
          isCurrent: true,
          method: 'LOCAL',
          createdAt: '2026-05-01T12:00:00.000Z',
          lastSeenAt: '2026-05-01T12:00:00.000Z',
          expiresAt: '2026-05-01T13:00:00.000Z',
          address: '192.0.2.1',
          device: 'Firefox on Linux',
        },
      ],
    })
  })

  test('come last seen first, without anybody else’s and without those that are over', async () => {
    now = later(-61)
    await createSession(world, user)
    now = later(1)
    const newer = await createSession(world, user)
    await createSession(world, admin)
    expect(idsOf(await listOwn(here))).toEqual([sessionId(newer), sessionId(here)])
  })

  test('end one by one: the other browser is signed out at its next request', async () => {
    const there = await createSession(world, user)
    const answer = await end(sessionId(there), here)
    expect([answer.status, answer.text, answer.headers.getSetCookie()]).toEqual([204, '', []])
    expect([await isAlive(there), await isAlive(here)]).toEqual([false, true])
    const event = await lastEnd()
    expect(event).toMatchObject({ outcome: 'success', actorUserId: user.id, targetName: user.username })
    expect(JSON.parse(event?.details ?? '')).toEqual({ ended: 1, sessions: [`Session:${there.sessionId}`] })
  })

  test('end with this one too, whose browser is rid of its cookies', async () => {
    const answer = await end(sessionId(here), here)
    expect(answer.status).toBe(204)
    expect(answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual([
      'phoenix-access-token=""',
      'phoenix-refresh-token=""',
    ])
    expect(await isAlive(here)).toBe(false)
  })

  test('end all but this one', async () => {
    const [one, two] = [await createSession(world, user), await createSession(world, user)]
    const stranger = await createSession(world, admin)
    expect((await endOthers(here)).json).toEqual({ ended: 2 })
    expect(await Promise.all([one, two, here, stranger].map(isAlive))).toEqual([false, false, true, true])
    expect((await endOthers(here)).json).toEqual({ ended: 0 })
  })

  test('cannot be ended by another person, who learns nothing', async () => {
    const stranger = await createSession(world, await createAccount(world))
    const theirs = await end(sessionId(here), stranger)
    const missing = await end(encodeGlobalId('Session', 999_999), stranger)
    expect([theirs.status, theirs.text]).toEqual([404, 'Session not found'])
    expect([missing.status, missing.text]).toEqual([404, 'Session not found'])
    expect(await isAlive(here)).toBe(true)
  })

  test.each(['garbage', encodeGlobalId('User', 1), '%'])('are not named by %j: 422', async (id) => {
    expect((await end(id, here)).status).toBe(422)
  })
})

describe('an admin', () => {
  test('sees the sessions of a person, none of which is the present one', async () => {
    const answer = await listOf(user)
    expect(idsOf(answer)).toEqual([sessionId(here)])
    expect(answer.json.sessions[0].isCurrent).toBe(false)
  })

  test('ends one session of a person', async () => {
    const there = await createSession(world, user)
    expect((await endOf(userId(user), sessionId(there))).status).toBe(204)
    expect([await isAlive(there), await isAlive(here)]).toEqual([false, true])
    expect(await lastEnd()).toMatchObject({ actorUserId: admin.id })
  })

  test('ends all sessions of a person and nobody else’s', async () => {
    const stranger = await createSession(world, await createAccount(world))
    expect((await endAllOf(userId(user))).json).toEqual({ ended: 1 })
    expect([await isAlive(here), await isAlive(stranger)]).toEqual([false, true])
  })

  test('finds no session under another person’s name', async () => {
    expect((await endOf(userId(admin), sessionId(here))).status).toBe(404)
    expect(await isAlive(here)).toBe(true)
  })

  test('finds neither a missing person nor the system account', async () => {
    const statuses = []
    for (const id of [999_999, SYSTEM_USER_ID]) {
      statuses.push((await listOf({ id })).status, (await endAllOf(userId({ id }))).status)
    }
    expect(statuses).toEqual([404, 404, 404, 404])
  })
})

test('a member sees and ends nobody else’s sessions', async () => {
  const params = { id: userId(admin), sessionId: sessionId(here) }
  const answers = [
    await call(someonesSessions.GET, { ...as(here), params }),
    await call(someonesSessions.DELETE, { method: 'DELETE', ...as(here), params }),
    await call(someonesSession.DELETE, { method: 'DELETE', ...as(here), params }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
})

test('a key has no sessions, and nobody signed in sees none', async () => {
  const { headers } = await createKey(world, { userId: admin.id, scope: 'full', role: null })
  expect((await call(ownSessions.GET, { headers })).status).toBe(403)
  expect((await call(ownSessions.GET)).status).toBe(401)
})
