/** PHOENIX_SMTP_*: the server that takes our mails. */
import { isIP } from 'node:net'
import type { Config, MailConfig } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'

const HOST = 'PHOENIX_SMTP_HOSTNAME'
const FROM = 'PHOENIX_SMTP_MAIL_FROM'
const OTHERS = ['PHOENIX_SMTP_PORT', 'PHOENIX_SMTP_USERNAME', 'PHOENIX_SMTP_PASSWORD', FROM]
const DEFAULT_FROM = 'noreply@arize.com'

/** How mail is sent, or null: it is on as soon as PHOENIX_SMTP_HOSTNAME is set. */
export function readMail(reader: Reader, auth: Config['auth'], server: Config['server']): MailConfig | null {
  const written = reader.text(HOST)
  if (written === null) {
    const idle = OTHERS.filter((name) => reader.text(name) !== null)
    if (idle.length > 0)
      reader.warn(`${idle.join(', ')}: no mail is sent. Set ${HOST} as well, or remove it.`)
    return null
  }
  if (!auth.enabled)
    reader.warn(`${HOST}: no mail is sent while authentication is off. Set PHOENIX_ENABLE_AUTH=true.`)
  else if (server.rootUrl === null) warnAboutLinks(reader)
  return {
    host: readHost(reader, written),
    port: reader.integer('PHOENIX_SMTP_PORT', { fallback: 587, min: 1, max: 65_535 }),
    ...readCredentials(reader),
    from: readSender(reader),
    validateCerts: readValidateCerts(reader),
    securityMails: reader.bool('BENNU_SECURITY_MAILS', true),
  }
}

function warnAboutLinks(reader: Reader): void {
  reader.warn(
    'PHOENIX_ROOT_URL: missing, and the links in mails need it: they will lead to the address that the server listens on. ' +
      'Set it to how browsers reach the server, such as https://traces.example.com.',
  )
}

function readHost(reader: Reader, written: string): string {
  const host = written.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host)) return host
  reader.problem(
    `${HOST}: ${quoted(HOST, written)} is not a host. Write a name or an address alone; the port goes into PHOENIX_SMTP_PORT.`,
  )
  return ''
}

/** Both or neither: a relay may let us in by our address. */
function readCredentials(reader: Reader): Pick<MailConfig, 'username' | 'password'> {
  const names = { username: 'PHOENIX_SMTP_USERNAME', password: 'PHOENIX_SMTP_PASSWORD' }
  const username = reader.text(names.username)
  const password = reader.secret(names.password)
  if (username !== null && password === null && !reader.isFaulty(names.password)) {
    reader.problem(
      `${names.password}: missing, and ${names.username} is set. Set both, or neither for a relay that asks for none.`,
    )
  }
  if (password !== null && username === null && !reader.isFaulty(names.username)) {
    reader.problem(
      `${names.username}: missing, and ${names.password} is set. Set both, or neither for a relay that asks for none.`,
    )
  }
  return { username, password }
}

/** `name@host`, or `Name <name@host>`. */
function readSender(reader: Reader): MailConfig['from'] {
  const written = reader.text(FROM)
  if (written === null) {
    reader.warn(
      `${FROM}: missing, so mails come from ${DEFAULT_FROM}, which your mail server may refuse and spam filters distrust. ` +
        'Set it to an address of your own.',
    )
  }
  const match = /^(?:"?([^"<>]*?)"?\s*<([^<>]+)>|([^<>]+))$/.exec(written ?? DEFAULT_FROM)
  const address = (match?.[2] ?? match?.[3] ?? '').trim()
  const name = (match?.[1] ?? '').trim()
  if (!/^[^\s@,;:"<>\p{Cc}]+@[^\s@,;:"<>\p{Cc}]+$/u.test(address) || /\p{Cc}/u.test(name)) {
    reader.problem(
      `${FROM}: ${quoted(FROM, written ?? '')} is no sender. Write an address such as bennu@example.com, or Name <bennu@example.com>.`,
    )
  }
  return { name, address }
}

function readValidateCerts(reader: Reader): boolean {
  const name = 'PHOENIX_SMTP_VALIDATE_CERTS'
  const validates = reader.bool(name, true)
  if (!validates) {
    reader.warn(
      `${name}: whoever stands between this server and the mail server can read mails and their links. Set it to true.`,
    )
  }
  return validates
}
