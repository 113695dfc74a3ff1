import type { ReactNode } from 'react'
import { cn } from '../ui/cn'
import { CopyButton } from '../ui/copy-button'

interface CardProps {
  title: ReactNode
  /** What the copy button copies; none without it. */
  copy?: string | (() => string)
  copyLabel?: string
  aside?: ReactNode
  /** The answer of a model: the one card that stands out. */
  isAccent?: boolean
  children?: ReactNode
}

/** One thing a span holds, with copy. */
export function Card({ title, copy, copyLabel, aside, isAccent, children }: CardProps) {
  return (
    <section
      className={cn(
        'min-w-0 rounded-lg border bg-surface px-4 py-2.5',
        isAccent ? 'border-accent' : 'border-line',
      )}
    >
      <div className="flex min-h-7 items-center gap-2">
        <h3
          className={cn(
            'flex min-w-0 grow items-center gap-2 font-medium',
            isAccent ? 'text-accent' : 'text-muted',
          )}
        >
          {title}
        </h3>
        {aside && <span className="min-w-0 truncate text-xs text-muted">{aside}</span>}
        {copy !== undefined && (
          <CopyButton text={copy} label={`Copy ${copyLabel ?? 'text'}`} className="-mr-2" />
        )}
      </div>
      {children && <div className="pt-1 pb-1.5">{children}</div>}
    </section>
  )
}
