/** Which parts of Settings somebody may open: asked on the server, so that no page carries the permission table for it. */
import { type Actor, can } from '#server/permissions'
import { SETTINGS_TABS, type SettingsTabId } from './tabs'

/** The parts that somebody may open, in the order of the navigation. */
export function openTabs(actor: Actor): SettingsTabId[] {
  return SETTINGS_TABS.filter((tab) => can(actor, tab.action)).map((tab) => tab.id)
}
