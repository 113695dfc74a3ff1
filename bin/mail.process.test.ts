/** Mail of the built program: at start, on the command line, and not twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { linkIn, type MailServer, startMailServer } from '../test/mail-server'
import { runBennu, startProgram } from '../test/program'

const ADA = 'ada@example.com'
let folder: string
let server: MailServer
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bennu-mail-'))
  server = await startMailServer({ tls: 'none' })
  env = {
    PHOENIX_ENABLE_AUTH: 'true',
    PHOENIX_SECRET: 'a-secret-of-the-test-0123456789-abcdefg',
    PHOENIX_ADMINS: `Ada=${ADA}`,
    PHOENIX_ROOT_URL: 'https://traces.example.com',
    PHOENIX_SMTP_HOSTNAME: '127.0.0.1',
    PHOENIX_SMTP_PORT: String(server.port),
    PHOENIX_SMTP_MAIL_FROM: 'bennu@example.com',
  }
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('invites the admins of the environment at the first start and never again, and logs no link', async () => {
  const first = await startProgram({ env, workingDir: folder })
  const mail = await server.untilMailTo(ADA)
  const token = new URL(linkIn(mail, 'reset-url') ?? '').searchParams.get('token') ?? ''
  expect(token.length).toBeGreaterThan(50)
  await first.stop()
  expect(first.output()).not.toContain(token)
  const second = await startProgram({ env, workingDir: folder })
  await sleep(1_500)
  await second.stop()
  expect(server.mails.map(({ parsed }) => parsed.subject)).toEqual(['[Bennu] Welcome to Bennu'])
})

it('mails a link from the command line instead of printing a password', async () => {
  const run = (...args: string[]) =>
    runBennu(['users', 'reset-password', ADA, ...args], { ...env, PHOENIX_WORKING_DIR: folder })
  const mailed = await run('--mail')
  expect(mailed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Mailed a link to Ada <${ADA}>\n`),
  })
  expect((await server.untilMailTo(ADA, 2)).parsed.subject).toBe('[Bennu] Reset your password')
  const printed = await run()
  expect(printed.code).toBe(0)
  expect((await server.untilMailTo(ADA, 3)).parsed.subject).toBe('[Bennu] Your password was changed')
})

it('says why a link cannot be mailed', async () => {
  const { code, stderr } = await runBennu(['users', 'reset-password', ADA, '--mail'], {
    ...env,
    PHOENIX_WORKING_DIR: folder,
    PHOENIX_SMTP_HOSTNAME: '',
    PHOENIX_SMTP_PORT: '',
    PHOENIX_SMTP_MAIL_FROM: '',
  })
  expect(code).toBe(1)
  expect(stderr).toContain('No mail is sent: PHOENIX_SMTP_HOSTNAME is not set')
})
