import type { Metadata } from 'next'
import { GeneralView } from '#components/settings/general-view'
import { SettingsFrame } from '#components/settings/settings-frame'
import { getGeneralSettings } from '#server/settings/general'
import { loadPage } from '../../_load'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'General settings' }

export default async function GeneralPage() {
  const { ctx, tabs } = await settingsPage('general')
  const settings = await loadPage(ctx, getGeneralSettings(ctx))
  return (
    <SettingsFrame tab="general" tabs={tabs}>
      <GeneralView settings={settings} />
    </SettingsFrame>
  )
}
