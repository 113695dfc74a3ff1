/** Many tabs whose session must be renewed at the same moment: the server lets one refresh token work once. */

import type { BrowserContext } from '@playwright/test'
import { eq } from 'drizzle-orm'
import { expect, test } from '../support/fixtures'
import type { World } from '../support/server'

async function openTabs(context: BrowserContext, world: World): Promise<void> {
  // As when the browser was closed for a while: the access cookie is gone, the refresh cookie is there.
  await context.clearCookies({ name: 'phoenix-access-token' })
  const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()))
  await Promise.all(tabs.map((tab) => tab.goto('/settings/general')))
  for (const tab of tabs) await expect(tab).toHaveURL(/\/settings\/general$/)
  const { auditEvents: t } = world.db.t
  const reused = await world.db.read.select().from(t).where(eq(t.reason, 'reused'))
  expect(reused).toEqual([])
}

test('all tabs of a browser stay signed in', async ({ context, server, signIn }) => {
  await signIn()
  await openTabs(context, server.world)
})

test('all tabs stay signed in where the browser has no locks, over plain http', async ({
  context,
  server,
  signIn,
}) => {
  await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }))
  await signIn()
  await openTabs(context, server.world)
})
