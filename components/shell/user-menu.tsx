'use client'
import { ChevronsUpDown, CircleUserRound, ExternalLink, LogOut, Settings } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { withRoot } from '../root-path'
import { Avatar } from '../ui/avatar'
import { cn } from '../ui/cn'
import { type MenuAction, MenuButton } from '../ui/menu'

/** Who is signed in. */
export interface Account {
  username: string
  email: string | null
  /** Where the operator manages the server, for those whom it concerns. */
  managementUrl: string | null
}

/** The account at the foot of the navigation: to the profile, to the settings, out. */
export function UserMenu({ account }: { account: Account }) {
  const router = useRouter()
  const { username, email, managementUrl } = account
  const actions: MenuAction[] = [
    {
      id: 'profile',
      label: 'Profile',
      icon: <CircleUserRound className="size-4" />,
      onSelect: () => router.push('/profile'),
    },
    {
      id: 'settings',
      label: 'Settings',
      icon: <Settings className="size-4" />,
      onSelect: () => router.push('/settings/general'),
    },
    ...(managementUrl ? [management(managementUrl)] : []),
    {
      id: 'sign-out',
      label: 'Sign out',
      icon: <LogOut className="size-4" />,
      // Not the router: the route ends the session and redirects.
      onSelect: () => location.assign(withRoot('/auth/logout')),
    },
  ]
  return (
    <MenuButton
      label={`Account ${username}`}
      actions={actions}
      variant="quiet"
      title={email ?? username}
      className={cn(
        'h-11 w-full justify-start gap-2 px-2 text-left',
        'rail-icons:md:justify-center rail-icons:md:px-0',
      )}
    >
      <Avatar name={username} size="sm" />
      <span className="sr-only">Account</span>
      <span className="min-w-0 grow rail-icons:md:sr-only">
        <span className="block truncate text-text">{username}</span>
        {email && <span className="block truncate text-xs font-normal text-muted">{email}</span>}
      </span>
      <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 rail-icons:md:hidden" />
    </MenuButton>
  )
}

function management(url: string): MenuAction {
  return {
    id: 'management',
    label: 'Manage this server',
    icon: <ExternalLink className="size-4" />,
    onSelect: () => void open(url, '_blank', 'noopener'),
  }
}
