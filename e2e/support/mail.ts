/** A server with mail on, and the mail server that it sends to: by STARTTLS, with credentials, under an authority of its own. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority, makeCertificate } from '../../test/certificates'
import { freePort } from '../../test/free-port'
import { linkIn, type MailServer, type ReceivedMail, startMailServer } from '../../test/mail-server'
import { expect, test } from './fixtures'
import { AUTH, startServer } from './server'

const CREDENTIALS = { username: 'bennu', password: 'e2e-smtp-password-0123456789' }
/** Admins whose accounts are made at the first start. */
export const FIRST_ADMIN = { username: 'Ada Lovelace', email: 'ada@example.com' }

/** `test` with such a server in the place of the usual one. */
export const mailTest = test.extend<{ mails: MailServer }, { mailServer: MailServer }>({
  mailServer: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its parameters
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'bennu-mail-'))
      const authority = makeAuthority(folder, 'mail')
      const made = makeCertificate(folder, authority, {
        name: 'localhost',
        alternativeNames: ['DNS:localhost'],
      })
      const read = (file: string) => readFileSync(file, 'utf8')
      const certificate = { key: read(made.keyFile), cert: read(made.certFile) }
      const server = await startMailServer({ credentials: CREDENTIALS, certificate })
      await use(Object.assign(server, { authorityFile: authority.certFile }))
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ engine, mailServer }, use) => {
      const port = await freePort()
      const server = await startServer({
        engine,
        env: {
          ...AUTH,
          PHOENIX_PORT: String(port),
          PHOENIX_ROOT_URL: `http://127.0.0.1:${port}`,
          PHOENIX_ADMINS: `${FIRST_ADMIN.username}=${FIRST_ADMIN.email}`,
          PHOENIX_SMTP_HOSTNAME: 'localhost',
          PHOENIX_SMTP_PORT: String(mailServer.port),
          PHOENIX_SMTP_USERNAME: CREDENTIALS.username,
          PHOENIX_SMTP_PASSWORD: CREDENTIALS.password,
          PHOENIX_SMTP_MAIL_FROM: 'Bennu <bennu@example.com>',
          NODE_EXTRA_CA_CERTS: (mailServer as MailServer & { authorityFile: string }).authorityFile,
        },
      })
      await use(server)
      await server.stop()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  mails: async ({ mailServer }, use) => use(mailServer),
})

/** Where the link of a mail leads; the mail came encrypted. */
export function linkOf(mail: ReceivedMail, id: string): string {
  expect(mail.secure).toBe(true)
  const link = linkIn(mail, id)
  expect(link, `the link ${id} of the mail ${mail.parsed.subject}`).not.toBeNull()
  return link as string
}
