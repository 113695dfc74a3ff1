import type { ReactNode } from 'react'
import { type Crumb, PageBody, TopLine } from '../shell/page'
import { SettingsStrip } from './settings-strip'
import { SETTINGS_TABS, type SettingsTabId, tabPath } from './tabs'

interface SettingsFrameProps {
  /** The part that is open, and those that could be. */
  tab: SettingsTabId
  tabs: readonly SettingsTabId[]
  /** What is open within the part. */
  crumb?: string
  children: ReactNode
}

/** What stands around every page of Settings. */
export function SettingsFrame({ tab, tabs, crumb, children }: SettingsFrameProps) {
  const label = SETTINGS_TABS.find((entry) => entry.id === tab)?.label ?? ''
  const crumbs: Crumb[] = [
    { label: 'Settings', href: tabPath('general') },
    { label, href: tabPath(tab) },
  ]
  return (
    <>
      <TopLine crumbs={crumb === undefined ? crumbs : [...crumbs, { label: crumb }]} />
      <SettingsStrip tab={tab} tabs={tabs} />
      <PageBody>{children}</PageBody>
    </>
  )
}
