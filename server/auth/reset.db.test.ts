import { eq } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { POST as login } from '#app/auth/login/route'
import { POST as reset } from '#app/auth/password-reset/route'
import { POST as ask } from '#app/auth/password-reset-email/route'
import { PATCH as changeOwn } from '#app/v1/user/route'
import { authenticate } from '#server/auth/authenticate'
import { mailResetLink } from '#server/auth/reset-request'
import { sweepResetTokens } from '#server/auth/reset-tokens'
import { signToken } from '#server/auth/tokens'
import { countAttempt } from '#server/limits/lockout'
import { listNotices } from '#server/notices/notices'
import { setRuntime } from '#server/runtime'
import type { User } from '#server/users/find'
import { createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { call } from '../../test/call'
import { leastOf } from '../../test/least-of'
import { closedPort, linkIn, mailConfig, startSilentServer } from '../../test/mail-server'
import { createMailing, eventsOf, type Mailing, settled } from '../../test/mailing'
import { createTestRuntime, TEST_SECRET } from '../../test/runtime'

const NOW = new Date('2026-05-01T12:00:00.000Z')
const NEW_PASSWORD = 'another fine password 2'
let now = NOW
let mailing: Mailing
const lines: string[] = []

beforeAll(async () => {
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  mailing = await createMailing({}, { clock: () => now, log })
})
afterAll(() => mailing.server.stop())
beforeEach(() => {
  now = NOW
  // Some tests put a runtime of their own in its place.
  setRuntime(mailing.world)
})

const request = (email: unknown) => call(ask, { method: 'POST', body: { email } })
const use = (body: unknown) => call(reset, { method: 'POST', body })
const signIn = (email: string | null, password: string) =>
  call(login, { method: 'POST', body: { email, password } })

/** The token of the newest mail to this account. */
async function mailedToken(user: User): Promise<string> {
  await settled()
  const mail = await mailing.server.untilMailTo(user.email as string)
  const link = linkIn(mail, 'reset-url')
  expect(link).toMatch(/^https:\/\/traces\.example\.com\/reset-password-with-token\?token=[\w.-]+$/)
  return new URL(link as string).searchParams.get('token') as string
}

/** A token as the route makes it, without the second that its answer takes. */
async function tokenFor(user: User): Promise<string> {
  const nobody = { actor: { kind: 'anonymous' as const }, request: { address: null, userAgent: null } }
  expect(await mailResetLink({ ...mailing.world, ...nobody }, user)).toEqual({ ok: true })
  return mailedToken(user)
}

const rowsOf = ({ id }: User) => {
  const { passwordResetTokens: t } = mailing.world.db.t
  return mailing.world.db.read.select().from(t).where(eq(t.userId, id))
}

describe('a mailed token', () => {
  test('sets the password once, whatever the account was due or locked out of', async () => {
    const { world } = mailing
    const user = await createAccount(world, { resetPassword: true })
    const session = await createSession(world, user)
    for (let n = 0; n < 5; n++) await countAttempt(world, user.email as string)
    const token = await tokenFor(user)
    expect(await use({ token, password: NEW_PASSWORD })).toMatchObject({ status: 204, text: '' })

    const old = await authenticate(world, { authorization: null, accessCookie: session.accessToken })
    expect(old.actor.kind).toBe('anonymous')
    const { users } = world.db.t
    const [row] = await world.db.read.select().from(users).where(eq(users.id, user.id))
    expect(row?.resetPassword).toBe(false)
    expect((await signIn(user.email, NEW_PASSWORD)).status).toBe(204)
    expect((await signIn(user.email, TEST_PASSWORD)).status).toBe(401)

    const again = await use({ token, password: 'a third fine password 3' })
    expect(again).toMatchObject({ status: 401, text: 'This link does not work any more: ask for a new one' })
    expect((await signIn(user.email, NEW_PASSWORD)).status).toBe(204)
  })

  test('is stored by its hash alone', async () => {
    const user = await createAccount(mailing.world)
    const token = await tokenFor(user)
    const [row] = await rowsOf(user)
    expect(row?.tokenHash).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(row)).not.toContain(token.split('.')[2])
  })

  test('ends with the next one', async () => {
    const user = await createAccount(mailing.world)
    const first = await tokenFor(user)
    await tokenFor(user)
    const mail = await mailing.server.untilMailTo(user.email as string, 2)
    const second = new URL(linkIn(mail, 'reset-url') as string).searchParams.get('token')
    expect(await rowsOf(user)).toHaveLength(1)
    expect((await use({ token: first, password: NEW_PASSWORD })).status).toBe(401)
    expect((await use({ token: second, password: NEW_PASSWORD })).status).toBe(204)
  })

  test('ends when its owner changes the password', async () => {
    const user = await createAccount(mailing.world)
    const token = await tokenFor(user)
    const { accessToken } = await createSession(mailing.world, user)
    const headers = { cookie: `phoenix-access-token=${accessToken}` }
    const body = { user: { password: NEW_PASSWORD, current_password: TEST_PASSWORD } }
    expect((await call(changeOwn, { method: 'PATCH', headers, body })).status).toBe(200)
    expect((await use({ token, password: 'a third fine password 3' })).status).toBe(401)
  })

  test('ends after fifteen minutes, and is swept then', async () => {
    const { world } = mailing
    const user = await createAccount(world)
    const token = await tokenFor(user)
    now = new Date(NOW.getTime() + 15 * 60_000)
    expect((await use({ token, password: NEW_PASSWORD })).status).toBe(401)
    expect(await rowsOf(user)).toHaveLength(1)
    await sweepResetTokens(world)
    expect(await rowsOf(user)).toHaveLength(0)
  })

  test('is used by one of two who use it at the same moment', async () => {
    const user = await createAccount(mailing.world)
    const token = await tokenFor(user)
    const tries = [NEW_PASSWORD, 'a third fine password 3'].map((password) => use({ token, password }))
    expect((await Promise.all(tries)).map(({ status }) => status).sort()).toEqual([204, 401])
  })

  test('is not used up by a password that breaks the rules', async () => {
    const user = await createAccount(mailing.world)
    const token = await tokenFor(user)
    const weak = await use({ token, password: 'short' })
    expect(weak.status).toBe(422)
    expect(weak.json.detail[0].loc).toEqual(['body', 'password'])
    expect((await use({ token, password: user.username })).status).toBe(422)
    expect((await use({ token, password: NEW_PASSWORD })).status).toBe(204)
  })

  test('is of no use once its account is disabled', async () => {
    const { world } = mailing
    const user = await createAccount(world)
    const token = await tokenFor(user)
    const { users } = world.db.t
    await world.db.write((tx) => tx.update(users).set({ disabledAt: NOW }).where(eq(users.id, user.id)))
    expect((await use({ token, password: NEW_PASSWORD })).status).toBe(401)
  })

  test('cannot be made by whoever knows the secret', async () => {
    const user = await createAccount(mailing.world)
    await tokenFor(user)
    const [row] = await rowsOf(user)
    const forged = signToken('PasswordResetToken', row?.id ?? 0, TEST_SECRET)
    expect((await use({ token: forged, password: NEW_PASSWORD })).status).toBe(401)
  })

  test('signs nobody in', async () => {
    const user = await createAccount(mailing.world)
    const token = await tokenFor(user)
    const { actor } = await authenticate(mailing.world, {
      authorization: `Bearer ${token}`,
      accessCookie: null,
    })
    expect(actor.kind).toBe('anonymous')
  })

  test('and its account stand in the audit log, its text nowhere', async () => {
    const { world } = mailing
    const user = await createAccount(world)
    const token = await tokenFor(user)
    await use({ token, password: NEW_PASSWORD })
    await settled()
    const target = `User:${user.id}`
    const told = async (action: string) =>
      (await eventsOf(world, action)).filter((event) => event.target === target)
    expect(await told('passwordReset.request')).toMatchObject([
      { outcome: 'success', actorKind: 'anonymous' },
    ])
    expect(await told('passwordReset.complete')).toMatchObject([{ outcome: 'success', actorUserId: user.id }])
    expect((await told('mail.send')).map(({ details }) => JSON.parse(details).mail)).toEqual([
      'reset',
      'password-changed',
    ])
    const everything = JSON.stringify(await world.db.read.select().from(world.db.t.auditEvents))
    for (const text of [token, encodeURIComponent(token), NEW_PASSWORD, user.email as string]) {
      expect(lines.join('')).not.toContain(text)
    }
    expect(everything).not.toContain(token)
  })
})

describe('POST /auth/password-reset', () => {
  test.each([
    ['no token', { password: NEW_PASSWORD }, 401],
    ['an empty token', { token: '', password: NEW_PASSWORD }, 401],
    ['a token that is none', { token: 'a.b.c', password: NEW_PASSWORD }, 401],
    ['no password', { token: 'a.b.c' }, 422],
    ['an empty password', { token: 'a.b.c', password: '' }, 422],
    ['no JSON', '{', 400],
    ['a list', [], 422],
  ])('refuses %s', async (_what, body, status) => {
    expect((await use(body)).status).toBe(status)
  })
})

describe('POST /auth/password-reset-email', () => {
  test.each([
    ['no address', {}, 422],
    ['an empty address', { email: ' ' }, 422],
    ['a number', { email: 5 }, 422],
    ['no JSON', 'email', 400],
  ])('refuses %s', async (_what, body, status) => {
    expect((await call(ask, { method: 'POST', body })).status).toBe(status)
  })

  test('finds an account by its address in any case', async () => {
    const user = await createAccount(mailing.world)
    await request(`  ${(user.email as string).toUpperCase()} `)
    expect(await mailedToken(user)).toBeTruthy()
  })

  test('has links that what the request says of itself does not change', async () => {
    const user = await createAccount(mailing.world)
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      referer: 'https://traces.example.com/forgot-password',
    }
    await call(ask, { method: 'POST', body: { email: user.email }, headers })
    await mailedToken(user)
  })

  test('tells the audit log why nobody got a mail', async () => {
    const { world, server } = mailing
    const disabled = await createAccount(world, { disabledAt: NOW })
    const directory = await createAccount(world, { authMethod: 'LDAP' })
    const before = server.mails.length
    await Promise.all(
      ['nobody@example.com', disabled.email, directory.email, 'admin@localhost', 'system@localhost'].map(
        request,
      ),
    )
    await settled()
    const failures = (await eventsOf(world, 'passwordReset.request')).filter(
      (one) => one.outcome === 'failure',
    )
    expect(
      failures
        .slice(-5)
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['disabled', 'no-address', 'not-local', 'not-local', 'unknown-user'])
    expect(server.mails).toHaveLength(before)
  })
})

describe('one account', () => {
  const NOBODY = { actor: { kind: 'anonymous' as const }, request: { address: null, userAgent: null } }
  const often = { count: 100, windowMs: 3_600_000 }
  /** A server on which addresses are hardly limited, and an account there. */
  async function start(enabled = true) {
    const limits = { enabled, passwordReset: often }
    const { world, server } = await createMailing({ limits }, { clock: () => now })
    const user = await createAccount(world)
    const email = user.email as string
    const askOften = async (times: number) => {
      const answers = await Promise.all(Array.from({ length: times }, () => request(email)))
      await settled()
      return answers.map(({ status, text }) => `${status} ${text}`)
    }
    const mailCount = () => server.mails.filter(({ to }) => to.includes(email)).length
    return { world, server, user, askOften, mailCount }
  }

  test('is sent three mails in an hour, and the answers are all the same', async () => {
    const { world, server, user, askOften, mailCount } = await start()
    expect(await askOften(5)).toEqual(Array(5).fill('204 '))
    expect(mailCount()).toBe(3)
    const events = await eventsOf(world, 'passwordReset.request')
    const refused = events.filter(({ outcome }) => outcome === 'failure')
    expect(refused).toMatchObject(Array(2).fill({ reason: 'too-many', target: `User:${user.id}` }))
    await server.stop()
  })

  test('is sent more of them an hour later', async () => {
    const { server, askOften, mailCount } = await start()
    await askOften(4)
    now = new Date(NOW.getTime() + 3_660_000)
    await askOften(1)
    expect(mailCount()).toBe(4)
    await server.stop()
  })

  test('that was sent its mails does not keep others from theirs', async () => {
    const { world, server, askOften } = await start()
    await askOften(4)
    const other = await createAccount(world)
    await request(other.email)
    expect((await server.untilMailTo(other.email as string)).parsed.subject).toBe(
      '[Bennu] Reset your password',
    )
    await server.stop()
  })

  test('is sent the link of an admin all the same', async () => {
    const { world, server, user, askOften, mailCount } = await start()
    await askOften(4)
    expect(await mailResetLink({ ...world, ...NOBODY }, user)).toEqual({ ok: true })
    expect(mailCount()).toBe(4)
    await server.stop()
  })

  test('is not limited with PHOENIX_DISABLE_RATE_LIMIT', async () => {
    const { server, askOften, mailCount } = await start(false)
    await askOften(5)
    expect(mailCount()).toBe(5)
    await server.stop()
  })
})

describe('who has an account is not told', () => {
  const CASES = ['up', 'down', 'silent'] as const

  test.each(CASES)('by an answer or its time while the mail server is %s', async (state) => {
    const silent = await startSilentServer()
    const world = await createTestRuntime()
    const port = { up: mailing.server.port, down: await closedPort(), silent: silent.port }[state]
    Object.assign(world, { config: { ...world.config, mail: mailConfig(port) } })
    const known = await createAccount(world)
    const disabled = await createAccount(world, { disabledAt: NOW })
    const directory = await createAccount(world, { authMethod: 'LDAP' })
    const addresses = [known.email, 'nobody@example.com', disabled.email, directory.email, 'admin@localhost']
    const spreadOfAnswers = async () => {
      const times = await Promise.all(
        addresses.map(async (email) => {
          const started = performance.now()
          const { status, text, headers } = await request(email)
          const told = { status, text, headers: Object.fromEntries(headers) }
          expect(told).toEqual({ status: 204, text: '', headers: { 'cache-control': 'no-store' } })
          return performance.now() - started
        }),
      )
      expect(Math.min(...times)).toBeGreaterThan(950)
      return Math.max(...times) - Math.min(...times)
    }
    expect(await leastOf(5, 300, spreadOfAnswers)).toBeLessThan(300)
    await settled()
    const failed = (await listNotices(world)).map(({ id }) => id)
    expect(failed).toEqual(state === 'up' ? [] : ['mail.failed'])
    await silent.stop()
  })
})

describe('without a mail server', () => {
  test('the request is answered with 503 for everybody', async () => {
    const world = await createTestRuntime()
    const user = await createAccount(world)
    for (const email of [user.email, 'nobody@example.com']) {
      expect(await request(email)).toMatchObject({ status: 503 })
    }
  })
})

test('with passwords switched off both routes are closed', async () => {
  const { server } = await createMailing({ auth: { basicAuth: false } })
  expect((await request('nobody@example.com')).status).toBe(403)
  expect((await use({ token: 'x', password: NEW_PASSWORD })).status).toBe(403)
  await server.stop()
})

test('changing one’s own password is told to its owner', async () => {
  const { world, server } = mailing
  const user = await createAccount(world)
  const { accessToken } = await createSession(world, user)
  const headers = { cookie: `phoenix-access-token=${accessToken}` }
  const body = { user: { password: NEW_PASSWORD, current_password: TEST_PASSWORD } }
  expect((await call(changeOwn, { method: 'PATCH', headers, body })).status).toBe(200)
  const { parsed } = await server.untilMailTo(user.email as string)
  expect(parsed.subject).toBe('[Bennu] Your password was changed')
})
