import type { Metadata } from 'next'
import { SettingsFrame } from '#components/settings/settings-frame'
import { ExplainView } from '#components/sign-in/explain-view'
import { explainSignIns } from '#server/sso-providers/settings'
import { decodeSegment, loadPage, requirePermission } from '../../../_load'
import { settingsPage } from '../../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Why this role' }

export default async function ExplainPage({ params }: { params: Promise<{ name: string }> }) {
  const { ctx, tabs } = await settingsPage('sign-in')
  requirePermission(ctx, 'signInProvider.explain')
  const { provider } = await loadPage(ctx, explainSignIns(ctx, decodeSegment((await params).name)))
  return (
    <SettingsFrame tab="sign-in" tabs={tabs} crumb={provider.displayName}>
      <ExplainView name={provider.name} displayName={provider.displayName} />
    </SettingsFrame>
  )
}
