import { type ReactNode, useId } from 'react'

interface SectionProps {
  title: string
  /** A sentence below the title. */
  note?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A part of a page under a heading of its own, found by readers by its name. */
export function Section({ title, note, actions, children }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-3 pt-2">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {note && <p className="text-muted">{note}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  )
}
