/** What browser tests start from: a server, accounts, and a page on which every complaint of the browser is a failure. */
import AxeBuilder from '@axe-core/playwright'
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import { ACCESS_COOKIE, REFRESH_COOKIE } from '#server/auth/cookies'
import type { Role } from '#server/permissions'
import { createAccount, createSession } from '../../test/accounts'
import { type BennuServer, openWorld, startServer, type World } from './server'

export interface ServerOptions {
  engine: 'sqlite' | 'postgres'
}

interface TestFixtures {
  /** Complaints of the browser that a test expects: a refused request, say. */
  expectedComplaint: RegExp | null
  /** Opens a page in a browser of somebody else, who is signed in nowhere; it is watched like `page`. */
  openBrowser: () => Promise<Page>
  /** Signs the page's browser in with a fresh account of the role, by a session row. */
  signIn: (role?: Role) => Promise<void>
}

interface WorkerFixtures extends ServerOptions {
  server: BennuServer
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  engine: ['sqlite', { option: true, scope: 'worker' }],
  server: [
    async ({ engine }, use) => {
      const server = (await developmentServer()) ?? (await startServer({ engine }))
      await use(server)
      await server.stop()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ server }, use) => use(server.baseUrl),
  expectedComplaint: [null, { option: true }],
  context: async ({ context }, use) => {
    const reports = await watchPolicy(context)
    await use(context)
    expect(reports, 'what the content security policy refused').toEqual([])
  },
  page: async ({ page, expectedComplaint }, use) => {
    const complaints = listen(page)
    await use(page)
    const surprises = complaints.filter((text) => !expectedComplaint?.test(text))
    expect(surprises, 'complaints of the browser').toEqual([])
  },
  openBrowser: async ({ browser, baseURL, expectedComplaint }, use) => {
    const opened: { page: Page; complaints: string[]; reports: string[] }[] = []
    await use(async () => {
      const context = await browser.newContext({ baseURL: baseURL ?? '' })
      const reports = await watchPolicy(context)
      const page = await context.newPage()
      opened.push({ page, complaints: listen(page), reports })
      return page
    })
    for (const { page } of opened) await page.context().close()
    const surprises = opened
      .flatMap(({ complaints }) => complaints)
      .filter((text) => !expectedComplaint?.test(text))
    expect(surprises, 'complaints of the other browsers').toEqual([])
    const reports = opened.flatMap((each) => each.reports)
    expect(reports, 'what the content security policy refused in the other browsers').toEqual([])
  },
  signIn: async ({ context, server }, use) => {
    await use((role = 'ADMIN') => signInAs(context, server, role))
  },
})

export { expect }

/** Collects what the content security policy refuses in any page of a browser. No page of ours may cause such a report. */
export async function watchPolicy(context: BrowserContext): Promise<string[]> {
  const reports: string[] = []
  await context.exposeBinding('tellPolicyReport', (_source, text: string) => void reports.push(text))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event
      const text = `${location.pathname}: ${effectiveDirective} refused ${blockedURI} (${sourceFile}:${lineNumber})`
      ;(window as unknown as { tellPolicyReport(text: string): void }).tellPolicyReport(text)
    })
  })
  return reports
}

/** Collects console errors and uncaught errors. */
export function listen(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return complaints
}

async function signInAs(context: BrowserContext, { world, baseUrl }: BennuServer, role: Role): Promise<void> {
  const user = await createAccount(world, {
    role,
    username: `${role.toLowerCase()}-${Date.now().toString(36)}`,
  })
  const session = await createSession(world, user)
  const cookie = (name: string, value: string) => ({
    name,
    value,
    url: baseUrl,
    httpOnly: true,
    sameSite: 'Strict' as const,
  })
  await context.addCookies([
    cookie(ACCESS_COOKIE, session.accessToken),
    cookie(REFRESH_COOKIE, session.refreshToken),
  ])
}

/** E2E_BASE_URL and E2E_DATABASE_URL name a server that already runs, while one works on the pages. */
async function developmentServer(): Promise<BennuServer | null> {
  const { E2E_BASE_URL: baseUrl, E2E_DATABASE_URL: database, E2E_SECRET: secret } = process.env
  if (!baseUrl || !database) return null
  const world: World = await openWorld({
    PHOENIX_SQL_DATABASE_URL: database,
    ...(secret ? { PHOENIX_ENABLE_AUTH: 'true', PHOENIX_SECRET: secret } : {}),
  })
  return { baseUrl, grpcPort: 4317, world, stop: () => world.db.close() }
}

/** No violation of any rule that axe knows, in the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  // What fades in has too little contrast until it is there. Brought to its end, since a page that is not painted at the
  // moment never comes to it by itself.
  await page.evaluate(() => {
    for (const one of document.getAnimations())
      if (Number.isFinite(one.effect?.getComputedTiming().endTime)) one.finish()
  })
  const { violations } = await new AxeBuilder({ page }).analyze()
  const told = violations.map((violation) => ({
    rule: violation.id,
    where: violation.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`).slice(0, 3),
  }))
  expect(told, `accessibility of ${page.url()}`).toEqual([])
}
