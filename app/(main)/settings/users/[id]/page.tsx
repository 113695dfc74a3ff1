import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { publicConfig } from '#app/_lib/page'
import { SettingsFrame } from '#components/settings/settings-frame'
import { UserView } from '#components/users/user-view'
import { decodeGlobalId } from '#server/global-id'
import { getUserDetail } from '#server/users/list'
import { decodeSegment, loadPage } from '../../../_load'
import { settingsPage } from '../../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'User' }

export default async function UserPage({ params }: { params: Promise<{ id: string }> }) {
  const { ctx, tabs } = await settingsPage('users')
  const id = decodeGlobalId(decodeSegment((await params).id))
  if (id?.type !== 'User') notFound()
  const user = await loadPage(ctx, getUserDetail(ctx, id.rowId))
  const { passwordMinLength, strongPasswords, mailEnabled } = await publicConfig()
  return (
    <SettingsFrame tab="users" tabs={tabs} crumb={user.username}>
      <UserView
        user={user}
        policy={{ minLength: passwordMinLength, strong: strongPasswords, mail: mailEnabled }}
      />
    </SettingsFrame>
  )
}
