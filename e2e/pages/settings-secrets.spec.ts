/** Stored secrets: added, replaced and deleted, with no value on any page. */
import type { Page } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { expect, expectAccessible, test } from '../support/fixtures'
import { look } from '../support/look'

const VALUE = 'sk-a-value-that-is-never-shown-0123456789'
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

async function add(page: Page, name: string, value: string): Promise<void> {
  await page.getByRole('button', { name: 'Add secret' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a secret' })
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByLabel('Value').fill(value)
  await dialog.getByRole('button', { name: 'Add secret' }).click()
}

async function addWell(page: Page, name: string): Promise<void> {
  await add(page, name, VALUE)
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(row(page, name)).toBeVisible()
}

test.beforeEach(async ({ page, signIn, server }) => {
  await server.world.db.write((tx) => tx.delete(server.world.db.t.secrets))
  await signIn()
  await page.goto('/settings/secrets')
  await expect(page.getByText('No secret is stored')).toBeVisible()
})

test('an admin adds, replaces and deletes one, and never sees its value', async ({ page }) => {
  await look(page, 'secrets-empty', { isThorough: true })
  await addWell(page, 'OPENAI_API_KEY')
  await expect(row(page, 'OPENAI_API_KEY')).toContainText('set')
  await choose(page, 'OPENAI_API_KEY', 'Replace value')
  const dialog = page.getByRole('dialog', { name: 'Replace the value' })
  await dialog.getByLabel('Value').fill(`${VALUE}-2`)
  await look(page, 'secrets-replace', { isThorough: true })
  await dialog.getByRole('button', { name: 'Replace value' }).click()
  await expect(page.getByText('The value of OPENAI_API_KEY was replaced')).toBeVisible()
  await page.reload()
  await expect(row(page, 'OPENAI_API_KEY')).toBeVisible()
  expect(await page.content()).not.toContain(VALUE)
  await choose(page, 'OPENAI_API_KEY', 'Delete')
  const asked = page.getByRole('alertdialog', { name: 'Delete this secret?' })
  await asked.getByRole('button', { name: 'Delete secret' }).click()
  await expect(asked.getByText('This is not its name')).toBeVisible()
  await asked.getByLabel('To confirm, type OPENAI_API_KEY').fill('OPENAI_API_KEY')
  await asked.getByRole('button', { name: 'Delete secret' }).click()
  await expect(page.getByText('No secret is stored')).toBeVisible()
})

test('what is wrong with a name or a value stands at its field', async ({ page }) => {
  await add(page, '1-key', '  ')
  const dialog = page.getByRole('dialog', { name: 'Add a secret' })
  await expect(dialog.getByText('Use letters, digits and underscores')).toBeVisible()
  await expect(dialog.getByText('The value must not be empty')).toBeVisible()
  await expectAccessible(page)
})

test('one that cannot be read says so, and what to do', async ({ page, server }) => {
  const { db } = server.world
  await addWell(page, 'GOOD')
  await addWell(page, `A_VERY_LONG_NAME_${'X'.repeat(200)}`)
  await expect(page.getByText('set', { exact: true })).toHaveCount(2)
  await db.write((tx) =>
    tx.update(db.t.secrets).set({ value: 'spoiled' }).where(eq(db.t.secrets.key, 'GOOD')),
  )
  await page.reload()
  await expect(row(page, 'GOOD')).toContainText('cannot be read')
  await expect(page.getByRole('alert').filter({ hasText: '1 secret cannot be read' })).toContainText(
    'BENNU_SECRET_PREVIOUS',
  )
  await look(page, 'secrets-unreadable', { isThorough: true })
})
