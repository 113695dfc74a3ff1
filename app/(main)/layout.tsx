import type { ReactNode } from 'react'
import { pageContext } from '#app/_lib/page'
import { Notices } from '#components/shell/notices'
import { Shell } from '#components/shell/shell'
import { listNotices } from '#server/notices/notices'
import { can } from '#server/permissions'
import { managementUrlFor } from '#server/users/management-link'
import { getOwnProfile } from '#server/users/profile'
import { openTabs } from '../../components/settings/open-tabs'
import { loadPage } from './_load'

export const dynamic = 'force-dynamic'

export default async function MainLayout({ children }: { children: ReactNode }) {
  const ctx = await pageContext()
  const loading = Promise.all([
    // A key that may only send spans learns nothing of its owner here either.
    can(ctx.actor, 'profile.read') ? getOwnProfile(ctx) : null,
    // Only those who can mend what is wrong hear of it, and load what shows it.
    can(ctx.actor, 'notice.list') ? listNotices(ctx) : null,
  ])
  const [user, notices] = await loadPage(ctx, loading)
  const account = user && {
    username: user.username,
    email: user.email,
    managementUrl: managementUrlFor(ctx.config, user),
  }
  return (
    <Shell
      account={account}
      settings={openTabs(ctx.actor)}
      notices={notices && <Notices initial={notices} />}
    >
      {children}
    </Shell>
  )
}
