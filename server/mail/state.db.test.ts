import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GET as readMail } from '#app/ui/mail/route'
import { POST as sendTest } from '#app/ui/mail/test/route'
import { GET as readNotices } from '#app/ui/notices/route'
import { setRuntime } from '#server/runtime'
import { call } from '../../test/call'
import { closedPort, mailConfig } from '../../test/mail-server'
import { createMailing, eventsOf, type Mailing } from '../../test/mailing'
import { createPrincipals, type Principals } from '../../test/principals'
import { createTestRuntime } from '../../test/runtime'

let mailing: Mailing
let who: Principals

beforeAll(async () => {
  mailing = await createMailing()
  who = await createPrincipals(mailing.world)
})
afterAll(() => mailing.server.stop())

const admin = () => who['session ADMIN'].headers
const notices = async () => (await call(readNotices, { headers: admin() })).json.notices
const tryOut = (to: string, headers = admin()) => call(sendTest, { method: 'POST', headers, body: { to } })

/** The same runtime with another mail server. */
function mailBy(port: number, rest = {}): void {
  setRuntime({ ...mailing.world, config: { ...mailing.world.config, mail: mailConfig(port, rest) } })
}

describe('the state of mail', () => {
  test('is for admins, and without the password', async () => {
    const password = 'canary-smtp-password-0123456789'
    mailBy(mailing.server.port, { username: 'canary-user-name-0123456789', password })
    const { status, json, text } = await call(readMail, { headers: admin() })
    expect([status, json]).toEqual([
      200,
      {
        server: {
          host: '127.0.0.1',
          port: mailing.server.port,
          security: 'starttls',
          from: 'bennu@example.com',
          hasCredentials: true,
          validatesCerts: true,
        },
        linksTo: 'https://traces.example.com',
        linksAreSet: true,
        failure: null,
        ownAddress: 'admin@example.com',
      },
    ])
    expect(text).not.toContain('canary')
    for (const as of ['session MEMBER', 'user key ADMIN full', 'system key ADMIN full'] as const) {
      expect((await call(readMail, { headers: who[as].headers })).status).toBe(403)
      expect((await tryOut('ada@example.com', who[as].headers)).status).toBe(403)
      expect((await call(readNotices, { headers: who[as].headers })).status).toBe(403)
    }
    setRuntime(mailing.world)
  })
})

describe('a test mail', () => {
  test('arrives', async () => {
    expect((await tryOut('ada@example.com')).json).toEqual({ ok: true })
    const { parsed } = await mailing.server.untilMailTo('ada@example.com')
    expect(parsed.subject).toBe('[Bennu] Test mail')
    expect((await eventsOf(mailing.world, 'mail.send')).at(-1)).toMatchObject({ outcome: 'success' })
  })

  test('is on record with its address, in the column that can be blanked alone', async () => {
    await tryOut('grace@example.com')
    const sent = (await eventsOf(mailing.world, 'mail.send')).at(-1)
    expect(sent).toMatchObject({ outcome: 'success', target: null, targetName: 'grace@example.com' })
    const { targetName: _personal, ...rest } = sent ?? expect.fail('no entry')
    expect(JSON.stringify(rest)).not.toContain('grace')
    mailBy(await closedPort())
    await tryOut('heidi@example.com')
    const failed = (await eventsOf(mailing.world, 'mail.send')).at(-1)
    expect(failed).toMatchObject({ outcome: 'failure', targetName: 'heidi@example.com' })
    setRuntime(mailing.world)
    await tryOut('ada@example.com')
  })

  test('goes to no address that cannot receive any', async () => {
    const answer = await tryOut('a,b@example.com')
    expect([answer.status, answer.json.detail[0].loc]).toEqual([422, ['body', 'to']])
    expect((await tryOut('nobody')).status).toBe(422)
  })

  test('that is not taken says why, raises one notice and counts, until a mail goes through again', async () => {
    mailBy(await closedPort())
    const first = await tryOut('ada@example.com')
    expect(first.json).toMatchObject({ ok: false, reason: 'unreachable' })
    await tryOut('ada@example.com')
    const [notice, ...more] = await notices()
    expect(more).toEqual([])
    expect(notice).toMatchObject({ id: 'mail.failed', tone: 'danger', count: 2 })
    expect(notice.sentence).toContain(first.json.sentence)
    const { json } = await call(readMail, { headers: admin() })
    expect(json.failure).toEqual({ sentence: notice.sentence, at: notice.lastAt, count: 2 })
    setRuntime(mailing.world)
    await tryOut('ada@example.com')
    expect(await notices()).toEqual([])
  })

  test('is refused without a mail server', async () => {
    const world = await createTestRuntime()
    const principals = await createPrincipals(world)
    const answer = await tryOut('ada@example.com', principals['session ADMIN'].headers)
    expect([answer.status, answer.text]).toEqual([409, 'No mail is sent: PHOENIX_SMTP_HOSTNAME is not set'])
    const { json } = await call(readMail, { headers: principals['session ADMIN'].headers })
    expect(json.server).toBeNull()
    setRuntime(mailing.world)
  })
})
