/** Signing in with a directory, beside passwords, and losing this server when one leaves it. */
import type { Page } from '@playwright/test'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { PERSON_PASSWORD, SERVICE } from '../../test/slapd'
import { unique } from '../support/accounts'
import { expect, expectAccessible } from '../support/fixtures'
import { ldapTest as test } from '../support/ldap'

const form = (page: Page) => page.getByRole('form', { name: 'Sign in with your company account' })

async function signInAs(page: Page, username: string, password = PERSON_PASSWORD): Promise<void> {
  await page.goto('/login')
  await form(page).getByLabel('Username').fill(username)
  await form(page).getByLabel('Password').fill(password)
  await form(page).getByRole('button', { name: 'Sign in with LDAP' }).click()
}

const projects = (page: Page) => page.getByRole('heading', { name: 'Projects', level: 1 })

test.use({ expectedComplaint: /status of 401/ })

test('whoever is in the group of admins signs in as one and sees the settings of the directory', async ({
  page,
}) => {
  await signInAs(page, 'ada')
  await expect(projects(page)).toBeVisible()
  await page.goto('/settings/sign-in')
  const settings = page.getByRole('region', { name: 'Directory' })
  await expect(settings.getByText(SERVICE.dn)).toBeVisible()
  await expect(settings.getByText('StartTLS, or no sign-in, with your own authority')).toBeVisible()
  await expect(settings).not.toContainText(SERVICE.password)
  await expect(settings.getByText(/accounts are compared with the directory every/)).toBeVisible()
  await expectAccessible(page)
})

test('an admin tests the connection, and sees whom it finds, the groups and the role', async ({
  page,
  signIn,
}) => {
  await signIn('ADMIN')
  await page.goto('/settings/sign-in')
  const directory = page.getByRole('region', { name: 'Directory' })
  await directory.getByLabel('User name to look up (optional)').fill('bob')
  await directory.getByRole('button', { name: 'Test connection' }).click()
  const result = directory.getByLabel('What the directory says of bob')
  await expect(result.getByText('uid=bob,ou=people,dc=example,dc=com')).toBeVisible()
  await expect(result.getByText('cn=members,ou=groups,dc=example,dc=com').first()).toBeVisible()
  await expect(result.getByText('MEMBER', { exact: true })).toBeVisible()
  await expect(directory.getByText('StartTLS, certificate accepted')).toBeVisible()
  await directory.getByLabel('User name to look up (optional)').fill('eve')
  await directory.getByRole('button', { name: 'Test connection' }).click()
  await expect(directory.getByText('None of the groups has a role')).toBeVisible()
  await expectAccessible(page)
  await page.setViewportSize({ width: 390, height: 844 })
  await expect
    .poll(() => directory.evaluate((section) => section.scrollWidth <= section.clientWidth))
    .toBe(true)
})

test('whoever is in the group of members signs in as one and sees no settings of sign-in', async ({
  page,
}) => {
  await signInAs(page, 'bob')
  await expect(projects(page)).toBeVisible()
  await page.goto('/settings/sign-in')
  await expect(page).not.toHaveURL(/sign-in/)
  await page.goto('/profile')
  await expect(page.getByText('bob@corp.example.com').first()).toBeVisible()
})

test('whoever is in no group is refused in the same words as a wrong password, and admins read why', async ({
  page,
  openBrowser,
  server,
}) => {
  const said: (string | null)[] = []
  for (const [name, password] of [
    ['eve', PERSON_PASSWORD],
    ['eve', 'wrong'],
    ['nobody-at-all', 'wrong'],
  ] as const) {
    await signInAs(page, name, password)
    said.push(await form(page).getByRole('alert').textContent())
  }
  expect(new Set(said).size).toBe(1)
  expect(said[0]).toContain('wrong')

  const admin = await openBrowser()
  const { email } = await createAccount(server.world, { role: 'ADMIN', username: unique('boss') })
  await admin.goto('/login')
  const local = admin.getByRole('form', { name: 'Sign in with an account here' })
  await local.getByLabel('E-mail').fill(email as string)
  await local.getByLabel('Password').fill(TEST_PASSWORD)
  await local.getByRole('button', { name: 'Sign in' }).click()
  await expect(projects(admin)).toBeVisible()
  await admin.goto('/settings/sign-in')
  const refused = admin.getByLabel('Refused lately')
  await expect(refused.getByText(/group/).first()).toBeVisible()
  await expect(refused.getByText('the password was wrong').first()).toBeVisible()
})

test('both forms stand on one page, and each signs in its own people', async ({
  page,
  openBrowser,
  server,
}) => {
  const local = await createAccount(server.world, { username: unique('local') })
  await page.goto('/login')
  await expect(page.getByRole('form')).toHaveCount(2)
  await expectAccessible(page)
  const passwords = page.getByRole('form', { name: 'Sign in with an account here' })
  await passwords.getByLabel('E-mail').fill('bob@corp.example.com')
  await passwords.getByLabel('Password').fill(PERSON_PASSWORD)
  await passwords.getByRole('button', { name: 'Sign in' }).click()
  await expect(passwords.getByRole('alert')).toBeVisible()
  await passwords.getByLabel('E-mail').fill(local.email as string)
  await passwords.getByLabel('Password').fill(TEST_PASSWORD)
  await passwords.getByRole('button', { name: 'Sign in' }).click()
  await expect(projects(page)).toBeVisible()
  const other = await openBrowser()
  await signInAs(other, local.username, TEST_PASSWORD)
  await expect(form(other).getByRole('alert')).toBeVisible()
})

test('whoever is disabled in the directory loses the open session, and has it back with the account', async ({
  page,
  slapd,
}) => {
  await signInAs(page, 'dan')
  await expect(projects(page)).toBeVisible()
  const status = async () => (await page.request.get('/v1/user')).status()
  expect(await status()).toBe(200)
  await slapd.replace(slapd.dnOf('dan'), 'pwdAccountLockedTime', ['000001010000Z'])
  await expect.poll(status, { timeout: 20_000 }).toBe(401)
  // The page asks for news by itself, and may be on its way to the sign-in already.
  await page.goto('/projects').catch(() => {})
  await expect(page).toHaveURL(/\/login/)
  await slapd.replace(slapd.dnOf('dan'), 'pwdAccountLockedTime', [])
  await expect.poll(status, { timeout: 20_000 }).toBe(200)
})

test('a comparison that stopped asks an admin, with the number, before it goes on', async ({
  page,
  signIn,
  server,
}) => {
  const { db } = server.world
  const nothing = { compared: 20, disabled: 0, enabled: 0, changedRoles: 0, kept: 0, unclear: 0 }
  const fault = 'The directory does not let 7 of 20 accounts in any more.'
  const report = JSON.stringify({ ...nothing, outcome: 'stopped', wouldDisable: 7, fault })
  // As if another server were at it, so that this one leaves the result alone.
  const claimedUntil = new Date(Date.now() + 60_000)
  const row = { report, claimedUntil, startedAt: new Date() }
  await db.write((tx) =>
    tx
      .insert(db.t.directorySync)
      .values({ id: 1, ...row })
      .onConflictDoUpdate({ target: db.t.directorySync.id, set: row }),
  )
  await signIn('ADMIN')
  await page.goto('/settings/sign-in')
  const directory = page.getByRole('region', { name: 'Directory' })
  await expect(directory.getByText(fault)).toBeVisible()
  await directory.getByRole('button', { name: 'Disable 7 accounts' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Disable 7 accounts' })
  await expect(dialog).toContainText('stop working at once')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await db.write((tx) => tx.update(db.t.directorySync).set({ claimedUntil: null }))
})
