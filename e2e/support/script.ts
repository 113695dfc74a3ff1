/** Waits for what only the script of a page makes: a press on a button that the server drew is lost until then. */
import { expect, type Page } from '@playwright/test'

/** /settings/api-keys has asked for the keys. */
export async function untilKeysListed(page: Page): Promise<void> {
  await expect(page.getByRole('table').or(page.getByText('No system keys yet')).first()).toBeVisible()
}

/** The program of a project without traces names the address of this very server. */
export async function untilAddressShown(page: Page, address: string): Promise<void> {
  await expect(page.getByRole('main')).toContainText(address)
}

/** The editors of /graphql are there, with a query to begin with. */
export async function untilExplorerReady(page: Page): Promise<void> {
  await expect(page.locator('#explorer')).toContainText('viewer')
}
