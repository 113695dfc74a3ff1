import type { Metadata } from 'next'
import { SettingsFrame } from '#components/settings/settings-frame'
import { SignInView } from '#components/sign-in/sign-in-view'
import { settingsPage } from '../_settings'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Sign-in' }

export default async function SignInSettingsPage() {
  const { tabs } = await settingsPage('sign-in')
  return (
    <SettingsFrame tab="sign-in" tabs={tabs}>
      <SignInView />
    </SettingsFrame>
  )
}
