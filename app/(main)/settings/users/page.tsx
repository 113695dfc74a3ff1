import type { Metadata } from 'next'
import { publicConfig } from '#app/_lib/page'
import { SettingsFrame } from '#components/settings/settings-frame'
import { UsersView } from '#components/users/users-view'
import { can } from '#server/permissions'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Users' }

export default async function UsersPage() {
  const { ctx, tabs } = await settingsPage('users')
  const { passwordMinLength, strongPasswords, basicAuth, mailEnabled } = await publicConfig()
  return (
    <SettingsFrame tab="users" tabs={tabs}>
      <UsersView
        policy={{ minLength: passwordMinLength, strong: strongPasswords, mail: mailEnabled }}
        canAdd={basicAuth && can(ctx.actor, 'user.create')}
      />
    </SettingsFrame>
  )
}
