/** Hands one mail to the SMTP server. */
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport'
import type { MailConfig } from '#server/config/model'
import { type MailContent, renderMail } from '#server/mail/template'

const CONNECT_MS = 5_000
const GREETING_MS = 5_000
/** Longest silence of the server once it has greeted. */
const SILENCE_MS = 10_000
/** Longest a mail may take as a whole. */
const WHOLE_MS = 30_000
const IMPLICIT_TLS_PORT = 465

/** How the way to the SMTP server is protected. */
export type MailSecurity = 'tls' | 'starttls' | 'loopback'

/**
 * TLS from the first byte on 465, else STARTTLS, without which nothing is sent. Only a relay on this very machine that
 * asks for no credentials may do without: nothing leaves the machine then.
 */
export function securityOf({ host, port, username }: MailConfig): MailSecurity {
  if (port === IMPLICIT_TLS_PORT) return 'tls'
  return username === null && isLoopback(host) ? 'loopback' : 'starttls'
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** A mail that was not taken. Its sentence names no secret and no address. */
export class MailFailure extends Error {
  constructor(
    /** One word for machines: `refused`, `no-tls`. */
    readonly reason: string,
    sentence: string,
    /** What goes into the log: codes, never what the server said, which may repeat what we sent. */
    readonly facts: { code: string | null; response: number | null; command: string | null },
  ) {
    super(sentence)
    this.name = 'MailFailure'
  }
}

/**
 * Sends a mail to one address, which must be mailable.
 * @param security how the way is protected; as the configuration says when left out
 * @throws MailFailure
 */
export async function deliver(
  config: MailConfig,
  to: string,
  content: MailContent,
  security: MailSecurity = securityOf(config),
): Promise<void> {
  const transport = createTransport(optionsOf(config, security))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), WHOLE_MS)
  })
  try {
    const sent = transport.sendMail({
      ...renderMail(content),
      // A copy: nodemailer writes into it, and the configuration is frozen.
      from: { ...config.from },
      to: { name: '', address: to },
      envelope: { from: config.from.address, to: [to] },
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    })
    await Promise.race([sent, late])
  } catch (error) {
    throw failureOf(error, config)
  } finally {
    clearTimeout(timer)
    transport.close()
  }
}

function optionsOf(config: MailConfig, security: MailSecurity): SMTPTransport.Options {
  const { host, port, username, password, validateCerts } = config
  return {
    host,
    port,
    secure: security === 'tls',
    // The option that forbids to go on in the clear.
    requireTLS: security === 'starttls',
    opportunisticTLS: security === 'loopback',
    ...(username !== null && { auth: { user: username, pass: password ?? '' } }),
    tls: { rejectUnauthorized: validateCerts && security !== 'loopback', minVersion: 'TLSv1.2' },
    connectionTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

interface SmtpError {
  code?: unknown
  responseCode?: unknown
  command?: unknown
  message?: unknown
}

function failureOf(caught: unknown, config: MailConfig): MailFailure {
  const error = (caught ?? {}) as SmtpError
  const code = typeof error.code === 'string' ? error.code : null
  const response = typeof error.responseCode === 'number' ? error.responseCode : null
  const command = typeof error.command === 'string' ? (error.command.split(' ')[0] ?? null) : null
  const facts = { code, response, command }
  const server = `${config.host}:${config.port}`
  const said = response === null ? '' : ` (${response})`
  const [reason, sentence] = wordsFor(error, facts, server, said)
  return new MailFailure(reason, sentence, facts)
}

function wordsFor(
  error: SmtpError,
  { code, command, response }: MailFailure['facts'],
  server: string,
  said: string,
): [string, string] {
  const text = typeof error.message === 'string' ? error.message : ''
  if (/certificate|self.signed|altnames|CERT_/i.test(text))
    return [
      'certificate',
      `The certificate of ${server} was not accepted. Use the name that it was made for, or trust its authority with NODE_EXTRA_CA_CERTS.`,
    ]
  if (response !== null && (command === 'STARTTLS' || command === 'EHLO'))
    return [
      'no-tls',
      `${server} offers no encryption (STARTTLS), and mail is not sent in the clear. Turn it on there, or use port 465.`,
    ]
  if (code === 'ETLS' || /\b(SSL|TLS)\b|wrong version/i.test(text))
    return [
      'no-tls',
      `No TLS could be agreed on with ${server}. Port 465 begins with TLS, every other one with STARTTLS: check PHOENIX_SMTP_PORT.`,
    ]
  if (code === 'EAUTH')
    return [
      'credentials',
      `${server} refused the credentials${said}. Check PHOENIX_SMTP_USERNAME and PHOENIX_SMTP_PASSWORD.`,
    ]
  if (code === 'EDNS' || code === 'ENOTFOUND' || /ENOTFOUND|EAI_AGAIN/.test(text))
    return [
      'unknown-host',
      `The name of the mail server ${server} is not known. Check PHOENIX_SMTP_HOSTNAME.`,
    ]
  if (code === 'ETIMEDOUT')
    return [
      'timeout',
      `${server} did not answer in time. Check PHOENIX_SMTP_HOSTNAME, PHOENIX_SMTP_PORT and the firewall.`,
    ]
  if (code === 'EENVELOPE' || command === 'MAIL' || command === 'RCPT')
    return [
      'refused',
      `${server} refused the sender or the recipient${said}. Check PHOENIX_SMTP_MAIL_FROM, and that the account's address exists.`,
    ]
  if (response !== null) return ['refused', `${server} refused the mail${said}. Its own log says why.`]
  return [
    'unreachable',
    `${server} could not be reached. Check PHOENIX_SMTP_HOSTNAME, PHOENIX_SMTP_PORT and the firewall.`,
  ]
}
