/** A server whose only way in is a provider, to which the login page goes by itself. */
import type { Page } from '@playwright/test'
import { expect, test } from '../support/fixtures'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider'
import { AUTH, type BennuServer, startServer } from '../support/server'

/** The provider has to know beforehand where the server will be. */
const PORT = 30_000 + (process.pid % 2_000)
const BASE = `http://127.0.0.1:${PORT}`
/** A name of a network of one's own, without TLS: there browsers do not say which site a request comes from. */
const LAN = `http://bennu.test:${PORT}`

let idp: IdentityProvider
let server: BennuServer

test.beforeAll(async ({ engine }) => {
  idp = await startIdentityProvider({
    people: {
      ada: { email: 'ada@example.com', name: 'Ada', groups: ['dev'] },
      eve: { email: 'eve@example.com', name: 'Eve', groups: ['sales'] },
    },
    redirectUris: [`${BASE}/oauth2/company/tokens`, `${LAN}/oauth2/company/tokens`],
    afterLogout: [`${BASE}/logout`],
  })
  server = await startServer({
    engine,
    env: {
      ...AUTH,
      PHOENIX_PORT: String(PORT),
      PHOENIX_DISABLE_BASIC_AUTH: 'true',
      PHOENIX_OAUTH2_COMPANY_CLIENT_ID: idp.clientId,
      PHOENIX_OAUTH2_COMPANY_CLIENT_SECRET: idp.clientSecret,
      PHOENIX_OAUTH2_COMPANY_OIDC_CONFIG_URL: idp.discoveryUrl,
      PHOENIX_OAUTH2_COMPANY_DISPLAY_NAME: 'Continue to the company',
      PHOENIX_OAUTH2_COMPANY_AUTO_LOGIN: 'true',
      PHOENIX_OAUTH2_COMPANY_SCOPES: 'roles',
      PHOENIX_OAUTH2_COMPANY_GROUPS_ATTRIBUTE_PATH: 'groups',
      PHOENIX_OAUTH2_COMPANY_ALLOWED_GROUPS: 'dev',
    },
  })
})
test.afterAll(async () => {
  await server?.stop()
  await idp?.close()
})
test.use({ baseURL: BASE })

async function answer(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Go on' }).click()
}

test('a page that needs somebody leads to the provider, and back to that page', async ({ page }) => {
  await page.goto('/profile')
  await expect(page).toHaveURL(new RegExp(`^${idp.issuer}/`))
  await answer(page, 'ada')
  await expect(page).toHaveURL(`${BASE}/profile`)
})

test('signing out ends on a page that stays, and signing in again asks who one is', async ({ page }) => {
  await page.goto('/')
  await answer(page, 'ada')
  await expect(page).toHaveURL(`${BASE}/projects`)
  await page.goto('/auth/logout')
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(page).toHaveURL(`${BASE}/logout`)
  await expect(page.getByRole('heading', { name: 'Signed out' })).toBeVisible()
  await page.getByRole('button', { name: 'Continue to the company', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible()
})

test('whoever is refused stays on a page that says so', async ({ page }) => {
  await page.goto('/')
  await answer(page, 'eve')
  await expect(page).toHaveURL(`${BASE}/logout?error=auth_failed`)
  await expect(page.getByRole('main').getByRole('alert')).toContainText('did not vouch for you')
})

test('local=1, a message and an error keep the login page where it is', async ({ page }) => {
  for (const query of ['local=1', 'message=password_reset', 'error=auth_failed']) {
    await page.goto(`/login?${query}`)
    await expect(page.getByRole('button', { name: 'Continue to the company', exact: true })).toBeVisible()
    await expect(page.getByLabel('Password')).toHaveCount(0)
  }
})

test('over plain http in a network of one’s own nobody goes round in circles', async ({
  playwright,
  launchOptions,
}) => {
  const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP bennu.test 127.0.0.1']
  const browser = await playwright.chromium.launch({ ...launchOptions, args })
  try {
    const page = await browser.newPage()
    const asked = idp.asked()
    await page.goto(`${LAN}/profile`)
    await answer(page, 'ada')
    await expect(page).toHaveURL(`${LAN}/profile`)
    await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible()
    expect(idp.asked()).toBe(asked + 1)
  } finally {
    await browser.close()
  }
})
