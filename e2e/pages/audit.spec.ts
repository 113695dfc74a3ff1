/** The audit log: looked through, filtered, opened and exported by admins. */
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { recordEvent } from '#server/audit/record'
import { insertPerson, unique } from '../support/accounts'
import { expect, expectAccessible, test } from '../support/fixtures'
import { look, takePicture } from '../support/look'
import type { World } from '../support/server'

const rows = (page: Page) => page.getByRole('region', { name: 'Entries' }).getByRole('row')

/** Sign-ins of somebody, every third in vain. */
async function recordSignIns(world: World, name: string, count: number): Promise<number> {
  const user = await insertPerson(world, name)
  const ctx = {
    ...world,
    actor: { kind: 'anonymous' as const },
    request: { address: '192.0.2.77', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0)' },
  }
  for (let n = 1; n <= count; n++) {
    const failed = n % 3 === 0
    await world.db.write((tx) =>
      recordEvent(tx, ctx, {
        action: 'session.login',
        outcome: failed ? 'failure' : 'success',
        ...(failed && { reason: 'wrong-password' }),
        target: `User:${user.id}`,
        targetName: name,
        actorName: name,
        ...(!failed && { actorUserId: user.id }),
        details: { method: 'LOCAL' },
      }),
    )
  }
  return user.id
}

test.describe('the audit log', () => {
  test('is filtered by what stands in the address, and goes on to what is older', async ({
    page,
    server,
    signIn,
  }) => {
    const name = unique('watched')
    await recordSignIns(server.world, name, 66)
    await signIn()
    await page.goto('/settings/audit')
    await expect(page.getByRole('heading', { name: 'Audit log', level: 1 })).toBeVisible()
    await page.getByRole('searchbox', { name: 'On whom' }).fill(name)
    await expect(page).toHaveURL(new RegExp(`target=${name}`))
    await expect(page.getByText('50 entries shown')).toBeVisible()
    await page.getByRole('button', { name: 'Load older' }).click()
    await expect(page.getByText('66 entries', { exact: true })).toBeVisible()
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Failed')
    await expect(page.getByText('22 entries', { exact: true })).toBeVisible()
    await expect(rows(page).nth(1)).toContainText('Could not sign in (failed): the password was wrong')
    await page.reload()
    await expect(page.getByText('22 entries', { exact: true })).toBeVisible()
    await expect(page.getByRole('searchbox', { name: 'On whom' })).toHaveValue(name)
    await page.getByRole('combobox', { name: 'Action' }).selectOption('Deleted an account')
    await expect(page.getByText('Nothing is found')).toBeVisible()
    await page.getByRole('main').getByRole('button', { name: 'Clear filters' }).last().click()
    await expect(page).not.toHaveURL(/target=/)
    await expect(page.getByRole('searchbox', { name: 'On whom' })).toHaveValue('')
    await page.getByRole('combobox', { name: 'Time' }).selectOption('Last hour')
    await expect(rows(page).nth(1)).toBeVisible()
  })

  test('opens an entry by keyboard, with the way to the account, and by its address', async ({
    page,
    server,
    signIn,
  }) => {
    const name = unique('opened')
    const id = await recordSignIns(server.world, name, 3)
    await signIn()
    await page.goto(`/settings/audit?target=User:${id}&outcome=failure`)
    const button = page.getByRole('button', { name: /Could not sign in/ })
    await button.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('wrong-password')
    await expect(dialog).toContainText('192.0.2.77')
    await expect(dialog).toContainText('"method": "LOCAL"')
    await expect(page).toHaveURL(/entry=\d+/)
    await page.reload()
    await expect(dialog).toContainText('192.0.2.77')
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(page).not.toHaveURL(/entry=/)
    await button.click()
    const account = `/settings/users/${encodeURIComponent(btoa(`User:${id}`))}`
    await expect(dialog.getByRole('link', { name }).first()).toHaveAttribute('href', account)
  })

  test('is exported as it is filtered, which is on record', async ({ page, server, signIn }) => {
    const name = unique('exported')
    const id = await recordSignIns(server.world, name, 6)
    await signIn()
    await page.goto(`/settings/audit?target=User:${id}`)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export CSV' }).click()
    const file = await download
    expect(file.suggestedFilename()).toMatch(/^bennu-audit-\d{4}-\d\d-\d\d\.csv$/)
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(lines).toHaveLength(7)
    await page.goto('/settings/audit?action=audit.export')
    await expect(rows(page).nth(1)).toContainText('Exported the audit log')
  })

  test('is nothing for members', async ({ page, signIn }) => {
    await signIn('MEMBER')
    await page.goto('/settings/audit')
    await expect(page).toHaveURL(/\/settings\/general$/)
    await expect(page.getByRole('link', { name: 'Audit log' })).toHaveCount(0)
  })

  test('fits a telephone and both themes', async ({ page, server, signIn }) => {
    const name = unique('a very long name of somebody that goes on and on'.replaceAll(' ', '-'))
    await recordSignIns(server.world, name, 9)
    await signIn()
    await page.goto('/settings/audit')
    await expect(rows(page).nth(1)).toBeVisible()
    await look(page, 'audit', { isThorough: true })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page
      .getByRole('button', { name: /sign in/i })
      .first()
      .click()
    await expect(page.getByRole('dialog')).toContainText('Hash')
    await takePicture(page, 'audit-entry-dark-390')
  })

  test.describe('when the server cannot answer', () => {
    test.use({ expectedComplaint: /500/ })
    test('says so, with a way to try again', async ({ page, signIn }) => {
      await signIn()
      await page.route('**/v1/audit?*', (route) => route.fulfill({ status: 500, body: 'no' }))
      await page.goto('/settings/audit')
      await expect(page.getByText('The audit log could not be loaded.')).toBeVisible({ timeout: 20_000 })
      await page.unroute('**/v1/audit?*')
      await page.getByRole('button', { name: 'Try again' }).click()
      await expect(rows(page).nth(1)).toBeVisible()
    })
  })
})
