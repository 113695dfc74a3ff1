import type { ReactNode } from 'react'
import { cn } from './cn'

/** What stands where there is nothing yet: what will appear, and the next step. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line px-6 py-12 text-center">
      <div aria-hidden className="text-muted">
        {icon}
      </div>
      <p className="text-base font-medium">{title}</p>
      <div className="max-w-prose text-muted">{children}</div>
      {action && <div className="mt-2">{action}</div>}
    </div>
  )
}

interface EmptyStateProps {
  icon: ReactNode
  title: string
  children: ReactNode
  action?: ReactNode
}

/** A grey bar in the place of text that is on its way. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('skeleton block h-3.5', className)} />
}

/** Wraps skeletons so that a screen reader hears one word instead of nothing. */
export function Loading({
  label,
  children,
  className,
}: {
  label: string
  children: ReactNode
  className?: string
}) {
  return (
    <div role="status" aria-label={label} className={className}>
      {children}
    </div>
  )
}
