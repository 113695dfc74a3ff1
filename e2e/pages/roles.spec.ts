/** What a page does not offer to those who may not use it. */
import { asc, eq } from 'drizzle-orm'
import { ensureProject } from '../../test/traces'
import { expect, test } from '../support/fixtures'
import { untilAddressShown } from '../support/script'
import { type BennuServer, startServer } from '../support/server'

/** The rights that people on these pages were refused, as the audit log has them. */
async function refusedRights({ world }: BennuServer): Promise<(string | null)[]> {
  const { auditEvents: t } = world.db.t
  const rows = await world.db.read
    .select({ target: t.target })
    .from(t)
    .where(eq(t.action, 'permission.refuse'))
    .orderBy(asc(t.id))
  return rows.map(({ target }) => target)
}

test.describe('a member', () => {
  test('finds the general settings alone, and is led back from the rest and on record for it', async ({
    page,
    server,
    signIn,
  }) => {
    const before = (await refusedRights(server)).length
    const refused = async () => (await refusedRights(server)).slice(before)
    await signIn('MEMBER')
    await page.goto('/projects')
    const main = page.getByRole('navigation', { name: 'Main' })
    await expect(main.getByRole('link', { name: 'General' })).toBeVisible()
    await expect(main.getByRole('link', { name: 'API keys' })).toHaveCount(0)
    await expect(main.getByRole('link', { name: 'Users' })).toHaveCount(0)
    for (const path of ['/profile', '/settings']) await page.goto(path)
    expect(await refused()).toEqual([])
    for (const path of [
      '/settings/api-keys',
      '/settings/secrets',
      '/settings/users',
      `/settings/users/${btoa('User:2')}`,
    ]) {
      await page.goto(path)
      await expect(page, path).toHaveURL(/\/settings\/general$/)
    }
    await expect(page.getByText('bennu.db')).toHaveCount(0)
    await expect
      .poll(refused)
      .toEqual(['Permission:systemApiKey.list', 'Permission:secret.list', 'Permission:user.list'])
  })

  test('may make a key of their own for a first trace', async ({ page, server, signIn }) => {
    await server.world.db.write((tx) => ensureProject(server.world, tx, 'of-a-member'))
    await signIn('MEMBER')
    await page.goto('/projects/of-a-member')
    await untilAddressShown(page, server.baseUrl)
    await page.getByRole('button', { name: 'Create a key' }).click()
    await expect(page.getByText('stands in the program below')).toBeVisible()
  })
})

test('a viewer is told to ask for a key', async ({ page, server, signIn }) => {
  await server.world.db.write((tx) => ensureProject(server.world, tx, 'of-a-viewer'))
  await signIn('VIEWER')
  await page.goto('/projects/of-a-viewer')
  await expect(page.getByText('an admin can make one')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Create a key' })).toHaveCount(0)
})

test.describe('signing out', () => {
  // The list asks for news by itself, and may do so once more.
  test.use({ expectedComplaint: /status of 401/ })
  test('ends the session', async ({ page, signIn }) => {
    await signIn()
    await page.goto('/projects')
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await expect(page).toHaveURL(/\/login/)
    await page.goto('/projects')
    await expect(page).toHaveURL('/login?returnUrl=%2Fprojects')
  })
})

test.describe('with authentication off', () => {
  test.use({ expectedComplaint: /status of 404/ })
  test('the pages of accounts and keys are absent and no key is asked for', async ({ page, engine }) => {
    test.setTimeout(120_000)
    const open = await startServer({ engine, env: {} })
    try {
      await page.goto(`${open.baseUrl}/projects/default`)
      await expect(page.getByText('Waiting for traces')).toBeVisible()
      await expect(page.getByText('This server asks for an API key')).toHaveCount(0)
      await expect(page.getByRole('link', { name: 'API keys' })).toHaveCount(0)
      await expect(page.getByRole('button', { name: /^Account/ })).toHaveCount(0)
      for (const path of ['/login', '/reset-password']) {
        const answer = await page.goto(`${open.baseUrl}${path}`)
        expect(answer?.status(), path).toBe(404)
      }
      for (const path of ['/settings/api-keys', '/settings/users']) {
        await page.goto(`${open.baseUrl}${path}`)
        await expect(page, path).toHaveURL(`${open.baseUrl}/settings/general`)
      }
      await expect(page.getByText('PHOENIX_ENABLE_AUTH=true')).toBeVisible()
      await page.getByRole('link', { name: 'Preferences' }).click()
      await expect(page.getByRole('heading', { name: 'Preferences', level: 1 })).toBeVisible()
      await expect(page.getByRole('heading', { name: 'Sessions' })).toHaveCount(0)
      await expect(page.getByRole('heading', { name: 'API keys' })).toHaveCount(0)
    } finally {
      await open.stop()
    }
  })
})
