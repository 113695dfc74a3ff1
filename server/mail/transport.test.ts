import { afterEach, describe, expect, test } from 'vitest'
import type { MailContent } from '#server/mail/template'
import { deliver, MailFailure, type MailSecurity, securityOf } from '#server/mail/transport'
import {
  closedPort,
  type MailServer,
  type MailServerOptions,
  mailConfig,
  startMailServer,
  startSilentServer,
} from '../../test/mail-server'

const CREDENTIALS = { username: 'bennu', password: 'canary-smtp-password-0123456789' }
const CONTENT: MailContent = { subject: 'A subject', title: 'A title', paragraphs: ['A sentence.'] }
const TO = 'ada@example.com'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function serve(options?: MailServerOptions): Promise<MailServer> {
  const server = await startMailServer(options)
  stops.push(server.stop)
  return server
}

/** What becomes of a mail: null when it was taken. */
async function failureOf(
  config: Parameters<typeof deliver>[0],
  security?: MailSecurity,
): Promise<MailFailure | null> {
  try {
    await deliver(config, TO, CONTENT, security)
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(MailFailure)
    return error as MailFailure
  }
}

describe('how the way to a mail server is protected', () => {
  test.each<[string, number, string | null, MailSecurity]>([
    ['smtp.example.com', 465, 'user', 'tls'],
    ['127.0.0.1', 465, null, 'tls'],
    ['smtp.example.com', 587, 'user', 'starttls'],
    ['smtp.example.com', 25, null, 'starttls'],
    ['10.0.0.5', 25, null, 'starttls'],
    ['127.0.0.1', 25, 'user', 'starttls'],
    ['127.0.0.1', 25, null, 'loopback'],
    ['localhost', 587, null, 'loopback'],
    ['::1', 587, null, 'loopback'],
    ['127.0.0.1.example.com', 25, null, 'starttls'],
  ])('%s:%i as %s is %s', (host, port, username, expected) => {
    expect(securityOf(mailConfig(port, { host, username }))).toBe(expected)
  })
})

describe('a mail goes', () => {
  test('by STARTTLS with credentials', async () => {
    const server = await serve({ credentials: CREDENTIALS })
    const config = mailConfig(server.port, { ...CREDENTIALS, validateCerts: false })
    expect(await failureOf(config)).toBeNull()
    expect(server.mails).toMatchObject([{ secure: true, user: 'bennu', from: 'bennu@example.com', to: [TO] }])
  })

  test('by TLS from the first byte', async () => {
    const server = await serve({ tls: 'implicit', credentials: CREDENTIALS })
    const config = mailConfig(server.port, { ...CREDENTIALS, validateCerts: false })
    expect(await failureOf(config, 'tls')).toBeNull()
    expect(server.mails).toMatchObject([{ secure: true, user: 'bennu' }])
  })

  test('in the clear to a relay on this machine that asks for nothing', async () => {
    const server = await serve({ tls: 'none' })
    expect(await failureOf(mailConfig(server.port))).toBeNull()
    expect(server.mails).toMatchObject([{ secure: false, user: null }])
  })

  test('with both forms of its text, marked as sent by a machine', async () => {
    const server = await serve()
    await deliver(mailConfig(server.port), TO, CONTENT)
    const { parsed } = await server.untilMailTo(TO)
    expect(parsed).toMatchObject({
      subject: '[Bennu] A subject',
      from: { name: 'Bennu', address: 'bennu@example.com' },
      to: [{ address: TO }],
    })
    expect(parsed.text).toContain('A sentence.')
    expect(parsed.html).toContain('<p>A sentence.</p>')
    expect(parsed.attachments).toEqual([])
    expect(parsed.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    )
  })
})

describe('a mail does not go', () => {
  test('with credentials to a server without STARTTLS, which hears neither of them nor of the mail', async () => {
    const server = await serve({ tls: 'none', credentials: CREDENTIALS })
    const failure = await failureOf(mailConfig(server.port, CREDENTIALS))
    expect(failure).toMatchObject({ reason: 'no-tls', message: expect.stringContaining('STARTTLS') })
    expect(server.seen).toEqual([])
  })

  test('without credentials to another machine without STARTTLS', async () => {
    const server = await serve({ tls: 'none' })
    expect(await failureOf(mailConfig(server.port), 'starttls')).toMatchObject({ reason: 'no-tls' })
    expect(server.seen).toEqual([])
  })

  test('to a server whose certificate nobody vouches for', async () => {
    const server = await serve({ credentials: CREDENTIALS })
    expect(await failureOf(mailConfig(server.port, CREDENTIALS))).toMatchObject({ reason: 'certificate' })
    expect(server.seen).toEqual([])
  })

  test('with wrong credentials, and no word of them is repeated', async () => {
    const server = await serve({ credentials: CREDENTIALS })
    const password = 'canary-wrong-password-0123456789'
    const failure = await failureOf(
      mailConfig(server.port, { username: 'bennu', password, validateCerts: false }),
    )
    expect(failure).toMatchObject({ reason: 'credentials', facts: { response: 535 } })
    const told = `${failure?.message} ${JSON.stringify(failure?.facts)}`
    expect(told).not.toContain('canary')
    expect(told).not.toContain(Buffer.from(`\0bennu\0${password}`).toString('base64'))
  })

  test('to a recipient whom the server refuses, whose address is not repeated', async () => {
    const server = await serve({ refusesRecipients: true })
    const failure = await failureOf(mailConfig(server.port))
    expect(failure).toMatchObject({ reason: 'refused', facts: { response: 550 } })
    expect(`${failure?.message} ${JSON.stringify(failure?.facts)}`).not.toContain(TO)
  })

  test('where nobody listens', async () => {
    expect(await failureOf(mailConfig(await closedPort()))).toMatchObject({ reason: 'unreachable' })
  })

  test('to a server that never says a word', async () => {
    const silent = await startSilentServer()
    stops.push(silent.stop)
    expect(await failureOf(mailConfig(silent.port))).toMatchObject({ reason: 'timeout' })
  })
})
