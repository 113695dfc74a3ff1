'use client'
import { Activity, CircleUserRound, KeyRound, LogOut, PanelLeft } from 'lucide-react'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { withRoot } from '../root-path'
import { Brand } from '../ui/brand'
import { Button } from '../ui/button'
import { cn } from '../ui/cn'
import { Link } from '../ui/link'
import { toggleRail } from './theme'
import { ThemeSwitch } from './theme-switch'

/** Who is signed in; null with authentication off. */
export interface Account {
  username: string
  email: string | null
}

export interface NavProps {
  account: Account | null
  canSeeKeys: boolean
  /** In the rail, which may be as narrow as its icons, or in the sheet of small screens. */
  place: 'rail' | 'sheet'
}

// Hidden while the rail shows icons alone (see BOOT_SCRIPT in theme.ts).
const WORD = 'rail-icons:md:sr-only'

/** The ways through the app, and the account at the foot. */
export function Nav({ account, canSeeKeys, place }: NavProps) {
  return (
    <div className="flex h-full flex-col gap-1 p-2">
      <div className="mb-2 flex h-10 items-center justify-between gap-2 px-2 rail-icons:md:flex-col rail-icons:md:h-auto rail-icons:md:px-0">
        <Link href="/projects" className="rounded-sm rail-icons:md:w-5 rail-icons:md:overflow-hidden">
          <Brand />
        </Link>
        {place === 'rail' && (
          <Button
            variant="quiet"
            size="iconSm"
            aria-label="Collapse or expand the navigation"
            onPress={toggleRail}
            icon={<PanelLeft className="size-4" />}
          />
        )}
      </div>
      <nav aria-label="Main" className="flex flex-col gap-0.5">
        <NavLink href="/projects" icon={<Activity className="size-4" />}>
          Projects
        </NavLink>
        {canSeeKeys && (
          <>
            <p className={cn('px-2 pt-4 pb-1 text-xs text-muted', WORD)}>Settings</p>
            <NavLink href="/settings/api-keys" icon={<KeyRound className="size-4" />}>
              API keys
            </NavLink>
          </>
        )}
      </nav>
      <div className="mt-auto flex flex-col gap-2 pt-2">
        <div className="px-1 rail-icons:md:hidden">
          <ThemeSwitch />
        </div>
        {account && <AccountLine account={account} />}
      </div>
    </div>
  )
}

function NavLink({ href, icon, children }: { href: string; icon: ReactNode; children: string }) {
  const path = usePathname()
  const isHere = path === href || path.startsWith(`${href}/`)
  return (
    <Link
      href={href}
      title={children}
      aria-current={isHere ? 'page' : undefined}
      className={cn(
        'flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-raised hover:text-text rail-icons:md:justify-center',
        'aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-text',
      )}
    >
      {icon}
      <span className={WORD}>{children}</span>
    </Link>
  )
}

function AccountLine({ account }: { account: Account }) {
  const name = account.email ?? account.username
  return (
    <div className="flex h-9 min-w-0 items-center gap-2 px-2 text-muted rail-icons:md:justify-center rail-icons:md:px-0">
      <CircleUserRound aria-hidden className="size-4 shrink-0 rail-icons:md:hidden" />
      <span className={cn('min-w-0 grow truncate', WORD)} title={name}>
        {name}
      </span>
      {/* A plain link: the route ends the session and redirects. */}
      <a
        href={withRoot('/auth/logout')}
        title="Sign out"
        aria-label="Sign out"
        className="flex size-7 shrink-0 items-center justify-center rounded-md hover:bg-raised hover:text-text"
      >
        <LogOut aria-hidden className="size-4" />
      </a>
    </div>
  )
}
