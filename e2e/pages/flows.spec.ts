/** What people do one after the other, from the first page to the last: each in a browser of their own. */
import type { Page } from '@playwright/test'
import { eq, sum } from 'drizzle-orm'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { unique } from '../support/accounts'
import { oneSpan, openGrpcExporter, sendOverHttp } from '../support/exporters'
import { expect, test } from '../support/fixtures'
import type { World } from '../support/server'

// Whoever has been signed out is told so by a 401, which browsers complain about.
test.use({ expectedComplaint: /status of (401|403)/ })
test.setTimeout(90_000)

const GIVEN = 'a password given by hand'
const CHOSEN = 'a password of my own choice'

async function signInWith(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Somebody with a password, signed in in a browser of their own and looking at the projects. */
async function arrive(page: Page, email: string): Promise<void> {
  await page.goto('/login')
  await signInWith(page, email, TEST_PASSWORD)
  await expect(page.getByRole('heading', { name: 'Projects', level: 1 })).toBeVisible()
}

/** The next click of somebody who has been signed out. A list that refreshes itself may have been faster. */
async function clickAndBeAsked(page: Page): Promise<void> {
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'General' })
  await link.click({ timeout: 5_000 }).catch(() => {})
  await expect(page).toHaveURL(/\/login/)
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

/** Makes a key with the dialog that is opened by a button of this name, and reads it off the page. */
async function makeKey(page: Page, opener: string, name: string, scope: RegExp): Promise<string> {
  await page.getByRole('button', { name: opener }).first().click()
  const dialog = page.getByRole('dialog', { name: opener })
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
  await dialog.getByRole('radio', { name: scope }).check({ force: true })
  await dialog.getByRole('button', { name: 'Create API key' }).click()
  return (await page.getByTestId('new-key').textContent()) ?? ''
}

async function findUser(page: Page, name: string): Promise<void> {
  await page.goto('/settings/users')
  await page.getByRole('searchbox', { name: 'Search the users' }).fill(name)
  await expect(page.getByRole('status').filter({ hasText: /(?<!\d)1 user(?!s)/ })).toBeVisible()
}

test('a member is added, chooses a password, looks around and sends a trace with an own key', async ({
  page,
  openBrowser,
  server,
  signIn,
}) => {
  const name = unique('member')
  await signIn('ADMIN')
  await page.goto('/settings/users')
  await page.getByRole('button', { name: 'Add user' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add user' })
  await dialog.getByLabel('E-mail').fill(`${name}@example.com`)
  await dialog.getByLabel('Username').fill(name)
  await dialog.getByRole('radio', { name: /Member/ }).check({ force: true })
  await dialog.getByRole('radio', { name: 'Type one' }).check({ force: true })
  await dialog.getByLabel('Their password').fill(GIVEN)
  await dialog.getByRole('button', { name: 'Add user' }).click()
  await expect(dialog).toHaveCount(0)
  await findUser(page, name)
  await expect(page.getByRole('row').filter({ hasText: name })).toContainText('must reset')

  const theirs = await openBrowser()
  await theirs.goto('/')
  await expect(theirs).toHaveURL(/\/login/)
  await signInWith(theirs, `${name}@example.com`, GIVEN)
  await expect(theirs).toHaveURL(/\/reset-password/)
  await theirs.goto('/projects')
  await expect(theirs).toHaveURL(/\/reset-password/)
  await theirs.getByLabel('Present password').fill(GIVEN)
  await theirs.getByLabel('New password', { exact: true }).fill(CHOSEN)
  await theirs.getByLabel('New password again').fill(CHOSEN)
  await theirs.getByRole('button', { name: 'Change password' }).click()
  await expect(theirs.getByText('Your password was changed')).toBeVisible()
  await signInWith(theirs, `${name}@example.com`, CHOSEN)
  await expect(theirs.getByRole('heading', { name: 'Projects', level: 1 })).toBeVisible()

  for (const path of ['/settings/users', '/settings/api-keys']) {
    await theirs.goto(path)
    await expect(theirs, path).toHaveURL(/\/settings\/general$/)
  }
  await theirs.goto('/profile')
  const key = await makeKey(theirs, 'Create API key', `key of ${name}`, /Ingest/)
  const project = unique('of-the-member')
  expect(await sendOverHttp(server, key, oneSpan('their first span', project))).toBe(200)
  await theirs.goto('/projects')
  await theirs.getByRole('link', { name: new RegExp(project) }).click()
  await expect(theirs.getByRole('link', { name: /their first span/ })).toBeVisible()

  await findUser(page, name)
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).not.toContainText('must reset')
  await expect(row.getByRole('cell').nth(3)).toHaveText('1')
})

test('a viewer finds nothing to make or delete, and cannot send traces with an own key', async ({
  page,
  server,
  signIn,
}) => {
  const project = unique('of-others')
  const admin = await createAccount(server.world, { role: 'ADMIN', username: unique('admin') })
  await arrive(page, admin.email ?? '')
  await page.goto('/settings/api-keys')
  const theirs = await makeKey(page, 'Create system API key', unique('exporter'), /Ingest/)
  expect(await sendOverHttp(server, theirs, oneSpan('a span to look at', project))).toBe(200)

  await signIn('VIEWER')
  for (const path of ['/projects', `/projects/${project}`, '/projects/default', '/settings/general']) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const deeds = page.getByRole('main').getByRole('button', { name: /create|new |add|delete|remove|clear/i })
    await expect(deeds, path).toHaveCount(0)
  }
  await page.goto('/profile')
  const key = await makeKey(page, 'Create API key', unique('mine'), /Full/)
  const reading = await page.request.get('/v1/projects', { headers: { authorization: `Bearer ${key}` } })
  expect(reading.status()).toBe(200)
  expect(await sendOverHttp(server, key, oneSpan('refused', project))).toBe(403)
  const exporter = openGrpcExporter(server, key)
  expect(await exporter.send(oneSpan('refused', project))).toBe('PERMISSION_DENIED')
  exporter.close()
})

/** Requests with a key that are on record: they are written a moment after they came. */
async function countedUses({ db }: World, name: string): Promise<number> {
  const { apiKeys, apiKeyUsage } = db.t
  const [row] = await db.read
    .select({ n: sum(apiKeyUsage.count) })
    .from(apiKeyUsage)
    .innerJoin(apiKeys, eq(apiKeys.id, apiKeyUsage.keyId))
    .where(eq(apiKeys.name, name))
  return Number(row?.n ?? 0)
}

test('a deleted key stops its exporters at once, as the question before said', async ({
  page,
  server,
  signIn,
}) => {
  const name = unique('hygiene')
  const project = unique('exported')
  await signIn('ADMIN')
  await page.goto('/settings/api-keys')
  const key = await makeKey(page, 'Create system API key', name, /Ingest/)
  const exporter = openGrpcExporter(server, key)
  expect(await sendOverHttp(server, key, oneSpan('over HTTP', project))).toBe(200)
  expect(await exporter.send(oneSpan('over gRPC', project))).toBe('OK')
  await expect.poll(() => countedUses(server.world, name)).toBe(2)

  await choose(page, name, 'Delete')
  const question = page.getByRole('alertdialog', { name: 'Delete this key?' })
  await expect(question).toContainText(`${name} stops working at its next request, everywhere`)
  await expect(question).toContainText('2 requests came with it in the last 7 days')
  await question.getByRole('button', { name: 'Delete key' }).click()
  await expect(question).toHaveCount(0)
  expect(await sendOverHttp(server, key, oneSpan('too late', project))).toBe(401)
  expect(await exporter.send(oneSpan('too late', project))).toBe('UNAUTHENTICATED')
  exporter.close()
  await expect(page.getByRole('row').filter({ hasText: name })).toHaveCount(0)
})

test('a session that is ended in one browser is over at the next click in the other', async ({
  page,
  openBrowser,
  server,
}) => {
  const { email } = await createAccount(server.world, { username: unique('twice') })
  const other = await openBrowser()
  await arrive(other, email ?? '')
  await arrive(page, email ?? '')
  await page.goto('/profile')
  const sessions = page.getByRole('region', { name: 'Sessions' })
  await expect(sessions.getByRole('listitem')).toHaveCount(2)
  await sessions.getByRole('button', { name: /^End the session of/ }).click()
  await expect(sessions.getByRole('listitem')).toHaveCount(1)

  await clickAndBeAsked(other)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Profile', level: 1 })).toBeVisible()
})

test('a role that an admin changes signs that person out, and counts from the next sign-in on', async ({
  page,
  openBrowser,
  server,
  signIn,
}) => {
  const { username, email } = await createAccount(server.world, { username: unique('promoted') })
  const theirs = await openBrowser()
  await arrive(theirs, email ?? '')
  await expect(theirs.getByRole('link', { name: 'Users' })).toHaveCount(0)
  await signIn('ADMIN')
  await findUser(page, username)
  await page.getByRole('combobox', { name: `Role of ${username}` }).selectOption('Admin')
  const question = page.getByRole('alertdialog', { name: `Make ${username} an admin?` })
  await expect(question).toContainText('This ends 1 session')
  await question.getByRole('button', { name: 'Change role' }).click()
  await expect(page.getByRole('combobox', { name: `Role of ${username}` })).toHaveValue('ADMIN')

  await clickAndBeAsked(theirs)
  // A request that was under way may load the sign-in once more: after a load of our own nothing is left that could.
  await expect(() => theirs.goto('/login')).toPass()
  await signInWith(theirs, email ?? '', TEST_PASSWORD)
  const main = theirs.getByRole('navigation', { name: 'Main' })
  await expect(main.getByRole('link', { name: 'Users' })).toBeVisible()
})
