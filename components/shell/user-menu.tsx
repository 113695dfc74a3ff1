'use client'
import { ChevronsUpDown } from 'lucide-react'
import dynamic from 'next/dynamic'
import { Avatar } from '../ui/avatar'
import { Button } from '../ui/button'
import { useMenu } from '../ui/use-menu'

const load = () => import('./account-menu')
const AccountMenu = dynamic(() => load().then((m) => m.AccountMenu))

/** Who is signed in. */
export interface Account {
  username: string
  email: string | null
  /** Where the operator manages the server, for those whom it concerns. */
  managementUrl: string | null
}

/** The account at the foot of the navigation, which opens the ways from it. */
export function UserMenu({ account }: { account: Account }) {
  const { username, email, managementUrl } = account
  const { isOpen, close, trigger, button } = useMenu(load)
  return (
    <>
      <Button
        {...button}
        variant="quiet"
        title={email ?? username}
        className="h-11 w-full justify-start gap-2 px-2 text-left rail-icons:md:justify-center rail-icons:md:px-0"
      >
        <Avatar name={username} size="sm" />
        <span className="sr-only">Account</span>
        <span className="min-w-0 grow rail-icons:md:sr-only">
          <span className="block truncate text-text">{username}</span>
          {email && <span className="block truncate text-xs font-normal text-muted">{email}</span>}
        </span>
        <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 rail-icons:md:hidden" />
      </Button>
      {isOpen && <AccountMenu managementUrl={managementUrl} trigger={trigger} onClose={close} />}
    </>
  )
}
