/** Settings: which parts one finds, what this server is, people and what an admin does with them. */
import type { Page } from '@playwright/test'
import { createSession } from '../../test/accounts'
import { insertCrowd, insertPerson, insertUsedKey, unique } from '../support/accounts'
import { expect, test } from '../support/fixtures'

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function find(page: Page, name: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Search the users' }).fill(name)
  // Not "11 users", which may stand there before the search is done.
  await expect(page.getByRole('status').filter({ hasText: /(?<!\d)1 user(?!s)/ })).toBeVisible()
}

test.describe('the parts of Settings', () => {
  test('lead an admin from one to the other, and from an unknown one to the first', async ({
    page,
    signIn,
  }) => {
    await signIn()
    await page.goto('/settings')
    await expect(page).toHaveURL(/\/settings\/general$/)
    await expect(page.getByRole('heading', { name: 'General', level: 1 })).toBeVisible()
    const main = page.getByRole('navigation', { name: 'Main' })
    await main.getByRole('link', { name: 'Users' }).click()
    await expect(page.getByRole('heading', { name: 'Users', level: 1 })).toBeVisible()
    await main.getByRole('link', { name: 'API keys' }).click()
    await expect(page.getByRole('heading', { name: 'API keys', level: 1 })).toBeVisible()
    await page.goto('/settings/nowhere/deep')
    await expect(page).toHaveURL(/\/settings\/general$/)
  })

  test('stand beside each other on a telephone', async ({ page, signIn }) => {
    await signIn()
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto('/settings/general')
    const strip = page.getByRole('navigation', { name: 'Settings' })
    await strip.getByRole('link', { name: 'Users' }).click()
    await expect(page).toHaveURL(/\/settings\/users$/)
    await expect(strip.getByRole('link', { name: 'Users' })).toHaveAttribute('aria-current', 'page')
  })

  test('tell what the server is', async ({ page, server, signIn }) => {
    await signIn()
    await page.goto('/settings/general')
    const facts = page.getByRole('main')
    await expect(facts).toContainText('tells clients 20.3.0')
    await expect(facts).toContainText('SQLite')
    await expect(facts).toContainText('bennu.db')
    await expect(facts).toContainText(`${server.grpcPort} OTLP over gRPC`)
    await expect(facts).toContainText(/[1-9]\d+ pages, REST and OTLP over HTTP/)
    // The server of these tests has neither of them.
    await expect(facts).not.toContainText(/OTLP over HTTP alone|metrics for Prometheus/)
    await expect(facts).toContainText(/[1-9]\d* [kM]B/)
  })
})

test.describe('people', () => {
  test.beforeEach(({ signIn }) => signIn())

  test('are searched for on the server and shown page by page', async ({ page, server }) => {
    const word = unique('crowd')
    await insertCrowd(server.world, word, 60)
    await page.goto('/settings/users')
    await page.getByRole('searchbox', { name: 'Search the users' }).fill(word.toUpperCase())
    await expect(page.getByText('50 of 60 users')).toBeVisible()
    await expect(page).toHaveURL(/search=/)
    await page.getByRole('button', { name: 'Load more' }).click()
    await expect(page.getByText('60 users', { exact: true })).toBeVisible()
    await expect(page.getByRole('row')).toHaveCount(61)
    await page.getByRole('searchbox', { name: 'Search the users' }).fill(`${word}.17@`)
    await expect(page.getByText('1 user', { exact: true })).toBeVisible()
    await expect(row(page, `${word} 017`)).toBeVisible()
    await page.getByRole('searchbox', { name: 'Search the users' }).fill('nobody at all')
    await expect(page.getByText('Nobody is found')).toBeVisible()
  })

  test('get another role after a question that names their sessions', async ({ page, server }) => {
    const name = unique('promoted')
    await insertPerson(server.world, name)
    await page.goto('/settings/users')
    await find(page, name)
    const role = page.getByRole('combobox', { name: `Role of ${name}` })
    await role.selectOption('Viewer')
    const question = page.getByRole('alertdialog', { name: `Make ${name} a viewer?` })
    await expect(question).toContainText('This ends 2 sessions')
    await question.getByRole('button', { name: 'Cancel' }).click()
    await expect(role).toHaveValue('MEMBER')
    await role.selectOption('Viewer')
    await question.getByRole('button', { name: 'Change role' }).click()
    await expect(role).toHaveValue('VIEWER')
    await expect(row(page, name).getByRole('cell').nth(4)).toHaveText('0')
  })

  test('are added with a password that is shown once', async ({ page, context, browser, baseURL }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const name = unique('added')
    await page.goto('/settings/users')
    await page.getByRole('button', { name: 'Add user' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add user' })
    await dialog.getByRole('button', { name: 'Add user' }).click()
    await expect(dialog.getByLabel('E-mail')).toHaveAccessibleDescription(/Not an e-mail address/)
    await dialog.getByLabel('E-mail').fill(`${name}@Example.com`)
    await dialog.getByLabel('Username').fill(name)
    await dialog.getByRole('button', { name: 'Add user' }).click()
    const once = page.getByRole('dialog', { name: `${name} was added` })
    await once.getByRole('button', { name: 'Done' }).click()
    await expect(once).toContainText('It was not copied')
    await once.getByRole('button', { name: 'Copy the password' }).click()
    const password = await page.evaluate(() => navigator.clipboard.readText())
    await once.getByRole('button', { name: 'Done' }).click()
    await find(page, name)
    await expect(row(page, name)).toContainText('must reset')

    const theirs = await (await browser.newContext({ baseURL: baseURL ?? '' })).newPage()
    await theirs.goto('/login')
    await theirs.getByLabel('E-mail').fill(`${name}@example.com`)
    await theirs.getByLabel('Password').fill(password)
    await theirs.getByRole('button', { name: 'Sign in' }).click()
    await expect(theirs).toHaveURL(/\/reset-password/)
    await theirs.context().close()
  })

  test.describe('with what the server refuses', () => {
    test.use({ expectedComplaint: /status of (409|422)/ })
    test('keep what was typed, with the refusal at its field', async ({ page, server }) => {
      const name = unique('twice')
      await insertPerson(server.world, name)
      await page.goto('/settings/users')
      await page.getByRole('button', { name: 'Add user' }).click()
      const dialog = page.getByRole('dialog', { name: 'Add user' })
      await dialog.getByLabel('E-mail').fill(`${name}@example.com`)
      await dialog.getByLabel('Username').fill(`${name} again`)
      await dialog.getByRole('radio', { name: 'Type one' }).check({ force: true })
      await dialog.getByLabel('Their password').fill('password123')
      await dialog.getByRole('button', { name: 'Add user' }).click()
      await expect(dialog.getByLabel('Their password')).toHaveAccessibleDescription(/leaked/)
      await dialog.getByLabel('Their password').fill('a fine test password 2')
      await dialog.getByRole('button', { name: 'Add user' }).click()
      await expect(dialog.getByLabel('E-mail')).toHaveAccessibleDescription(/account/)
      await expect(dialog.getByLabel('Username')).toHaveValue(`${name} again`)
    })
  })

  test('get a new password, to be passed on', async ({ page, server }) => {
    const name = unique('forgetful')
    await insertPerson(server.world, name)
    await page.goto('/settings/users')
    await find(page, name)
    await choose(page, name, 'Reset password')
    const dialog = page.getByRole('dialog', { name: `Reset the password of ${name}?` })
    await expect(dialog).toContainText('2 sessions end')
    await dialog.getByRole('button', { name: 'Reset password' }).click()
    await expect(page.getByTestId('new-password')).toHaveText(/^\S{20}$/)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Close without copying' }).click()
    await expect(row(page, name)).toContainText('must reset')
  })

  test('are disabled with a reason, and enabled again', async ({ page, server }) => {
    const name = unique('paused')
    await insertPerson(server.world, name)
    await page.goto('/settings/users')
    await find(page, name)
    await choose(page, name, 'Disable')
    const dialog = page.getByRole('dialog', { name: `Disable ${name}?` })
    await dialog.getByLabel('Reason (optional)').fill('on leave until spring')
    await dialog.getByRole('button', { name: 'Disable account' }).click()
    await expect(row(page, name)).toContainText('disabled')
    await choose(page, name, 'Enable')
    const question = page.getByRole('alertdialog', { name: `Enable ${name}?` })
    await expect(question).toContainText('on leave until spring')
    await question.getByRole('button', { name: 'Enable account' }).click()
    await expect(row(page, name)).toContainText('active')
  })

  test('are deleted by name, and their address may be kept out until that is lifted', async ({
    page,
    server,
  }) => {
    const name = unique('gone')
    const user = await insertPerson(server.world, name)
    await insertUsedKey(server.world, user, `key of ${name}`)
    await page.goto('/settings/users')
    await find(page, name)
    await choose(page, name, 'Delete')
    const question = page.getByRole('alertdialog', { name: `Delete ${name}?` })
    await expect(question).toContainText('1 API key stops working')
    await expect(question).toContainText('2 sessions end')
    await question.getByRole('checkbox', { name: 'Never let this address back' }).check()
    await question.getByLabel(`To confirm, type ${name}`).fill('somebody else')
    await question.getByRole('button', { name: 'Delete account' }).click()
    await expect(question).toContainText('This is not its name')
    await question.getByLabel(`To confirm, type ${name}`).fill(name)
    await question.getByRole('button', { name: 'Delete account' }).click()
    await expect(page.getByText('Nobody is found')).toBeVisible()

    await page.getByRole('radio', { name: 'Blocked addresses' }).click()
    await expect(page.getByRole('list', { name: 'Blocked addresses' }).getByRole('listitem')).not.toHaveCount(
      0,
    )
    await page.getByRole('button', { name: 'Lift by address or name' }).click()
    const lift = page.getByRole('dialog', { name: 'Lift by address or name' })
    await lift.getByLabel('E-mail address or username').fill(`${name}@example.com`)
    await lift.getByRole('button', { name: 'Lift the block' }).click()
    await expect(lift).toHaveCount(0)
  })

  test('are protected, with the reason, where they must not be changed', async ({ page }) => {
    await page.goto('/settings/users')
    await find(page, 'admin@localhost')
    await expect(page.getByRole('combobox', { name: 'Role of admin', exact: true })).toBeDisabled()
    await expect(
      page.getByRole('combobox', { name: 'Role of admin', exact: true }),
    ).toHaveAccessibleDescription(/default admin keeps its role/)
    await page.getByRole('button', { name: 'Actions for admin', exact: true }).click()
    const deletion = page.getByRole('menuitem', { name: 'Delete' })
    await expect(deletion).toBeDisabled()
    await expect(deletion).toContainText('cannot be deleted')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('button', { name: 'Actions for admin', exact: true })).toBeFocused()
  })

  test('have a page with their keys and sessions, which can be ended there', async ({
    page,
    server,
    browser,
    baseURL,
  }) => {
    const name = unique('watched')
    const user = await insertPerson(server.world, name)
    await insertUsedKey(server.world, user, `key of ${name}`)
    const theirs = await browser.newContext({ baseURL: baseURL ?? '' })
    const session = await createSession(server.world, user)
    await theirs.addCookies([
      { name: 'phoenix-access-token', value: session.accessToken, url: server.baseUrl, sameSite: 'Strict' },
    ])
    const theirPage = await theirs.newPage()
    await theirPage.goto('/projects')
    await expect(theirPage).toHaveURL(/\/projects$/)

    await page.goto('/settings/users')
    await find(page, name)
    await page.getByRole('link', { name }).click()
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible()
    await expect(page.getByRole('region', { name: 'Sessions' })).toContainText('Firefox on Linux')
    await page.getByRole('button', { name: 'End the session of Firefox on Linux' }).click()
    await expect(page.getByRole('region', { name: 'Sessions' })).not.toContainText('Firefox on Linux')
    await page.getByRole('button', { name: 'End all sessions' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'End all sessions' }).click()
    await expect(page.getByText('Signed in nowhere.')).toBeVisible()
    // Their page asks for news by itself, and may be on its way to the sign-in already.
    await theirPage.goto('/projects').catch(() => {})
    await expect(theirPage).toHaveURL(/\/login/)
    await theirs.close()

    await choose(page, `key of ${name}`, 'Delete')
    await expect(page.getByRole('alertdialog')).toContainText(/requests came with it in the last 7 days/)
    await page.getByRole('button', { name: 'Delete key' }).click()
    await expect(page.getByText('No keys')).toBeVisible()
  })
})

test.describe('an account that is not there', () => {
  test.use({ expectedComplaint: /status of 404/ })
  test('has no page', async ({ page, signIn }) => {
    await signIn()
    for (const id of [btoa('User:999999'), btoa('Project:1'), 'x', 'VXNlcjoxx%25']) {
      const answer = await page.goto(`/settings/users/${id}`)
      expect(answer?.status(), id).toBe(404)
      await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible()
    }
  })
})
