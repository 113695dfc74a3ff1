import { pino } from 'pino'
import { expect, test } from 'vitest'
import { testMail } from '#server/mail/mails'
import { type Sent, sendMail } from '#server/mail/send'
import { listNotices } from '#server/notices/notices'
import { mailConfig, startSilentServer } from '../../test/mail-server'
import { eventsOf } from '../../test/mailing'
import { createTestRuntime } from '../../test/runtime'

const nobody = { actor: { kind: 'server' as const }, request: { address: null, userAgent: null } }

test('beside four mails under way 200 may wait; the next one fails at once and is told of', async () => {
  const silent = await startSilentServer()
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const world = await createTestRuntime({ log, config: { mail: mailConfig(silent.port) } })
  const send = (): Promise<Sent> =>
    sendMail(
      { ...world, ...nobody },
      {
        kind: 'test',
        to: { userId: null, username: null, email: 'ada@example.com' },
        content: testMail(world.config, new Date()),
      },
    )
  const reasons: string[] = []
  const accepted = Array.from({ length: 204 }, async () => {
    const sent = await send()
    reasons.push(sent.ok ? 'sent' : sent.reason)
  })
  expect(await send()).toMatchObject({ ok: false, reason: 'too-many' })
  expect(reasons).toEqual([])
  expect(await listNotices(world)).toMatchObject([
    { id: 'mail.failed', tone: 'danger', sentence: expect.stringContaining('200 mails wait already') },
  ])
  expect(await eventsOf(world, 'mail.send')).toMatchObject([{ outcome: 'failure', reason: 'too-many' }])
  expect(lines.join('')).toContain('a mail was not sent: 200 mails wait already')
  await silent.stop()
  await Promise.all(accepted)
  expect(reasons).toHaveLength(204)
  expect(reasons).not.toContain('too-many')
})
