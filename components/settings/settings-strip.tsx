import { Link } from '../ui/link'
import { SETTINGS_TABS, type SettingsTabId, tabPath } from './tabs'

/** The parts of Settings beside each other, for screens that have no rail. */
export function SettingsStrip({ tab, tabs }: { tab: SettingsTabId; tabs: readonly SettingsTabId[] }) {
  return (
    <nav aria-label="Settings" className="shrink-0 overflow-x-auto border-b border-line md:hidden">
      <ul className="flex gap-5 px-4">
        {SETTINGS_TABS.filter((entry) => tabs.includes(entry.id)).map((entry) => (
          <li key={entry.id}>
            <Link
              href={tabPath(entry.id)}
              aria-current={entry.id === tab ? 'page' : undefined}
              className="-mb-px flex h-10 items-center border-b-2 border-transparent whitespace-nowrap text-muted outline-offset-[-2px] aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-text"
            >
              {entry.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
