/**
 * The parts of Settings. One entry here, and a page at its address that starts with `settingsPage`, make a further part:
 * the navigation, the strip of small screens and the way back from a forbidden one follow from this list.
 */
import { Info, KeyRound, LogIn, type LucideIcon, ScrollText, Users, Vault } from 'lucide-react'
import type { Action } from '#server/permissions'

interface SettingsTab {
  /** Its address below /settings. */
  id: string
  label: string
  icon: LucideIcon
  /** Who may not do this does not see the part. */
  action: Action
}

export const SETTINGS_TABS = [
  { id: 'general', label: 'General', icon: Info, action: 'settings.read' },
  { id: 'users', label: 'Users', icon: Users, action: 'user.list' },
  { id: 'sign-in', label: 'Sign-in', icon: LogIn, action: 'signInProvider.list' },
  { id: 'api-keys', label: 'API keys', icon: KeyRound, action: 'systemApiKey.list' },
  { id: 'secrets', label: 'Secrets', icon: Vault, action: 'secret.list' },
  { id: 'audit', label: 'Audit log', icon: ScrollText, action: 'audit.read' },
] as const satisfies readonly SettingsTab[]

export type SettingsTabId = (typeof SETTINGS_TABS)[number]['id']

/** The address of a part. */
export const tabPath = (id: SettingsTabId): string => `/settings/${id}`
