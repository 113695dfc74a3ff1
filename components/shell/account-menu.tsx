'use client'
import { CircleUserRound, ExternalLink, LogOut, Settings } from 'lucide-react'
import { useRouter } from 'next/navigation'
import type { RefObject } from 'react'
import { leaveTo } from '../api'
import type { MenuAction } from '../ui/menu'
import { MenuPopover } from '../ui/menu-popover'

interface AccountMenuProps {
  managementUrl: string | null
  trigger: RefObject<HTMLElement | null>
  onClose: () => void
}

/** Where the account at the foot of the navigation leads: the profile, the settings, out. */
export function AccountMenu({ managementUrl, trigger, onClose }: AccountMenuProps) {
  const router = useRouter()
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
      onSelect: () => leaveTo('/auth/logout'),
    },
  ]
  return <MenuPopover label="Account" actions={actions} trigger={trigger} onClose={onClose} />
}

function management(url: string): MenuAction {
  return {
    id: 'management',
    label: 'Manage this server',
    icon: <ExternalLink className="size-4" />,
    onSelect: () => void open(url, '_blank', 'noopener'),
  }
}
