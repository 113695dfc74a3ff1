import type { ReactNode } from 'react'
import { cn } from '../ui/cn'
import { Link } from '../ui/link'

export interface Crumb {
  label: string
  href?: string
}

interface TopLineProps {
  /** From the outermost to this page. */
  crumbs: Crumb[]
  /** True where the last crumb is the page's heading. */
  heading?: boolean
  /** What the way is called. */
  label?: string
  children?: ReactNode
}

/** Where one is, and what can be done with the page as a whole. */
export function TopLine({ crumbs, heading, label = 'Breadcrumb', children }: TopLineProps) {
  return (
    <div className="flex min-h-12 shrink-0 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 sm:px-5">
      <nav aria-label={label} className="min-w-0 max-w-full grow basis-40">
        <ol className="flex min-w-0 items-center gap-2">
          {crumbs.map((crumb, index) => (
            <CrumbItem
              key={`${crumb.href}${crumb.label}`}
              crumb={crumb}
              isLast={index === crumbs.length - 1}
              heading={heading}
            />
          ))}
        </ol>
      </nav>
      {children && <div className="flex items-center gap-2">{children}</div>}
    </div>
  )
}

function CrumbItem({
  crumb,
  isLast,
  heading,
}: {
  crumb: Crumb
  isLast: boolean
  heading: boolean | undefined
}) {
  const name = <span className="block truncate">{crumb.label}</span>
  const Name = isLast && heading ? 'h1' : 'span'
  return (
    <li
      className={cn(
        'flex min-w-0 items-center gap-2',
        // What is short is shown whole, what is long keeps its beginning.
        !isLast && (crumb.label.length > 9 ? 'min-w-14 max-w-48 shrink-[2] max-sm:max-w-24' : 'shrink-0'),
      )}
    >
      {isLast || !crumb.href ? (
        <Name
          title={crumb.label}
          aria-current={isLast ? 'page' : undefined}
          className={cn('min-w-0', isLast ? 'font-medium' : 'text-muted')}
        >
          {name}
        </Name>
      ) : (
        <Link href={crumb.href} title={crumb.label} className="min-w-0 rounded-sm text-muted hover:text-text">
          {name}
        </Link>
      )}
      {!isLast && (
        <span aria-hidden className="text-muted">
          /
        </span>
      )}
    </li>
  )
}

/** The scrolling body of an ordinary page. */
export function PageBody({ children }: { children: ReactNode }) {
  return (
    <main id="content" tabIndex={-1} className="relative min-h-0 grow overflow-y-auto outline-none">
      <div className="mx-auto flex w-full max-w-6xl flex-col gap-4 px-4 py-6 sm:px-5">{children}</div>
    </main>
  )
}

interface PageHeadProps {
  title: string
  children?: ReactNode
  actions?: ReactNode
}

/** The one heading of a page, a sentence, and its primary action. */
export function PageHead({ title, children, actions }: PageHeadProps) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-3">
      <div className="min-w-0">
        <h1 className="text-xl font-semibold wrap-anywhere">{title}</h1>
        {children && <p className="text-muted">{children}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  )
}
