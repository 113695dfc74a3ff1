/** The keys of the server and of people: find, make, rotate, look at their use, delete. */
import type { Page } from '@playwright/test'
import { insertPerson, insertUsedKey, unique } from '../support/accounts'
import { expect, test } from '../support/fixtures'

test.beforeEach(({ signIn }) => signIn())
test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

/** Copies the key that is shown, and hides it. */
async function takeKey(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy the key' }).click()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  await expect(page.getByTestId('new-key')).toHaveText(text)
  await page.getByRole('button', { name: 'Hide the key' }).click()
  await expect(page.getByTestId('new-key')).toHaveCount(0)
  return text
}

test('a key is made, rotated with a grace and deleted, and each value works as long as it should', async ({
  page,
  request,
}) => {
  const name = unique('hygiene')
  const status = async (key: string) =>
    (await request.get('/v1/projects', { headers: { authorization: `Bearer ${key}` } })).status()

  await page.goto('/settings/api-keys')
  await page.getByRole('button', { name: 'Create system API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('radio', { name: /Read/ }).check({ force: true })
  await page.getByRole('button', { name: 'Create API key' }).click()
  await expect(page.getByText(`${name} is ready.`)).toBeVisible()
  const first = await takeKey(page)
  expect(await status(first)).toBe(200)

  await choose(page, name, 'Rotate')
  await page.getByRole('radio', { name: /another hour/ }).check({ force: true })
  await page.getByRole('button', { name: 'Rotate key' }).click()
  await expect(page.getByText(`${name} has a new value.`)).toBeVisible()
  const second = await takeKey(page)
  expect(second).not.toBe(first)
  await expect(row(page, name)).toContainText(`…${second.slice(-4)}`)
  await expect(row(page, name)).toContainText(`old value …${first.slice(-4)} ends in 1 h`)
  expect([await status(first), await status(second)]).toEqual([200, 200])

  await choose(page, name, 'Rotate')
  await page.getByRole('radio', { name: /Stops at once/ }).check({ force: true })
  await page.getByRole('button', { name: 'Rotate key' }).click()
  const third = await takeKey(page)
  expect([await status(first), await status(second), await status(third)]).toEqual([401, 401, 200])

  await choose(page, name, 'Delete')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete key' }).click()
  await expect(row(page, name)).toHaveCount(0)
  expect(await status(third)).toBe(401)
})

test('the old value of a rotated key is ended early, and the new one goes on', async ({ page, request }) => {
  const name = unique('early')
  const status = async (key: string) =>
    (await request.get('/v1/projects', { headers: { authorization: `Bearer ${key}` } })).status()

  await page.goto('/settings/api-keys')
  await page.getByRole('button', { name: 'Create system API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('radio', { name: /Read/ }).check({ force: true })
  await page.getByRole('button', { name: 'Create API key' }).click()
  const old = await takeKey(page)
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await expect(page.getByRole('menuitem', { name: 'End old value' })).toHaveCount(0)
  await page.getByRole('menuitem', { name: 'Rotate' }).click()
  await page.getByRole('radio', { name: /7 days/ }).check({ force: true })
  await page.getByRole('button', { name: 'Rotate key' }).click()
  const present = await takeKey(page)

  await choose(page, name, 'End old value')
  const question = page.getByRole('alertdialog', { name: 'End the old value now?' })
  await expect(question).toContainText(`still shows the old value …${old.slice(-4)}`)
  await expect(question).toContainText(`The present value …${present.slice(-4)} goes on working`)
  await question.getByRole('button', { name: 'Cancel' }).click()
  expect([await status(old), await status(present)]).toEqual([200, 200])
  await choose(page, name, 'End old value')
  await question.getByRole('button', { name: 'End old value' }).click()
  await expect(row(page, name)).not.toContainText('old value')
  expect([await status(old), await status(present)]).toEqual([401, 200])
})

test('going away from a key that was not copied asks', async ({ page }) => {
  const name = unique('uncopied')
  await page.goto('/settings/api-keys')
  await page.getByRole('button', { name: 'Create system API key' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Create API key' }).click()
  await page.getByRole('button', { name: 'Hide the key' }).click()
  const question = page.getByRole('alertdialog', { name: 'Hide the key without copying it?' })
  await question.getByRole('button', { name: 'Back to the key' }).click()
  await expect(page.getByTestId('new-key')).toBeVisible()
  await takeKey(page)
})

test('the keys of people are searched, and their use is a chart and a table', async ({ page, server }) => {
  const name = unique('owner')
  await insertUsedKey(server.world, await insertPerson(server.world, name), `key of ${name}`)
  await page.goto('/settings/api-keys')
  await page.getByRole('radio', { name: 'User keys' }).click()
  await expect(page).toHaveURL(/kind=user/)
  await page.getByRole('searchbox', { name: 'Search the keys' }).fill(name)
  await expect(page.getByText('1 key', { exact: true })).toBeVisible()
  await expect(row(page, name)).toContainText('192.0.2.7')
  await page
    .getByRole('button', { name: `key of ${name}` })
    .first()
    .click()
  const dialog = page.getByRole('dialog', { name: `key of ${name}` })
  // 100 today, 90 yesterday, … 10 nine days ago.
  await expect(dialog.getByRole('figure')).toContainText('550 requests in 30 days')
  await expect(dialog.getByRole('figure')).toContainText('490 in the last 7')
  await expect(dialog.getByRole('img', { name: /at most 100 in one/ })).toBeVisible()
  await dialog.getByText('As a table').click()
  await expect(dialog.getByRole('row')).toHaveCount(31)
  await expect(dialog.getByRole('row').nth(1)).toContainText('100')
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('searchbox', { name: 'Search the keys' }).fill('no such key')
  await expect(page.getByText('No key is found')).toBeVisible()
})
