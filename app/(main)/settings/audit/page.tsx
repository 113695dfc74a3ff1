import type { Metadata } from 'next'
import { AuditView } from '#components/audit/audit-view'
import { SettingsFrame } from '#components/settings/settings-frame'
import { can } from '#server/permissions'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Audit log' }

export default async function AuditPage() {
  const { ctx, tabs } = await settingsPage('audit')
  return (
    <SettingsFrame tab="audit" tabs={tabs}>
      <AuditView canExport={can(ctx.actor, 'audit.export')} />
    </SettingsFrame>
  )
}
