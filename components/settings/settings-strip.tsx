'use client'
import { useCallback } from 'react'
import { Link } from '../ui/link'
import { SETTINGS_TABS, type SettingsTabId, tabPath } from './tabs'

/** The parts of Settings beside each other, for screens that have no rail. */
export function SettingsStrip({ tab, tabs }: { tab: SettingsTabId; tabs: readonly SettingsTabId[] }) {
  // On a telephone the later parts lie beyond the edge: the open one comes into view.
  const show = useCallback(
    (link: HTMLAnchorElement | null) => link?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
    [],
  )
  return (
    <nav aria-label="Settings" className="shrink-0 overflow-x-auto border-b border-line md:hidden">
      <ul className="flex gap-4 px-4">
        {SETTINGS_TABS.filter((entry) => tabs.includes(entry.id)).map((entry) => (
          <li key={entry.id}>
            <Link
              href={tabPath(entry.id)}
              ref={entry.id === tab ? show : undefined}
              aria-current={entry.id === tab ? 'page' : undefined}
              className="-mb-px flex h-10 scroll-mx-4 items-center border-b-2 border-transparent whitespace-nowrap text-muted outline-offset-[-2px] aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-text"
            >
              {entry.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
