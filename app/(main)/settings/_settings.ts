/** How every page of Settings begins. */
import { notFound, redirect } from 'next/navigation'
import { pageContext } from '#app/_lib/page'
import { noteDenied } from '#server/audit/denied'
import type { Ctx } from '#server/context'
import { openTabs } from '../../../components/settings/open-tabs'
import { SETTINGS_TABS, type SettingsTabId, tabPath } from '../../../components/settings/tabs'

/**
 * The context of a part of Settings, and the parts that this person may open. Whoever may not open this one is led back
 * to the general part, and on record for it; whoever may open none finds nothing here.
 */
export async function settingsPage(tab: SettingsTabId): Promise<{ ctx: Ctx; tabs: SettingsTabId[] }> {
  const ctx = await pageContext()
  const tabs = openTabs(ctx.actor)
  const [first] = tabs
  if (first === undefined) notFound()
  if (tabs.includes(tab)) return { ctx, tabs }
  const asked = SETTINGS_TABS.find(({ id }) => id === tab)
  if (asked) noteDenied(ctx, asked.action)
  redirect(tabPath(first))
}
