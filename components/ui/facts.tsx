import type { ReactNode } from 'react'

/** Names and values below each other: what is known of one thing. */
export function Facts({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <dl
      aria-label={label}
      className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface"
    >
      {children}
    </dl>
  )
}

/** One line of Facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2.5">
      <dt className="w-40 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 grow basis-56 wrap-anywhere">{children}</dd>
    </div>
  )
}
