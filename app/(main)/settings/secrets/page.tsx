import type { Metadata } from 'next'
import { SecretsView } from '#components/secrets/secrets-view'
import { SettingsFrame } from '#components/settings/settings-frame'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Secrets' }

export default async function SecretsPage() {
  const { tabs } = await settingsPage('secrets')
  return (
    <SettingsFrame tab="secrets" tabs={tabs}>
      <SecretsView />
    </SettingsFrame>
  )
}
