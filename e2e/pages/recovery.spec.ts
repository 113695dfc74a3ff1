/** The ways back in, and the first way in: by mail, and without one. */
import type { Page } from '@playwright/test'
import { createAccount, TEST_PASSWORD } from '../../test/accounts'
import { unique } from '../support/accounts'
import { expect, expectAccessible, test } from '../support/fixtures'
import { FIRST_ADMIN, linkOf, mailTest } from '../support/mail'

const CHOSEN = 'a password of my own choice'

async function signInWith(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Follows a link of a mail and chooses a password; what the browser asks for on the way is returned. */
async function choosePassword(page: Page, link: string, password = CHOSEN): Promise<void> {
  await page.goto(link)
  await expect(page.getByRole('heading', { name: 'Choose your password' })).toBeVisible()
  await expect(page).toHaveURL(/\/reset-password-with-token$/)
  await page.getByLabel('New password', { exact: true }).fill(password)
  await page.getByLabel('New password again').fill(password)
  await page.getByRole('button', { name: 'Set password' }).click()
}

const projects = (page: Page) => page.getByRole('heading', { name: 'Projects', level: 1 })

mailTest.describe('with mail', () => {
  mailTest.use({ expectedComplaint: /status of (401|422)/ })

  mailTest(
    'a lost password is replaced with a mailed link, which works once',
    async ({ page, server, mails }) => {
      const name = unique('forgetful')
      const user = await createAccount(server.world, { username: name })
      const email = user.email as string
      const referers: (string | undefined)[] = []
      page.on('request', (request) => void referers.push(request.headers().referer))

      await page.goto('/login')
      await page.getByRole('link', { name: 'Forgot your password?' }).click()
      await expect(page.getByRole('heading', { name: 'Forgot your password?' })).toBeVisible()
      await page.getByLabel('E-mail').fill(email)
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Send the link' }).click()
      await expect(page.getByText('a mail with a link is on its way')).toBeVisible()
      const link = linkOf(await mails.untilMailTo(email), 'reset-url')
      expect(link).toContain(`${server.baseUrl}/reset-password-with-token?token=`)

      await page.goto(link)
      await expect(page).toHaveURL(/\/reset-password-with-token$/)
      await expectAccessible(page)
      await page.getByLabel('New password', { exact: true }).fill('password123')
      await page.getByLabel('New password again').fill('password123')
      await page.getByRole('button', { name: 'Set password' }).click()
      await expect(page.getByLabel('New password', { exact: true })).toHaveAccessibleDescription(
        /leaked|common/,
      )
      await page.getByLabel('New password', { exact: true }).fill(CHOSEN)
      await page.getByLabel('New password again').fill(CHOSEN)
      await page.getByRole('button', { name: 'Set password' }).click()
      await expect(page.getByText('Your password was changed. Sign in with the new one.')).toBeVisible()
      await signInWith(page, email, CHOSEN)
      await expect(projects(page)).toBeVisible()
      const changed = await mails.untilMailTo(email, 2)
      expect(changed.parsed.subject).toBe('[Bennu] Your password was changed')

      await choosePassword(page, link, 'yet another password of mine')
      await expect(page.getByText('This link does not work any more')).toBeVisible()
      expect(referers.filter((referer) => referer?.includes('token'))).toEqual([])
    },
  )

  mailTest('an unknown address gets the same words and no mail', async ({ page, mails }) => {
    const email = `${unique('nobody')}@example.com`
    await page.goto('/forgot-password')
    await page.getByLabel('E-mail').fill(email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await expect(page.getByText('a mail with a link is on its way')).toBeVisible()
    expect(mails.mails.filter(({ to }) => to.includes(email))).toEqual([])
  })

  mailTest('a page without a token leads to the sign-in', async ({ page }) => {
    await page.goto('/reset-password-with-token')
    await expect(page).toHaveURL(/\/login$/)
  })

  mailTest(
    'a first admin of the environment is invited, chooses a password and signs in',
    async ({ page, mails }) => {
      const mail = await mails.untilMailTo(FIRST_ADMIN.email)
      expect(mail.parsed.subject).toBe('[Bennu] Welcome to Bennu')
      await choosePassword(page, linkOf(mail, 'reset-url'))
      await signInWith(page, FIRST_ADMIN.email, CHOSEN)
      await expect(projects(page)).toBeVisible()
      await page.goto('/settings/users')
      await expect(page.getByRole('heading', { name: 'Users', level: 1 })).toBeVisible()
    },
  )

  mailTest(
    'a member is invited by mail, and finds projects but no settings of admins',
    async ({ page, browser, signIn, server, mails }) => {
      const name = unique('newcomer')
      const email = `${name}@example.com`
      await signIn()
      await page.goto('/settings/users')
      await page.getByRole('button', { name: 'Add user' }).click()
      const dialog = page.getByRole('dialog', { name: 'Add user' })
      await dialog.getByLabel('E-mail').fill(email)
      await dialog.getByLabel('Username').fill(name)
      await expect(dialog.getByRole('radio', { name: 'Mail a link' })).toBeChecked()
      await dialog.getByRole('button', { name: 'Add user' }).click()
      await expect(page.getByText(`${name} was invited by mail`)).toBeVisible()

      const mail = await mails.untilMailTo(email)
      expect(linkOf(mail, 'welcome-url')).toBe(server.baseUrl)
      const context = await browser.newContext({ baseURL: server.baseUrl })
      const theirs = await context.newPage()
      await choosePassword(theirs, linkOf(mail, 'reset-url'))
      await signInWith(theirs, email, CHOSEN)
      await expect(projects(theirs)).toBeVisible()
      await theirs.goto('/settings/users')
      await expect(theirs).toHaveURL(/\/settings\/general$/)
      await expect(theirs.getByRole('heading', { name: 'Mail' })).toHaveCount(0)
      await context.close()
    },
  )

  mailTest('an admin mails somebody a link from the users', async ({ page, signIn, server, mails }) => {
    const user = await createAccount(server.world, { username: unique('lost') })
    await signIn()
    await page.goto('/settings/users')
    await page.getByRole('searchbox', { name: 'Search the users' }).fill(user.username)
    await page.getByRole('button', { name: `Actions for ${user.username}` }).click()
    await page.getByRole('menuitem', { name: 'Reset password' }).click()
    await page.getByRole('button', { name: 'Mail the link' }).click()
    await expect(page.getByText(`A link was mailed to ${user.username}`)).toBeVisible()
    await choosePassword(page, linkOf(await mails.untilMailTo(user.email as string), 'reset-url'))
    await expect(page.getByText('Your password was changed.')).toBeVisible()
  })

  mailTest('an admin sees how mail is set up and sends a test mail', async ({ page, signIn, mails }) => {
    await signIn()
    await page.goto('/settings/general')
    await expect(page.getByRole('definition').filter({ hasText: 'STARTTLS, or no mail' })).toBeVisible()
    const to = `${unique('test')}@example.com`
    await page.getByLabel('Send a test mail to').fill(to)
    await page.getByRole('button', { name: 'Send test mail' }).click()
    await expect(page.getByText('The mail server took the mail.')).toBeVisible()
    await expectAccessible(page)
    expect((await mails.untilMailTo(to)).parsed.subject).toBe('[Bennu] Test mail')
  })
})

test.describe('without mail', () => {
  test('nobody is offered a mail, and an admin resets the password', async ({
    page,
    browser,
    server,
    signIn,
  }) => {
    const user = await createAccount(server.world, { username: unique('lost') })
    const email = user.email as string
    await page.goto('/login')
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
    await expect(page.getByRole('link', { name: 'Forgot your password?' })).toHaveCount(0)
    await page.goto('/forgot-password')
    await expect(page.getByText('Ask an admin to reset your password')).toBeVisible()

    await signIn()
    await page.goto('/settings/users')
    await page.getByRole('searchbox', { name: 'Search the users' }).fill(user.username)
    await page.getByRole('button', { name: `Actions for ${user.username}` }).click()
    await page.getByRole('menuitem', { name: 'Reset password' }).click()
    await expect(page.getByRole('radio', { name: 'Mail a link' })).toHaveCount(0)
    await page.getByRole('radio', { name: 'Type one' }).check({ force: true })
    await page.getByLabel('Their password').fill('a password for the way back')
    await page.getByRole('button', { name: 'Reset password' }).click()
    await expect(page.getByText(`The password of ${user.username} was set`)).toBeVisible()

    const context = await browser.newContext({ baseURL: server.baseUrl })
    const theirs = await context.newPage()
    await theirs.goto('/login')
    await signInWith(theirs, email, TEST_PASSWORD)
    await expect(theirs.getByText('The e-mail address or the password is wrong.')).toBeVisible()
    await signInWith(theirs, email, 'a password for the way back')
    await expect(theirs.getByText('Choose a password of your own before you go on.')).toBeVisible()
    await context.close()
  })
})

test('admins are told that mail does not work until they put it away, members are not', async ({
  page,
  server,
  signIn,
}) => {
  const { adminNotices } = server.world.db.t
  const at = new Date()
  const sentence = 'Mail does not work. smtp.example.com:587 did not answer in time.'
  await server.world.db.write((tx) =>
    tx.insert(adminNotices).values({ id: 'mail.failed', tone: 'danger', sentence, firstAt: at, lastAt: at }),
  )
  await signIn('ADMIN')
  await page.goto('/projects')
  const strip = page.getByRole('region', { name: 'Notices for admins' })
  await expect(strip).toContainText(sentence)
  await expectAccessible(page)
  await strip.getByRole('button', { name: 'Put this notice away' }).click()
  await expect(strip).toHaveCount(0)
  await page.reload()
  await expect(projects(page)).toBeVisible()
  await expect(strip).toHaveCount(0)

  // A list that asks for news would be refused, and say so.
  await page.goto('about:blank')
  await page.context().clearCookies()
  await signIn('MEMBER')
  const other = await page.context().newPage()
  await other.goto('/projects')
  await expect(projects(other)).toBeVisible()
  await expect(other.getByText('Mail does not work.')).toHaveCount(0)
  await server.world.db.write((tx) => tx.delete(adminNotices))
})
