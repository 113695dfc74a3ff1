/** Signing in with identity providers: two of the environment and one added in Settings, on another site than ours. */
import type { Page } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { expect, test } from '../support/fixtures'
import { type IdentityProvider, type People, startIdentityProvider } from '../support/identity-provider'
import { look } from '../support/look'
import { AUTH, type BennuServer, startServer } from '../support/server'

const PEOPLE: People = {
  ada: {
    email: 'ada@example.com',
    name: 'Ada Lovelace',
    roles: ['everyone', 'llm-admins', 'staff'],
    groups: ['dev'],
  },
  bob: { email: 'bob@example.com', name: 'Bob Smith', roles: ['staff'], groups: ['dev'] },
  eve: { email: 'eve@example.com', name: 'Eve Adams', roles: ['staff'], groups: ['sales'] },
}
/** Any port: the provider starts first, and learns where the server is by what it is told to expect. */
const PORT = 28_000 + (process.pid % 2_000)
const BASE = `http://127.0.0.1:${PORT}`

let corp: IdentityProvider
let partner: IdentityProvider
let server: BennuServer

test.beforeAll(async ({ engine }) => {
  const at = (path: string) => `${BASE}${path}`
  corp = await startIdentityProvider({
    people: PEOPLE,
    redirectUris: [at('/oauth2/keycloak/tokens'), at('/oauth2/added/tokens')],
    afterLogout: [at('/login'), at('/logout')],
  })
  partner = await startIdentityProvider({
    people: { ...PEOPLE, zoe: { email: 'zoe@partner.example', name: 'Zoe' } },
    redirectUris: [at('/oauth2/google/tokens')],
  })
  const of = (idp: string, { clientId, clientSecret, discoveryUrl }: IdentityProvider) => ({
    [`PHOENIX_OAUTH2_${idp}_CLIENT_ID`]: clientId,
    [`PHOENIX_OAUTH2_${idp}_CLIENT_SECRET`]: clientSecret,
    [`PHOENIX_OAUTH2_${idp}_OIDC_CONFIG_URL`]: discoveryUrl,
  })
  server = await startServer({
    engine,
    env: {
      ...AUTH,
      PHOENIX_PORT: String(PORT),
      ...of('KEYCLOAK', corp),
      PHOENIX_OAUTH2_KEYCLOAK_SCOPES: 'roles',
      PHOENIX_OAUTH2_KEYCLOAK_ROLE_ATTRIBUTE_PATH: 'roles',
      PHOENIX_OAUTH2_KEYCLOAK_ROLE_MAPPING: 'llm-admins:ADMIN,staff:VIEWER',
      PHOENIX_OAUTH2_KEYCLOAK_GROUPS_ATTRIBUTE_PATH: 'groups',
      PHOENIX_OAUTH2_KEYCLOAK_ALLOWED_GROUPS: 'dev',
      ...of('GOOGLE', partner),
      PHOENIX_OAUTH2_GOOGLE_CLIENT_ID: 'bennu',
      PHOENIX_OAUTH2_GOOGLE_ALLOW_SIGN_UP: 'false',
    },
  })
})
test.afterAll(async () => {
  await server?.stop()
  await corp?.close()
  await partner?.close()
})
test.use({ baseURL: BASE })

const button = (page: Page, name: string) => page.getByRole('button', { name: `Sign in with ${name}` })

/** From the login page to the provider, which asks for the name, and back. */
async function signInAs(page: Page, name: string, idp = 'Keycloak', from = '/login'): Promise<void> {
  await page.goto(from)
  await button(page, idp).click()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Go on' }).click()
}

const roleOf = async (email: string) => {
  const { users } = server.world.db.t
  const [user] = await server.world.db.read.select().from(users).where(eq(users.email, email))
  return user?.role
}

test.describe.configure({ timeout: 60_000 })

test('the login page has the form and a button for each provider', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByLabel('E-mail')).toBeFocused()
  await expect(button(page, 'Keycloak')).toBeVisible()
  await expect(button(page, 'Google')).toBeVisible()
  await look(page, 'login-sso', { fullPage: true, isThorough: true })
})

test('a person comes in by a provider that asked them something, and lands on the page they wanted', async ({
  page,
}) => {
  await page.goto('/profile')
  await expect(page).toHaveURL(/\/login\?returnUrl=%2Fprofile$/)
  await button(page, 'Keycloak').click()
  await expect(page).toHaveURL(/^http:\/\/localhost:/)
  await page.getByLabel('Name').fill('ada')
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(page).toHaveURL(`${BASE}/profile`)
  await expect(page.getByRole('main').getByText('Ada Lovelace').first()).toBeVisible()
  expect(await roleOf('ada@example.com')).toBe('ADMIN')
})

test('the buttons work without any script', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: BASE, javaScriptEnabled: false })
  const page = await context.newPage()
  await signInAs(page, 'bob')
  await expect(page).toHaveURL(`${BASE}/projects`)
  expect(await roleOf('bob@example.com')).toBe('VIEWER')
  await context.close()
})

test('whoever is in no allowed group is refused with a sentence', async ({ page }) => {
  await signInAs(page, 'eve')
  await expect(page).toHaveURL(`${BASE}/login?error=auth_failed`)
  await expect(page.getByRole('alert').filter({ hasText: 'did not vouch for you' })).toBeVisible()
  await look(page, 'login-sso-refused', { fullPage: true, isThorough: true })
  expect(await roleOf('eve@example.com')).toBeUndefined()
})

test('whoever has no account is refused where none is made', async ({ page }) => {
  await signInAs(page, 'zoe', 'Google')
  await expect(page).toHaveURL(`${BASE}/login?error=sign_in_not_allowed`)
  await expect(page.getByRole('alert').filter({ hasText: 'You have no account here' })).toBeVisible()
})

test('an admin sees why somebody got a role and why somebody was refused', async ({ page, openBrowser }) => {
  await signInAs(await openBrowser(), 'eve', 'Keycloak', `${BASE}/login`)
  await signInAs(page, 'ada')
  await expect(page).toHaveURL(`${BASE}/projects`)
  await page.goto('/settings/sign-in')
  await page.getByRole('link', { name: 'Why this role: last sign-ins with Keycloak' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Why this role: Keycloak')
  const admin = page.getByRole('listitem').filter({ hasText: 'Ada Lovelace' }).first()
  await expect(admin).toContainText('The role mapping has a line for the value of the role claim.')
  await expect(admin).toContainText('llm-admins')
  await expect(admin).toContainText('ADMIN')
  const refused = page.getByRole('listitem').filter({ hasText: 'refused' }).first()
  await expect(refused).toContainText('None of the groups is one of the allowed groups.')
  await refused.getByText(/claims$/).click()
  await expect(refused).toContainText('sales')
  await expect(page.getByText(/eyJ/)).toHaveCount(0)
  await look(page, 'why-this-role', { fullPage: true, isThorough: true })
})

test('signing out here signs out there: the next sign-in asks who one is', async ({ page }) => {
  await signInAs(page, 'ada')
  await expect(page).toHaveURL(`${BASE}/projects`)
  const before = corp.asked()
  await page.goto('/auth/logout')
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(page).toHaveURL(`${BASE}/login`)
  await button(page, 'Keycloak').click()
  await expect(page.getByRole('heading', { name: 'Who are you?' })).toBeVisible()
  expect(corp.asked()).toBe(before + 1)
})

test('an admin sees which provider is away, and that it is back', async ({ page }) => {
  await signInAs(page, 'ada')
  await expect(page).toHaveURL(`${BASE}/projects`)
  const google = page.getByRole('article', { name: 'Google' })
  partner.goAway('cuts')
  try {
    await page.goto('/settings/sign-in')
    await expect(google).toContainText(
      'Signing in here fails or may fail at the moment. The provider cannot be used',
    )
    await expect(page.getByRole('article', { name: 'Keycloak' })).toContainText('answers')
    await look(page, 'settings-sign-in-away', { fullPage: true, isThorough: true })
  } finally {
    partner.comeBack()
  }
  await page.reload()
  await expect(google).toContainText('answers')
})

test.describe('in Settings', () => {
  // The form is sent once with a field left empty, and a session that was ended is found to be over.
  test.use({ expectedComplaint: /status of (401|422)/ })

  test('an admin adds a provider, tests it, somebody comes in by it, and it is turned off and deleted', async ({
    page,
    openBrowser,
  }) => {
    await signInAs(page, 'ada')
    await expect(page).toHaveURL(`${BASE}/projects`)
    await page.goto('/settings/sign-in')
    await expect(page.getByText(`${BASE}/oauth2/keycloak/tokens`)).toBeVisible()
    await look(page, 'settings-sign-in', { fullPage: true, isThorough: true })
    await page.getByRole('button', { name: 'Add provider' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add an identity provider' })
    await dialog.getByLabel('Name in addresses').fill('added')
    await dialog.getByLabel('Name on the button').fill('Company account')
    await dialog.getByLabel('Discovery address').fill(corp.discoveryUrl)
    await expect(dialog.getByText(`${BASE}/oauth2/added/tokens`)).toBeVisible()
    await dialog.getByRole('button', { name: 'Test' }).click()
    await expect(dialog.getByText(corp.issuer, { exact: true })).toBeVisible()
    await look(page, 'settings-sign-in-dialog', { fullPage: true, isThorough: true })
    await dialog.getByRole('button', { name: 'Add provider' }).click()
    await expect(dialog.getByText('The client id must not be empty')).toBeVisible()
    await dialog.getByLabel('Client id').fill(corp.clientId)
    await dialog.getByLabel('Client secret').fill(corp.clientSecret)
    await dialog.getByRole('button', { name: 'Add provider' }).click()
    await expect(page.getByRole('heading', { name: 'Company account' })).toBeVisible()
    await expect(page.getByText(corp.clientSecret)).toHaveCount(0)

    const other = await openBrowser()
    await signInAs(other, 'bob', 'Company account', `${BASE}/login`)
    await expect(other).toHaveURL(`${BASE}/projects`)

    const choose = async (action: string) => {
      await page.getByRole('button', { name: 'Actions for Company account' }).click()
      await page.getByRole('menuitem', { name: action }).click()
    }
    await page.reload()
    await choose('Turn off')
    const off = page.getByRole('alertdialog', { name: 'Turn off Company account?' })
    await off.getByLabel('End the 1 session that began there').check()
    await off.getByRole('button', { name: 'Turn off' }).click()
    await expect(off).toHaveCount(0)
    // Their page asks for news by itself, and may be on its way to the sign-in already.
    await other.goto(`${BASE}/profile`).catch(() => {})
    await expect(other).toHaveURL(/\/login/)
    await expect(page.getByRole('article', { name: 'Company account' })).toContainText('off')
    await other.goto(`${BASE}/login`)
    await expect(button(other, 'Keycloak')).toBeVisible()
    await expect(button(other, 'Company account')).toHaveCount(0)
    await choose('Delete')
    const asked = page.getByRole('alertdialog', { name: 'Delete this provider?' })
    await asked.getByLabel('To confirm, type added').fill('added')
    await asked.getByRole('button', { name: 'Delete provider' }).click()
    await expect(page.getByRole('heading', { name: 'Company account' })).toHaveCount(0)
  })
})

test('trigger= goes to a provider at once, and unknown ones are nothing', async ({ page }) => {
  await page.goto('/login?trigger=google')
  await expect(page).toHaveURL(new RegExp(`^${partner.issuer}/`))
  await page.goto('/login?trigger=nobody')
  await expect(button(page, 'Keycloak')).toBeVisible()
})

test.describe('what went wrong is said in a sentence', () => {
  for (const [code, words] of [
    ['unknown_idp', 'no such identity provider'],
    ['auth_failed', 'did not vouch for you'],
    ['invalid_state', 'another tab or browser'],
    ['unsafe_return_url', 'none of this server'],
    ['oauth_error', 'could not be reached'],
    ['no_oidc_support', 'did not say who you are'],
    ['missing_email_scope', 'did not send your e-mail address'],
    ['email_in_use', 'not tied to this provider'],
    ['sign_in_not_allowed', 'You have no account here'],
  ] as const)
    test(code, async ({ page }) => {
      for (const path of ['/login', '/logout']) {
        await page.goto(`${path}?error=${code}`)
        await expect(page.getByRole('main').getByRole('alert')).toContainText(words)
      }
    })

  test('a code that nobody knows says nothing', async ({ page }) => {
    await page.goto('/logout?error=%3Cb%3E')
    await expect(page.getByRole('heading', { name: 'Signed out' })).toBeVisible()
    await expect(page.getByRole('main').getByRole('alert')).toHaveCount(0)
    await look(page, 'logout', { fullPage: true, isThorough: true })
  })
})
