import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cn } from './cn'

const TONES = {
  info: { box: 'border-line bg-raised text-text', mark: 'text-accent', Icon: Info },
  ok: { box: 'border-line bg-ok-soft text-text', mark: 'text-ok', Icon: CircleCheck },
  warn: { box: 'border-line bg-warn-soft text-text', mark: 'text-warn', Icon: TriangleAlert },
  danger: { box: 'border-line bg-danger-soft text-text', mark: 'text-danger', Icon: CircleAlert },
} as const

interface NoticeProps {
  tone?: keyof typeof TONES
  children: ReactNode
  action?: ReactNode
  className?: string
}

/** A message in the page. Failures interrupt a screen reader, the rest waits its turn. */
export function Notice({ tone = 'info', children, action, className }: NoticeProps) {
  const { box, mark, Icon } = TONES[tone]
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={cn(
        'flex min-w-0 items-start gap-2 rounded-md has-[button]:flex-wrap border px-3 py-2',
        box,
        className,
      )}
    >
      <Icon aria-hidden className={cn('mt-0.5 size-4 shrink-0', mark)} />
      <div className="min-w-0 grow basis-60 wrap-break-word">{children}</div>
      {action}
    </div>
  )
}
