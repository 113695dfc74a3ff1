import type { ReactNode } from 'react'
import { Nav, type NavProps } from './nav'
import { NavSheet } from './nav-sheet'

interface ShellProps extends Omit<NavProps, 'place'> {
  /** What stands above every page. */
  notices: ReactNode
  children: ReactNode
}

/** Rail and content. Below 768 px the rail is a sheet, opened from the top line. */
export function Shell({ children, notices, ...nav }: ShellProps) {
  return (
    <div className="flex h-dvh">
      <a
        href="#content"
        className="sr-only rounded-md bg-surface px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        Skip to content
      </a>
      <aside className="hidden w-56 shrink-0 border-r border-line md:block rail-icons:w-14">
        <Nav {...nav} place="rail" />
      </aside>
      <div className="flex min-w-0 grow flex-col">
        <NavSheet {...nav} />
        {notices}
        {children}
      </div>
    </div>
  )
}
