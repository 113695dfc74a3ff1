'use client'
import { Activity, PanelLeft, SlidersHorizontal } from 'lucide-react'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { SETTINGS_TABS, type SettingsTabId, tabPath } from '../settings/tabs'
import { Brand } from '../ui/brand'
import { Button } from '../ui/button'
import { cn } from '../ui/cn'
import { Link } from '../ui/link'
import { toggleRail } from './theme'
import { ThemeSwitch } from './theme-switch'
import { type Account, UserMenu } from './user-menu'

export interface NavProps {
  /** Null with authentication off. */
  account: Account | null
  /** The parts of Settings that this person may open. */
  settings: readonly SettingsTabId[]
  /** In the rail, which may be as narrow as its icons, or in the sheet of small screens. */
  place: 'rail' | 'sheet'
}

// Hidden while the rail shows icons alone (see BOOT_SCRIPT in theme.ts).
const WORD = 'rail-icons:md:sr-only'

/** The ways through the app, and the account at the foot. */
export function Nav({ account, settings, place }: NavProps) {
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
        {settings.length > 0 && (
          <>
            <p className={cn('px-2 pt-4 pb-1 text-xs text-muted', WORD)}>Settings</p>
            {SETTINGS_TABS.filter((tab) => settings.includes(tab.id)).map(({ id, label, icon: Icon }) => (
              <NavLink key={id} href={tabPath(id)} icon={<Icon className="size-4" />}>
                {label}
              </NavLink>
            ))}
          </>
        )}
      </nav>
      <div className="mt-auto flex flex-col gap-2 pt-2">
        <div className="px-1 rail-icons:md:hidden">
          <ThemeSwitch />
        </div>
        {account ? (
          <UserMenu account={account} />
        ) : (
          <NavLink href="/profile" icon={<SlidersHorizontal className="size-4" />}>
            Preferences
          </NavLink>
        )}
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
