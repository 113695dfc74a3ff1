/** What somebody does while the script of a page is still on its way. */
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { unique } from '../support/accounts'
import { expect, test } from '../support/fixtures'

test('what is typed before the script has come is kept, and sent once it is there', async ({
  page,
  server,
}) => {
  const user = await createAccount(server.world, { username: unique('early') })
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/_next/static/chunks/**.js', async (route) => {
    await released
    await route.continue()
  })
  const sent: string[] = []
  page.on('request', (request) => void (request.method() === 'POST' && sent.push(request.url())))

  await page.goto('/login', { waitUntil: 'commit' })
  await page.getByLabel('E-mail').fill(user.email as string)
  await page.getByLabel('Password').fill(TEST_PASSWORD)
  await page.getByLabel('Password').press('Enter')
  const button = page.getByRole('button', { name: 'Sign in' })
  await expect(button).toBeDisabled()
  await expect(button).toHaveCSS('opacity', '1')
  expect(sent).toEqual([])
  await expect(page).toHaveURL(/\/login$/)

  release()
  await expect(button).toBeEnabled()
  await expect(page.getByLabel('E-mail')).toHaveValue(user.email as string)
  await expect(page.getByLabel('Password')).toHaveValue(TEST_PASSWORD)
  await button.click()
  await expect(page.getByRole('heading', { name: 'Projects', level: 1 })).toBeVisible()
  expect(sent.map((url) => new URL(url).pathname)).toContain('/auth/login')
})
