/** The main ways through the pages with the keyboard alone: where the focus is, goes, and comes back to. */
import type { Locator, Page } from '@playwright/test'
import { insertPerson, unique } from '../support/accounts'
import { insertApiKeys } from '../support/api-keys'
import { expect, test } from '../support/fixtures'
import { insertSupportTrace } from '../support/support-agent'

const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}

/** Whether something else lies over the middle of an element. */
const isCovered = (locator: Locator) =>
  locator.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return !element.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })

test('signing in: name, password, button, and what went wrong is said', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeEnabled()
  await expect(page.getByLabel('E-mail')).toBeFocused()
  await press(page, 'Tab')
  await expect(page.getByLabel('Password')).toBeFocused()
  await press(page, 'Enter')
  await expect(page.getByText('Enter your e-mail address')).toBeVisible()
  await expect(page.getByLabel('E-mail')).toBeFocused()
})

test.describe('signed in', () => {
  test.beforeEach(({ signIn }) => signIn())

  test('the first stop of a page leads past the navigation', async ({ page }) => {
    await page.goto('/settings/general')
    await press(page, 'Tab')
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused()
    await press(page, 'Enter')
    await expect(page.getByRole('main')).toBeFocused()
  })

  test('a dialog holds the focus, closes with Escape and gives the focus back', async ({ page }) => {
    await page.goto('/settings/api-keys')
    const opener = page.getByRole('button', { name: 'Create system API key' }).first()
    await opener.focus()
    await press(page, 'Enter')
    const dialog = page.getByRole('dialog', { name: 'Create system API key' })
    await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused()
    for (let stop = 0; stop < 12; stop++) {
      await press(page, 'Tab')
      expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
    }
    await press(page, 'Escape')
    await expect(dialog).toHaveCount(0)
    await expect(opener).toBeFocused()
  })

  test('a menu opens with the arrow, and gives the focus back', async ({ page, server }) => {
    await insertApiKeys(server.world, unique('long'))
    await page.goto('/settings/api-keys')
    const opener = page.getByRole('button', { name: 'Actions for terraform' }).first()
    await opener.focus()
    await press(page, 'ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Show use' })).toBeFocused()
    await press(page, 'Escape')
    await expect(page.getByRole('menu')).toHaveCount(0)
    await expect(opener).toBeFocused()
    await press(page, 'ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Show use' })).toBeFocused()
    await press(page, 'r')
    await expect(page.getByRole('menuitem', { name: 'Rotate' })).toBeFocused()
    await press(page, 'Enter')
    await expect(page.getByRole('dialog', { name: 'Rotate this key?' })).toBeVisible()
    await press(page, 'Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(opener).toBeFocused()
  })

  test('a wrong field gets the focus, and when the last row is deleted it stays with the page', async ({
    page,
    server,
  }) => {
    const name = unique('gone')
    await insertPerson(server.world, name)
    await page.goto(`/settings/users?search=${name}`)
    await page.getByRole('button', { name: `Actions for ${name}` }).focus()
    await press(page, 'ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Keys and sessions' })).toBeFocused()
    await press(page, 'End')
    await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeFocused()
    await press(page, 'Enter')
    const question = page.getByRole('alertdialog', { name: `Delete ${name}?` })
    const field = question.getByLabel(`To confirm, type ${name}`)
    await expect(field).toBeFocused()
    await press(page, 'Tab', 'Tab')
    await expect(question.getByRole('button', { name: 'Delete account' })).toBeFocused()
    await press(page, 'Space')
    await expect(question.getByText('This is not its name')).toBeVisible()
    await expect(field).toBeFocused()
    await field.fill(name)
    await press(page, 'Enter')
    await expect(page.getByText('Nobody is found')).toBeVisible()
    await expect(page.getByRole('main')).toBeFocused()
  })

  test('Escape empties a search before it closes the drawer around it', async ({ page, server }) => {
    const project = unique('drawer')
    await insertSupportTrace(server.world, project)
    await page.goto(`/projects/${project}`)
    const row = page.getByRole('link', { name: /support-agent/ }).last()
    await expect(row).toHaveAttribute('title', /started/)
    await row.press('Enter')
    const drawer = page.getByRole('dialog', { name: 'Trace' })
    const search = drawer.getByRole('textbox', { name: 'Search in the spans' })
    await search.fill('refund')
    await expect(drawer.getByRole('status').filter({ hasText: 'found' })).toBeVisible()
    await press(page, 'Escape')
    await expect(search).toHaveValue('')
    await expect(drawer).toBeVisible()
    await press(page, 'Escape')
    await expect(drawer).toHaveCount(0)
  })

  test('what was copied is said aloud', async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto('/settings/general')
    await page.getByRole('button', { name: /^Copy/ }).first().focus()
    await press(page, 'Enter')
    await expect(page.locator('[data-live-announcer]')).toHaveText('Copied')
  })

  test('on a small screen the focus goes from the tree to the span and back', async ({ page, server }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    const project = unique('small')
    const trace = await insertSupportTrace(server.world, project)
    await page.goto(`/projects/${project}/traces/${trace.traceId}`)
    const tree = page.getByRole('tree', { name: 'Spans' })
    await tree.focus()
    await press(page, 'ArrowDown')
    await expect(page.getByRole('region', { name: 'Selected span' })).toBeFocused()
    await press(page, 'Tab', 'Enter')
    await expect(tree).toBeFocused()
  })

  test('the open part of Settings is in view on a small screen', async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 700 })
    await page.goto('/settings/audit')
    const strip = page.getByRole('navigation', { name: 'Settings' })
    await expect(strip.getByRole('link', { name: 'Audit log' })).toBeInViewport({ ratio: 0.9 })
  })

  test('the buttons of a dialog that fits cover nothing and stand at its end', async ({ page }) => {
    // Nothing moves while it is measured.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.goto('/settings/api-keys')
    await page.getByRole('button', { name: 'Create system API key' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create system API key' })
    await expect(dialog.getByText('On a date')).toBeVisible()
    expect(await isCovered(dialog.getByText('On a date'))).toBe(false)
    const [frame, button] = await Promise.all([
      dialog.boundingBox(),
      dialog.getByRole('button', { name: 'Create API key' }).boundingBox(),
    ])
    expect(frame && button && frame.y + frame.height - button.y - button.height).toBeCloseTo(20, 0)
  })

  test('the buttons of a dialog are in view, however long it is', async ({ page }) => {
    await page.setViewportSize({ width: 1280, height: 480 })
    await page.goto('/settings/users')
    await page.getByRole('button', { name: 'Add user' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add user' })
    await expect(dialog.getByRole('button', { name: 'Add user' })).toBeInViewport({ ratio: 1 })
    expect(await isCovered(dialog.getByRole('button', { name: 'Add user' }))).toBe(false)
    const last = dialog.getByText('Make one up')
    await last.scrollIntoViewIfNeeded()
    await dialog.getByRole('radio', { name: 'Make one up' }).focus()
    expect(await isCovered(last)).toBe(false)
  })
})
