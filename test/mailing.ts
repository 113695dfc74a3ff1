/** A test runtime that mails to a server of its own, and ways to look at what became of it. */
import { asc, eq } from 'drizzle-orm'
import type { Config } from '#server/config/model'
import type { Ctx } from '#server/context'
import { untilBackgroundIsDone } from '#server/mail/background'
import { type MailServer, mailConfig, startMailServer } from './mail-server'
import { createTestRuntime, type TestRuntime, type testConfig } from './runtime'

export interface Mailing {
  world: TestRuntime
  server: MailServer
  /** Where links lead. */
  rootUrl: string
}

type Overrides = Parameters<typeof testConfig>[0]

/** A runtime on a fresh database whose mails go to a server on this machine. Stop the server at the end. */
export async function createMailing(
  config: Overrides = {},
  rest: Partial<Pick<Ctx, 'clock' | 'log'>> = {},
): Promise<Mailing> {
  const server = await startMailServer({ tls: 'none' })
  const rootUrl = 'https://traces.example.com'
  const mail = mailConfig(server.port)
  const world = await createTestRuntime({
    ...rest,
    config: { mail, ...config, server: { rootUrl, ...config.server } as Config['server'] },
  })
  return { world, server, rootUrl }
}

/** Waits for whatever goes on after an answer. */
export async function settled(): Promise<void> {
  if (!(await untilBackgroundIsDone(20_000))) throw new Error('mails are still under way after 20 s')
}

/** Every entry of the audit log with this action, oldest first. */
export async function eventsOf({ db }: TestRuntime, action: string) {
  const { auditEvents } = db.t
  return db.read.select().from(auditEvents).where(eq(auditEvents.action, action)).orderBy(asc(auditEvents.id))
}
