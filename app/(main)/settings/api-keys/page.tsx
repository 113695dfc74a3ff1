import type { Metadata } from 'next'
import { KeysView } from '#components/api-keys/keys-view'
import { SettingsFrame } from '#components/settings/settings-frame'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'API keys' }

export default async function ApiKeysPage() {
  const { tabs } = await settingsPage('api-keys')
  return (
    <SettingsFrame tab="api-keys" tabs={tabs}>
      <KeysView />
    </SettingsFrame>
  )
}
