import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { POST as reset } from '#app/auth/password-reset/route'
import { POST as mailLink } from '#app/ui/users/[id]/reset-link/route'
import { POST as createSystemKey } from '#app/v1/system/api_keys/route'
import { PATCH as changeOwn } from '#app/v1/user/route'
import { PATCH as changeUser } from '#app/v1/users/[user_id]/route'
import { POST as createUser } from '#app/v1/users/route'
import { hashPassword } from '#server/auth/password'
import { sendInvitations } from '#server/auth/reset-invitations'
import { mailResetLink } from '#server/auth/reset-request'
import { ensureBuiltInRows } from '#server/built-in-rows'
import type { Config } from '#server/config/model'
import { encodeGlobalId } from '#server/global-id'
import { setRuntime } from '#server/runtime'
import { findUserByEmail, type User } from '#server/users/find'
import { resetPasswordByCommandLine } from '#server/users/reset-password'
import { createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { call } from '../../test/call'
import { closedPort, linkIn, mailConfig } from '../../test/mail-server'
import { createMailing, eventsOf, type Mailing, settled } from '../../test/mailing'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime, type TestRuntime } from '../../test/runtime'

let mailing: Mailing
let who: Principals
const nobody = { actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }

beforeAll(async () => {
  mailing = await createMailing()
  who = await createPrincipals(mailing.world)
})
afterAll(() => mailing.server.stop())

let counter = 0
async function create(body: Record<string, unknown>, user: Record<string, unknown> = {}) {
  counter += 1
  const email = `new.${counter}@example.com`
  const answer = await call(createUser, {
    method: 'POST',
    headers: who['session ADMIN'].headers,
    body: {
      user: { auth_method: 'LOCAL', email, username: `New ${counter}`, role: 'MEMBER', ...user },
      ...body,
    },
  })
  expect(answer.status).toBe(201)
  await settled()
  return { email, id: answer.json.data.id as string }
}

const mailsTo = (address: string) => mailing.server.mails.filter(({ to }) => to.includes(address))
const subjectsTo = (address: string) => mailsTo(address).map(({ parsed }) => parsed.subject)
const tokenIn = (address: string) => {
  const [mail] = mailsTo(address)
  const link = mail ? linkIn(mail, 'reset-url') : null
  return link && new URL(link).searchParams.get('token')
}

/** The rows of an account's tokens. */
async function tokensOf(address: string) {
  const { db } = mailing.world
  const { passwordResetTokens: t, users } = db.t
  const rows = await db.read
    .select({ token: t })
    .from(t)
    .innerJoin(users, eq(users.id, t.userId))
    .where(eq(users.email, address))
  return rows.map(({ token }) => token)
}

describe('a new account', () => {
  test('gets one mail, with the way in and a link to choose a password', async () => {
    const { email } = await create({})
    expect(subjectsTo(email)).toEqual(['[Bennu] Welcome to Bennu'])
    const [mail] = mailsTo(email)
    expect(mail && linkIn(mail, 'welcome-url')).toBe('https://traces.example.com')
    const used = await call(reset, {
      method: 'POST',
      body: { token: tokenIn(email), password: 'a fine first password 1' },
    })
    expect(used.status).toBe(204)
    await settled()
    expect(subjectsTo(email)).toEqual(['[Bennu] Welcome to Bennu'])
  })

  test('that signs in elsewhere gets no such link', async () => {
    const { email } = await create({}, { auth_method: 'OAUTH2' })
    expect(subjectsTo(email)).toEqual(['[Bennu] Welcome to Bennu'])
    expect(tokenIn(email)).toBeNull()
  })

  test('made with a password gets the address of the server and no link to replace that password', async () => {
    const { email } = await create({}, { password: 'a password from an admin 1' })
    expect(subjectsTo(email)).toEqual(['[Bennu] Welcome to Bennu'])
    const [mail] = mailsTo(email)
    expect(mail && linkIn(mail, 'welcome-url')).toBe('https://traces.example.com')
    expect(mail?.raw).not.toContain('token=')
    expect(await tokensOf(email)).toEqual([])
  })

  test('gets no mail when nobody wants it to', async () => {
    const { email } = await create({ send_welcome_email: false })
    expect(subjectsTo(email)).toEqual([])
  })

  test('gets no further mail, whoever looks for work', async () => {
    const { email } = await create({})
    const world = { ...mailing.world, ...nobody }
    await Promise.all([sendInvitations(world), sendInvitations(world)])
    expect(subjectsTo(email)).toHaveLength(1)
  })

  test('has a link that works for seven days', async () => {
    const { email } = await create({})
    const [token] = await tokensOf(email)
    const life = (token?.expiresAt.getTime() ?? 0) - Date.now()
    expect(Math.round(life / 3_600_000)).toBe(7 * 24)
  })
})

describe('an invitation', () => {
  const follow = (token: string | null | undefined, password = 'a fine first password 1') =>
    call(reset, { method: 'POST', body: { token, password } })
  const setByAdmin = (id: string, password: string) =>
    call(changeUser, {
      method: 'PATCH',
      params: { user_id: id },
      headers: who['session ADMIN'].headers,
      body: { user: { password } },
    })
  const accountOf = async (email: string) => {
    const { world } = mailing
    return (await findUserByEmail(world.db.read, world.db, email)) ?? expect.fail('no such account')
  }
  /** An account with a password whose invitation is alive: as one made before invitations ended with a password. */
  async function givePassword(email: string): Promise<User> {
    const { db } = mailing.world
    const user = await accountOf(email)
    const passwordHash = await hashPassword(TEST_PASSWORD)
    await db.write((tx) => tx.update(db.t.users).set({ passwordHash }).where(eq(db.t.users.id, user.id)))
    return user
  }

  test('ends when an admin sets a password', async () => {
    const { email, id } = await create({})
    expect((await setByAdmin(id, 'a password from an admin 1')).status).toBe(200)
    expect((await follow(tokenIn(email))).status).toBe(401)
  })

  test('ends when the command line sets a password', async () => {
    const { email } = await create({})
    await resetPasswordByCommandLine(mailing.world, email)
    expect((await follow(tokenIn(email))).status).toBe(401)
  })

  test('ends when its owner changes the password', async () => {
    const { email } = await create({})
    const { accessToken } = await createSession(mailing.world, await givePassword(email))
    const answer = await call(changeOwn, {
      method: 'PATCH',
      headers: { cookie: `phoenix-access-token=${accessToken}` },
      body: { user: { password: 'a fine own password 2', current_password: TEST_PASSWORD } },
    })
    expect(answer.status).toBe(200)
    expect((await follow(tokenIn(email))).status).toBe(401)
  })

  test('ends when a reset link is asked for', async () => {
    const { email } = await create({})
    await mailResetLink({ ...mailing.world, ...nobody }, await accountOf(email))
    expect((await follow(tokenIn(email))).status).toBe(401)
  })

  test('that is not sent yet ends with a password too', async () => {
    const { email, id } = await create({})
    const { db } = mailing.world
    await db.write((tx) => tx.update(db.t.passwordResetTokens).set({ tokenHash: null }))
    await setByAdmin(id, 'a password from an admin 1')
    expect(await tokensOf(email)).toEqual([])
  })

  test('ends not when an admin changes only the name', async () => {
    const { email, id } = await create({})
    const answer = await call(changeUser, {
      method: 'PATCH',
      params: { user_id: id },
      headers: who['session ADMIN'].headers,
      body: { user: { username: 'Newly named' } },
    })
    expect(answer.status).toBe(200)
    expect((await follow(tokenIn(email))).status).toBe(204)
  })

  test('that replaces a password tells the owner of it', async () => {
    const { email } = await create({})
    await givePassword(email)
    expect((await follow(tokenIn(email))).status).toBe(204)
    await settled()
    expect(subjectsTo(email)).toEqual(['[Bennu] Welcome to Bennu', '[Bennu] Your password was changed'])
  })
})

describe('PHOENIX_ADMINS', () => {
  const admins = [
    { username: 'Ada', email: 'ada@corp.internal' },
    { username: 'Bob', email: 'bob@corp.local' },
  ]

  /** What the supervisor does at start. */
  async function start(world: TestRuntime): Promise<void> {
    await ensureBuiltInRows({
      ...world,
      config: { ...world.config, auth: { ...world.config.auth, admins } } as Config,
    })
  }

  test('are invited once, however often and by however many servers', async () => {
    const { world, server } = await createMailing()
    await start(world)
    await start(world)
    const ctx = { ...world, ...nobody }
    const sent = await Promise.all([sendInvitations(ctx), sendInvitations(ctx)])
    expect(sent[0] + sent[1]).toBe(2)
    await start(world)
    expect(await sendInvitations(ctx)).toBe(0)
    expect(server.mails.flatMap(({ to }) => to).sort()).toEqual(['ada@corp.internal', 'bob@corp.local'])
    await server.stop()
    setRuntime(mailing.world)
  })

  test('are invited later when the mail server is away, and not for ever', async () => {
    const world = await createTestRuntime({ config: { mail: mailConfig(await closedPort()) } })
    await start(world)
    const ctx = { ...world, ...nobody }
    for (let turn = 0; turn < 6; turn++) expect(await sendInvitations(ctx)).toBe(0)
    const failures = (await eventsOf(world, 'mail.send')).filter(({ outcome }) => outcome === 'failure')
    expect(failures).toHaveLength(10)
    const { passwordResetTokens: t } = world.db.t
    await world.db.write((tx) => tx.update(t).set({ attempts: 1 }))
    const { server } = mailing
    const healed = { ...ctx, config: { ...world.config, mail: mailConfig(server.port) } }
    expect(await sendInvitations(healed)).toBe(2)
    setRuntime(mailing.world)
  })

  describe('whose server ends between the claim and the mail', () => {
    const HALF_HOUR_MS = 30 * 60_000
    const admin = 'ada@corp.internal'

    /** A server that ended there, and others that come later; no code of the first runs after the claim. */
    async function endedServer() {
      const { world, server } = await createMailing()
      await start(world)
      const ends = Object.defineProperty({ ...world.config.mail }, 'port', {
        get: () => {
          throw new Error('the end of the process')
        },
      })
      const ended = { ...world, ...nobody, config: { ...world.config, mail: ends } as Config }
      await expect(sendInvitations(ended)).rejects.toThrow('the end of the process')
      const later = (milliseconds: number) => ({
        ...world,
        ...nobody,
        clock: () => new Date(Date.now() + milliseconds),
      })
      return { server, later }
    }

    test('are invited by another one half an hour later, with a link that works', async () => {
      const { server, later } = await endedServer()
      const sent = await Promise.all([
        sendInvitations(later(HALF_HOUR_MS)),
        sendInvitations(later(HALF_HOUR_MS)),
      ])
      expect(sent[0] + sent[1]).toBe(2)
      const [mail] = server.mails.filter(({ to }) => to.includes(admin))
      const link = new URL((mail && linkIn(mail, 'reset-url')) ?? '')
      const body = { token: link.searchParams.get('token'), password: 'a fine first password 1' }
      expect((await call(reset, { method: 'POST', body })).status).toBe(204)
      await server.stop()
      setRuntime(mailing.world)
    })

    test('are not invited by another one while the mail may be under way', async () => {
      const { server, later } = await endedServer()
      expect(await sendInvitations(later(HALF_HOUR_MS - 60_000))).toBe(0)
      expect(server.mails).toEqual([])
      await server.stop()
      setRuntime(mailing.world)
    })

    test('are not invited again once they were', async () => {
      const { server, later } = await endedServer()
      expect(await sendInvitations(later(HALF_HOUR_MS))).toBe(2)
      expect(await sendInvitations(later(3 * HALF_HOUR_MS))).toBe(0)
      expect(server.mails).toHaveLength(2)
      await server.stop()
      setRuntime(mailing.world)
    })
  })

  test('are not written down for a mail while there is no mail server', async () => {
    const world = await createTestRuntime()
    await start(world)
    expect(await world.db.read.select().from(world.db.t.passwordResetTokens)).toEqual([])
    setRuntime(mailing.world)
  })
})

describe('an admin', () => {
  const send = (as: keyof Principals, id: number) =>
    call(mailLink, {
      method: 'POST',
      params: { id: encodeGlobalId('User', id) },
      headers: who[as].headers,
    })

  test('mails somebody a link', async () => {
    const user = await createAccount(mailing.world)
    const answer = await send('session ADMIN', user.id)
    expect(answer.json).toEqual({ ok: true })
    expect(subjectsTo(user.email as string)).toEqual(['[Bennu] Reset your password'])
  })

  test('is told why a link cannot be mailed', async () => {
    const { world } = mailing
    const disabled = await createAccount(world, { disabledAt: new Date() })
    const elsewhere = await createAccount(world, { authMethod: 'LDAP' })
    const told = async (id: number) => {
      const { status, text } = await send('session ADMIN', id)
      return [status, text]
    }
    expect(await told(disabled.id)).toEqual([409, 'This account is disabled: enable it first'])
    expect(await told(elsewhere.id)).toEqual([409, 'This account has no password here'])
    expect(await told(2)).toEqual([409, 'The address of this account cannot receive mail'])
    expect(await told(1)).toEqual([404, 'User not found'])
  })

  test('is the only one who may', async () => {
    const user = await createAccount(mailing.world)
    expect((await send('session MEMBER', user.id)).status).toBe(403)
    expect((await send('anonymous', user.id)).status).toBe(401)
    expect(mailsTo(user.email as string)).toEqual([])
  })

  test('who sets a password has its owner told', async () => {
    const user = await createAccount(mailing.world)
    const answer = await call(changeUser, {
      method: 'PATCH',
      params: { user_id: encodeGlobalId('User', user.id) },
      headers: who['session ADMIN'].headers,
      body: { user: { password: 'a password from an admin 1' } },
    })
    expect(answer.status).toBe(200)
    await settled()
    expect(subjectsTo(user.email as string)).toEqual(['[Bennu] Your password was changed'])
  })
})

describe('a new system key', () => {
  const make = (headers: Record<string, string>) =>
    call(createSystemKey, {
      method: 'POST',
      headers,
      body: { data: { name: '<b>exporter</b>\r\nX: y', scope: 'ingest' } },
    })

  test('is told to the admins who can be told, and to nobody else', async () => {
    const { world, server } = mailing
    const gone = await createAccount(world, { role: 'ADMIN', disabledAt: new Date() })
    const before = server.mails.length
    expect((await make(who['session ADMIN'].headers)).status).toBe(201)
    await settled()
    const mails = server.mails.slice(before)
    expect(mails.flatMap(({ to }) => to)).toEqual(['admin@example.com'])
    expect(mailsTo(gone.email as string)).toEqual([])
    expect(mails[0]?.parsed.html).toContain('&lt;b&gt;exporter&lt;/b&gt; X: y')
    expect(mails[0]?.parsed.text).toContain('“admin person” created the system key')
  })

  test('and a changed password are not told with BENNU_SECURITY_MAILS=false', async () => {
    const { server, world } = mailing
    const quiet = mailConfig(server.port, { securityMails: false })
    setRuntime({ ...world, config: { ...world.config, mail: quiet } })
    const before = server.mails.length
    expect((await make(who['session ADMIN'].headers)).status).toBe(201)
    await settled()
    expect(server.mails).toHaveLength(before)
    setRuntime(world)
  })
})
