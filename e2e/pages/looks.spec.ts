/**
 * Every page in every state, in both themes, at a desk and on a telephone: no violation that axe knows, nothing wider than
 * the screen, and a picture in screenshots/ for people to look at.
 */
import type { Page } from '@playwright/test'
import { runSql } from '../../test/sql'
import { insertPeople, insertPerson, insertUsedKey, unique } from '../support/accounts'
import { insertApiKeys } from '../support/api-keys'
import { insertLongTrace, insertManyTraces, LONG } from '../support/data'
import { expect, expectAccessible, test } from '../support/fixtures'
import { look, takePicture } from '../support/look'
import { insertSupportTrace } from '../support/support-agent'

/** Alerts of ours; the router keeps an empty one of its own. */
const alerts = (page: Page) => page.getByRole('main').getByRole('alert')

test.describe.configure({ timeout: 150_000 })

test.describe('what the signed-out see', () => {
  test('sign-in, plain and with a message', async ({ page }) => {
    await page.goto('/login?message=password_reset')
    await expect(page.getByText('Your password was changed')).toBeVisible()
    await look(page, 'login-message')
    await page.goto('/login?error=nobody_knows_this&message=%3Cb%3Eno%3C/b%3E')
    await expect(page.getByLabel('E-mail')).toBeVisible()
    await expect(alerts(page)).toHaveCount(0)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByText('Enter your password')).toBeVisible()
    await look(page, 'login-error')
  })
})

test.describe('what an admin sees', () => {
  test.beforeEach(({ signIn }) => signIn())

  test('changing the password', async ({ page }) => {
    await page.goto('/reset-password')
    await page.getByLabel('Present password').fill('a')
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Change password' }).click()
    await expect(page.getByText('This differs from the new password')).toBeVisible()
    await look(page, 'reset-password')
  })

  test('projects, and one without traces', async ({ page, server }) => {
    await insertSupportTrace(server.world, 'support-agent')
    await insertLongTrace(server.world)
    await page.goto('/projects')
    await expect(page.getByRole('link', { name: /support-agent/ })).toBeVisible()
    await look(page, 'projects')
    await page.getByRole('link', { name: /default/ }).click()
    await expect(page.getByText('Waiting for traces')).toBeVisible()
    await look(page, 'project-empty')
  })

  test('a project with traces', async ({ page, server }) => {
    await insertManyTraces(server.world, 'plenty', 60)
    await page.goto('/projects/plenty')
    await expect(page.getByRole('link', { name: 'Answer question 60' })).toBeVisible()
    await look(page, 'project')
  })

  test('long names in the list of traces', async ({ page, server }) => {
    await insertLongTrace(server.world)
    await page.goto(`/projects/${LONG}`)
    await expect(page.getByRole('table', { name: 'Traces' })).toBeVisible()
    await look(page, 'project-long')
  })

  test('a trace, span by span', async ({ page, server }) => {
    const trace = await insertSupportTrace(server.world, 'support-agent')
    await page.goto(`/projects/support-agent/traces/${trace.traceId}`)
    await expect(page.getByRole('treeitem')).toHaveCount(11)
    await look(page, 'trace')
    await page.getByRole('treeitem', { name: /Decide on refund/ }).click()
    await expect(page.getByText('The carrier confirms a delay')).toBeVisible()
    await look(page, 'trace-messages')
    await page.getByRole('tab', { name: 'Attributes' }).click()
    await expect(page.getByText('9007199254740993')).toBeVisible()
    await look(page, 'trace-attributes')
    await page.getByRole('tab', { name: 'Raw' }).click()
    await look(page, 'trace-raw')
    await page
      .getByRole('treeitem', { name: /issue_refund/ })
      .first()
      .click()
    await page.getByRole('tab', { name: /Events/ }).click()
    await expect(page.getByText('TimeoutError', { exact: true })).toBeVisible()
    await look(page, 'trace-events')
    await page.getByRole('treeitem', { name: /Retrieve policy/ }).click()
    await page.getByRole('tab', { name: 'Input and output' }).click()
    await expect(page.getByText('Document 1 · policy-12')).toBeVisible()
    await look(page, 'trace-documents')
  })

  test('long names in a trace', async ({ page, server }) => {
    const trace = await insertLongTrace(server.world)
    await page.goto(`/projects/${LONG}/traces/${trace.traceId}`)
    await page.getByRole('treeitem').nth(1).click()
    await expect(page.getByText('Messages')).toBeVisible()
    await look(page, 'trace-long')
    await page.getByRole('tab', { name: 'Attributes' }).click()
    await look(page, 'trace-long-attributes')
  })

  test('keys: on their way, none, the form, a fresh one, many', async ({ page, server }) => {
    let answer = (_keys: object) => {}
    const asked = new Promise<object>((resolve) => {
      answer = resolve
    })
    await page.route('**/ui/keys?**', async (route) => route.fulfill({ json: await asked }))
    await page.goto('/settings/api-keys')
    await expect(page.getByRole('status', { name: 'Loading the keys' })).toBeVisible()
    await look(page, 'keys-loading')
    answer({ keys: [], nextCursor: null, total: 0 })
    await expect(page.getByText('No system keys yet')).toBeVisible()
    await look(page, 'keys-empty')
    await page.unroute('**/ui/keys?**')
    await insertApiKeys(server.world, LONG)
    await page.reload()
    await page.getByRole('button', { name: 'Create system API key' }).first().click()
    await page.getByRole('button', { name: 'Create API key' }).click()
    await expect(page.getByText('A key needs a name')).toBeVisible()
    await look(page, 'keys-form')
    await page.getByRole('textbox', { name: 'Name' }).fill('checkout-prod')
    await page.getByRole('button', { name: 'Create API key' }).click()
    await expect(page.getByText('checkout-prod is ready.')).toBeVisible()
    await look(page, 'keys')
  })

  test('keys: their actions, their use, rotating, deleting, those of people', async ({ page, server }) => {
    await insertApiKeys(server.world, LONG)
    await insertUsedKey(server.world, await insertPerson(server.world, unique('ada')), 'laptop')
    await page.goto('/settings/api-keys')
    const actions = page.getByRole('button', { name: 'Actions for support-agent' }).first()
    await actions.click()
    await expect(page.getByRole('menu')).toBeVisible()
    await look(page, 'keys-menu')
    await page.getByRole('menuitem', { name: 'Rotate' }).click()
    await expect(page.getByRole('dialog', { name: 'Rotate this key?' })).toBeVisible()
    await look(page, 'keys-rotate')
    await page.keyboard.press('Escape')
    await actions.click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await expect(page.getByRole('alertdialog')).toContainText('No request came with it')
    await look(page, 'keys-delete')
    await page.keyboard.press('Escape')
    await page.getByRole('radio', { name: 'User keys' }).click()
    await expect(page.getByRole('button', { name: 'laptop', exact: true }).first()).toBeVisible()
    await look(page, 'keys-user')
    await page.getByRole('button', { name: 'laptop', exact: true }).first().click()
    await expect(page.getByText('requests in 30 days')).toBeVisible()
    await look(page, 'keys-use')
  })

  test('general settings', async ({ page }) => {
    await page.goto('/settings/general')
    await expect(page.getByText('Running for')).toBeVisible()
    await look(page, 'general')
  })

  test('users: many, and the actions of one', async ({ page, server }) => {
    await insertPeople(server.world, unique(LONG.slice(0, 180)))
    await page.goto('/settings/users')
    await expect(page.getByRole('link', { name: 'grace.hopper' })).toBeVisible()
    await look(page, 'users')
    await page.getByRole('searchbox', { name: 'Search the users' }).fill('admin@localhost')
    await expect(page.getByText('1 user', { exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'Actions for admin', exact: true }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await look(page, 'users-menu')
  })

  test('users: nobody, and the form of a new one', async ({ page }) => {
    await page.goto('/settings/users?search=nobody+at+all')
    await expect(page.getByText('Nobody is found')).toBeVisible()
    await page.getByRole('button', { name: 'Add user' }).click()
    const form = page.getByRole('dialog', { name: 'Add user' })
    await form.getByRole('radio', { name: 'Type one' }).check({ force: true })
    await form.getByLabel('Their password').fill('short')
    await form.getByRole('button', { name: 'Add user' }).click()
    await expect(form.getByText('The name must not be empty')).toBeVisible()
    await look(page, 'users-form')
  })

  test('users: what is asked before something is done', async ({ page, server }) => {
    const name = unique('ada')
    const user = await insertPerson(server.world, name)
    await insertUsedKey(server.world, user, `laptop of ${name}`)
    await page.goto(`/settings/users?search=${name}`)
    const choose = async (action: string) => {
      await page.getByRole('button', { name: `Actions for ${name}` }).click()
      await page.getByRole('menuitem', { name: action }).click()
    }
    await page.getByRole('combobox', { name: `Role of ${name}` }).selectOption('Admin')
    await expect(page.getByRole('alertdialog')).toBeVisible()
    await look(page, 'users-role')
    await page.keyboard.press('Escape')
    await choose('Disable')
    await expect(page.getByLabel('Reason (optional)')).toBeVisible()
    await look(page, 'users-disable')
    await page.keyboard.press('Escape')
    await choose('Delete')
    await expect(page.getByText('1 API key stops working')).toBeVisible()
    await look(page, 'users-delete')
    await page.keyboard.press('Escape')
    await choose('Reset password')
    await page.getByRole('dialog').getByRole('button', { name: 'Reset password' }).click()
    await expect(page.getByTestId('new-password')).toBeVisible()
    await look(page, 'users-password')
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Close without copying' }).click()
  })

  test('users: one of them', async ({ page, server }) => {
    const user = await insertPerson(server.world, unique('grace'))
    await insertUsedKey(server.world, user, 'laptop of grace')
    await page.goto(`/settings/users/${btoa(`User:${user.id}`)}`)
    await expect(page.getByRole('button', { name: 'laptop of grace', exact: true })).toBeVisible()
    await expect(page.getByText('Firefox on Linux')).toBeVisible()
    await look(page, 'user')
  })

  test('users: blocked addresses', async ({ page }) => {
    const blocked = [
      { id: 'a', createdAt: new Date(Date.now() - 3_600_000).toISOString(), createdBy: { username: LONG } },
      { id: 'b', createdAt: '2026-01-05T10:00:00.000Z', createdBy: null },
    ]
    await page.route('**/ui/blocked*', (route) =>
      route.fulfill({ json: { blocked, nextCursor: null, total: 2 } }),
    )
    await page.goto('/settings/users?view=blocked')
    await expect(page.getByRole('button', { name: 'Lift', exact: true })).toHaveCount(2)
    await look(page, 'users-blocked')
  })

  test('the own profile', async ({ page }) => {
    await page.goto('/profile')
    await expect(page.getByText('this browser', { exact: true })).toBeVisible()
    await expect(page.getByText('No keys yet')).toBeVisible()
    await look(page, 'profile')
    await page.getByRole('heading', { name: 'Preferences' }).scrollIntoViewIfNeeded()
    await look(page, 'profile-end')
    await page.getByRole('button', { name: /^Account/ }).click()
    await expect(page.getByRole('menu')).toBeVisible()
    await takePicture(page, 'account-menu-light-1280')
    await expectAccessible(page)
  })

  test.describe('what is not there', () => {
    test.use({ expectedComplaint: /status of 404/ })
    test('an address and a trace', async ({ page }) => {
      await page.goto('/nowhere')
      await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible()
      await look(page, 'not-found')
      const answer = await page.goto('/projects/default/traces/00000000000000000000000000000000')
      expect(answer?.status()).toBe(404)
      await expect(page.getByRole('heading', { name: 'Not found' })).toBeVisible()
      await look(page, 'trace-not-found')
    })
  })

  test.describe('when the server cannot answer', () => {
    test.use({ expectedComplaint: /status of 503/ })
    test('the list stays and says so', async ({ page, server }) => {
      await insertManyTraces(server.world, 'failing', 5)
      await page.goto('/projects/failing')
      await page.route('**/ui/**', (route) =>
        route.fulfill({
          status: 503,
          headers: { 'x-request-id': 'req-4711' },
          body: 'The database does not answer at the moment',
        }),
      )
      await expect(alerts(page)).toContainText('could not be refreshed', { timeout: 20_000 })
      await expect(alerts(page)).toContainText('req-4711')
      await expect(page.getByRole('link', { name: 'Answer question 5' })).toBeVisible()
      await look(page, 'project-error')
    })
  })

  test.describe('when a page cannot be made', () => {
    test.use({ expectedComplaint: /status of 500|Server Components|React error #441/ })
    test('it says so, names the request, and comes back', async ({ page, server }) => {
      const { database } = server.world.config
      await runSql(database, 'alter table traces rename to traces_gone')
      const answer = await page.goto('/projects')
      await expect(page.getByRole('heading', { name: 'This page could not be shown' })).toBeVisible()
      await expect(page.getByRole('main')).toContainText(answer?.headers()['x-request-id'] ?? 'no request id')
      await look(page, 'error')
      await runSql(database, 'alter table traces_gone rename to traces')
      await page.getByRole('button', { name: 'Try again' }).click()
      await expect(page.getByRole('heading', { name: 'Projects', level: 1 })).toBeVisible()
    })
  })

  test('the navigation on a telephone', async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto('/projects')
    await page.getByRole('button', { name: 'Open the navigation' }).click()
    const sheet = page.getByRole('dialog', { name: 'Navigation' })
    await expect(sheet).toBeVisible()
    await takePicture(page, 'navigation-light-390')
    await expectAccessible(page)
    await sheet.getByRole('link', { name: 'API keys' }).click()
    await expect(page).toHaveURL(/\/settings\/api-keys$/)
    await expect(sheet).toHaveCount(0)
  })
})
