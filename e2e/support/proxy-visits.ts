/** What visits through a proxy are made of. */
import { type BrowserContext, expect, type Page } from '@playwright/test'
import { and, count, eq } from 'drizzle-orm'
import { createAccount, createSession, TEST_PASSWORD } from '../../test/accounts'
import { runSql } from '../../test/sql'
import type { Front } from './proxy-front'
import { untilKeysListed } from './script'
import type { BennuServer } from './server'

/** Whether the document is still the one that was marked: no page was loaded anew. */
export const mark = (page: Page) => page.evaluate(() => Object.assign(window, { bennuMark: true }))
export const isMarked = (page: Page) => page.evaluate(() => 'bennuMark' in window)

export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { name, level: 1, exact: true })

export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(TEST_PASSWORD)
  await page.getByRole('button', { name: /^Sign in( Last used)?$/ }).click()
  await expect(page).not.toHaveURL(/\/login/, { timeout: 40_000 })
}

export async function makeKey(page: Page, name: string): Promise<string> {
  await untilKeysListed(page)
  await page.getByRole('button', { name: 'Create system API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('radio', { name: /Ingest/ }).check({ force: true })
  await page.getByRole('button', { name: 'Create API key' }).click()
  return (await page.getByTestId('new-key').textContent()) ?? ''
}

/** How many spans the server at the root has stored for a project. */
export async function spansIn({ servers }: Front, project: string): Promise<number> {
  const { world } = servers.get('') as BennuServer
  const { spans, traces, projects } = world.db.t
  const [row] = await world.db.read
    .select({ stored: count() })
    .from(spans)
    .innerJoin(traces, eq(traces.id, spans.traceRowId))
    .innerJoin(projects, and(eq(projects.id, traces.projectId), eq(projects.name, project)))
  return row?.stored ?? 0
}

/** A browser in which an admin is signed in. */
export async function signedIn(
  context: BrowserContext,
  { world }: BennuServer,
  address: string,
): Promise<void> {
  const admin = await createAccount(world, { role: 'ADMIN' })
  const { accessToken, refreshToken } = await createSession(world, admin)
  const cookies = { 'phoenix-access-token': accessToken, 'phoenix-refresh-token': refreshToken }
  await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: address })))
}

/** The page of projects cannot be made while this lasts. */
export async function withoutProjects({ world }: BennuServer, run: () => Promise<void>): Promise<void> {
  const { database } = world.config
  await runSql(database, 'alter table projects rename to projects_away')
  try {
    await run()
  } finally {
    await runSql(database, 'alter table projects_away rename to projects')
  }
}
