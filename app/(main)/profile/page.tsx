import type { Metadata } from 'next'
import { pageContext } from '#app/_lib/page'
import { AccountSection } from '#components/profile/account-section'
import { OwnKeysSection } from '#components/profile/own-keys-section'
import { PreferencesSection } from '#components/profile/preferences-section'
import { SessionsSection } from '#components/sessions/sessions-section'
import { PageBody, PageHead, TopLine } from '#components/shell/page'
import { can } from '#server/permissions'
import { getOwnProfile } from '#server/users/profile'
import { loadPage } from '../_load'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Profile' }

export default async function ProfilePage() {
  const ctx = await pageContext()
  const { actor, config } = ctx
  // With authentication off there is nobody to be; a key has no page of its own.
  const user = can(actor, 'profile.update') ? await loadPage(ctx, getOwnProfile(ctx)) : null
  const title = user ? 'Profile' : 'Preferences'
  return (
    <>
      <TopLine crumbs={[{ label: title }]} />
      <PageBody>
        <PageHead title={title}>
          {user
            ? 'Your account, where you are signed in, and your keys.'
            : 'How this browser shows the pages.'}
        </PageHead>
        {user && actor.kind === 'session' && (
          <>
            <AccountSection
              account={{
                username: user.username,
                email: user.email,
                role: actor.role,
                authMethod: user.authMethod,
              }}
              canChangePassword={user.authMethod === 'LOCAL' && config.auth.basicAuth}
            />
            <OwnKeysSection role={actor.role} />
            <SessionsSection owner={null} />
          </>
        )}
        <PreferencesSection />
      </PageBody>
    </>
  )
}
