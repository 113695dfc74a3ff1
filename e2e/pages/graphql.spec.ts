/** The explorer at /graphql, under a policy of its own, and the way to it. */
import { expect, test } from '../support/fixtures'
import { untilExplorerReady } from '../support/script'
import { startServer } from '../support/server'

test('a signed-in person asks a query, and nothing is fetched from elsewhere', async ({
  page,
  server,
  signIn,
}) => {
  await signIn('VIEWER')
  const foreign: string[] = []
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== server.baseUrl) foreign.push(request.url())
  })
  await page.goto('/graphql')
  await expect(page).toHaveTitle('GraphQL · Bennu')
  await untilExplorerReady(page)
  await page.getByRole('button', { name: /Execute query/ }).click()
  await expect(
    page.getByRole('region', { name: 'Result Window' }).or(page.locator('.result-window')),
  ).toContainText('"VIEWER"')
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  await expect(page.getByText('A GraphQL schema provides a root type')).toBeVisible()
  expect(foreign).toEqual([])
})

test.describe('without a live session', () => {
  test.use({ expectedComplaint: /status of 401/ })
  test('the page leads to the sign-in and back', async ({ page }) => {
    await page.goto('/graphql')
    await expect(page).toHaveURL(/\/login\?returnUrl=%2Fgraphql$/)
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  })

  test('a session that has run out is renewed at the next query', async ({ page, context, signIn }) => {
    await signIn('VIEWER')
    // The explorer asks for the schema by itself: that has to be over.
    const schema = page.waitForResponse(
      (response) => response.request().method() === 'POST' && response.url().endsWith('/graphql'),
    )
    await page.goto('/graphql')
    await schema
    await untilExplorerReady(page)
    await context.clearCookies({ name: 'phoenix-access-token' })
    await page.getByRole('button', { name: /Execute query/ }).click()
    await expect(page.locator('.result-window')).toContainText('"VIEWER"')
  })
})

test('it works below a path prefix, and while authentication is off', async ({ page, engine }) => {
  test.setTimeout(120_000)
  const server = await startServer({ engine, env: { PHOENIX_HOST_ROOT_PATH: '/a/b' } })
  try {
    await page.goto(`${new URL(server.baseUrl).origin}/a/b/graphql`)
    await untilExplorerReady(page)
    await page.getByRole('button', { name: /Execute query/ }).click()
    await expect(page.locator('.result-window')).toContainText('"viewer": null')
    await expect(page.getByRole('link', { name: 'Bennu' })).toHaveAttribute('href', '/a/b/')
  } finally {
    await server.stop()
  }
})
