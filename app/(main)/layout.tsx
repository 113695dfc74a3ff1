import type { ReactNode } from 'react'
import { pageContext } from '#app/_lib/page'
import { Shell } from '#components/shell/shell'
import { can } from '#server/permissions'
import { managementUrlFor } from '#server/users/management-link'
import { getOwnProfile } from '#server/users/profile'
import { openTabs } from '../../components/settings/open-tabs'
import { loadPage } from './_load'

export const dynamic = 'force-dynamic'

export default async function MainLayout({ children }: { children: ReactNode }) {
  const ctx = await pageContext()
  // A key that may only send spans learns nothing of its owner here either.
  const user = can(ctx.actor, 'profile.read') ? await loadPage(ctx, getOwnProfile(ctx)) : null
  const account = user && {
    username: user.username,
    email: user.email,
    managementUrl: managementUrlFor(ctx.config, user),
  }
  return (
    <Shell account={account} settings={openTabs(ctx.actor)}>
      {children}
    </Shell>
  )
}
