/** A page of another site cannot sign anybody in, change anything or read anything. */
import type { BrowserContext, Page } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { ACCESS_COOKIE, REFRESH_COOKIE } from '#server/auth/cookies'
import { createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { unique } from '../support/accounts'
import { expect, test } from '../support/fixtures'
import { type ForeignSite, fetchFrom, sendForm, startForeignSite } from '../support/foreign-site'
import { type BennuServer, startServer } from '../support/server'

// What a browser says when an attack fails.
test.use({ expectedComplaint: /./ })

let elsewhere: ForeignSite
test.beforeAll(async () => {
  elsewhere = await startForeignSite()
})
test.afterAll(() => elsewhere.stop())

const REFUSED = '403 Refused: the origin header names another site than this server'
const portOf = (server: BennuServer) => new URL(server.baseUrl).port

/** To a browser the first two are different sites, the others one site with two hosts: cookies are sent along there. */
const NEIGHBOURS = [
  ['of another site', '127.0.0.1', 'localhost'],
  ['of a neighbour on the same site', 'traces.bennu.localhost', 'evil.bennu.localhost'],
] as const

/** A browser with a session of a fresh admin, on a page of the foreign host. */
async function visit(
  { context, page, server }: { context: BrowserContext; page: Page; server: BennuServer },
  own: string,
  foreign: string,
) {
  const app = `http://${own}:${portOf(server)}`
  const user = await createAccount(server.world, { role: 'ADMIN', username: unique('victim') })
  const session = await createSession(server.world, user)
  const cookie = (name: string, value: string) => ({
    name,
    value,
    url: app,
    httpOnly: true,
    sameSite: 'Strict' as const,
  })
  await context.addCookies([
    cookie(ACCESS_COOKIE, session.accessToken),
    cookie(REFRESH_COOKIE, session.refreshToken),
  ])
  await page.goto(elsewhere.at(foreign))
  const { projects, sessions } = server.world.db.t
  const { read } = server.world.db
  return {
    app,
    hasProject: async (name: string) =>
      (await read.select().from(projects).where(eq(projects.name, name))).length > 0,
    isSignedIn: async () =>
      (await read.select().from(sessions).where(eq(sessions.id, session.sessionId))).length === 1,
  }
}

for (const [title, own, foreign] of NEIGHBOURS) {
  test.describe(`a page ${title}`, () => {
    test('cannot sign a browser in', async ({ context, page, server }) => {
      const mallory = await createAccount(server.world, { username: unique('mallory') })
      await page.goto(elsewhere.at(foreign))
      const app = `http://${own}:${portOf(server)}`
      const credentials = { email: mallory.email, password: TEST_PASSWORD }
      const fetched = fetchFrom(page, `${app}/auth/login`, {
        method: 'POST',
        mode: 'no-cors',
        body: JSON.stringify(credentials),
      })
      expect(await fetched).toBe('TypeError: Failed to fetch')
      expect(await sendForm(page, `${app}/auth/login`, credentials)).toBe(REFUSED)
      expect(await context.cookies(app)).toEqual([])
    })

    test('cannot change anything', async ({ context, page, server }) => {
      const { app, hasProject } = await visit({ context, page, server }, own, foreign)
      const name = unique('planted')
      const body = { name }
      await fetchFrom(page, `${app}/v1/projects`, {
        method: 'POST',
        mode: 'no-cors',
        body: JSON.stringify(body),
      })
      const headers = { 'content-type': 'application/json' }
      const json = { method: 'POST', headers, body: JSON.stringify(body) }
      expect(await fetchFrom(page, `${app}/v1/projects`, json)).toBe('TypeError: Failed to fetch')
      expect(await sendForm(page, `${app}/v1/projects`, body)).toMatch(/^40[13] /)
      expect(await hasProject(name)).toBe(false)
    })

    test('cannot sign anybody out', async ({ context, page, server }) => {
      const { app, isSignedIn } = await visit({ context, page, server }, own, foreign)
      const blocked = page.waitForEvent('requestfailed', (request) => request.url() === `${app}/auth/logout`)
      await page.evaluate((source) => {
        document.body.append(Object.assign(document.createElement('img'), { src: source }))
      }, `${app}/auth/logout`)
      await blocked
      await fetchFrom(page, `${app}/auth/logout`, { mode: 'no-cors' })
      expect(await isSignedIn()).toBe(true)
    })

    test('cannot read anything', async ({ context, page, server }) => {
      const { app } = await visit({ context, page, server }, own, foreign)
      for (const path of ['/v1/projects', '/v1/user', '/projects'])
        expect(await fetchFrom(page, `${app}${path}`, {})).toBe('TypeError: Failed to fetch')
      const framed = await page.evaluate(async (source) => {
        const frame = Object.assign(document.createElement('iframe'), { src: source })
        const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
        document.body.append(frame)
        await loaded
        try {
          return frame.contentWindow?.document.title ?? 'nothing'
        } catch {
          return 'out of reach'
        }
      }, `${app}/login`)
      expect(framed).not.toBe('Sign in')
      expect(page.frames().map((frame) => frame.url())).not.toContain(`${app}/login`)
    })
  })
}

test('our own pages do all of that', async ({ context, page, server }) => {
  const { app, hasProject } = await visit(
    { context, page, server },
    'traces.bennu.localhost',
    'evil.bennu.localhost',
  )
  await page.goto(`${app}/projects`)
  const name = unique('wanted')
  const headers = { 'content-type': 'application/json' }
  const json = { method: 'POST', headers, body: JSON.stringify({ name }) }
  expect(await fetchFrom(page, `${app}/v1/projects`, json)).toMatch(/^20[01] /)
  expect(await hasProject(name)).toBe(true)
})

test('while authentication is off, a foreign page can still not change anything', async ({
  page,
  engine,
}) => {
  const server = await startServer({ engine, env: {} })
  try {
    await page.goto(elsewhere.at('localhost'))
    const name = unique('planted')
    const { projects } = server.world.db.t
    await fetchFrom(page, `${server.baseUrl}/v1/projects`, {
      method: 'POST',
      mode: 'no-cors',
      body: JSON.stringify({ name }),
    })
    expect(await sendForm(page, `${server.baseUrl}/v1/projects`, { name })).toBe(REFUSED)
    const rows = await server.world.db.read.select().from(projects).where(eq(projects.name, name))
    expect(rows).toEqual([])
  } finally {
    await server.stop()
  }
})
