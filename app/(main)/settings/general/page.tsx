import type { Metadata } from 'next'
import { GeneralMail } from '#components/settings/general-mail'
import { GeneralView } from '#components/settings/general-view'
import { SettingsFrame } from '#components/settings/settings-frame'
import { getMailState } from '#server/mail/state'
import { can } from '#server/permissions'
import { getGeneralSettings } from '#server/settings/general'
import { loadPage } from '../../_load'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'General settings' }

export default async function GeneralPage() {
  const { ctx, tabs } = await settingsPage('general')
  const settings = await loadPage(ctx, getGeneralSettings(ctx))
  const mail = can(ctx.actor, 'mail.read') ? await loadPage(ctx, getMailState(ctx)) : null
  return (
    <SettingsFrame tab="general" tabs={tabs}>
      <GeneralView settings={settings} />
      {mail && <GeneralMail initial={mail} />}
    </SettingsFrame>
  )
}
