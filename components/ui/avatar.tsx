import { cn } from './cn'
import { initialsOf, tintOf } from './initials'

// Not the colours of states: nobody is a failure because of their name.
const TINTS = [
  'bg-accent-soft text-accent',
  'bg-raised text-kind-agent',
  'bg-raised text-kind-retriever',
  'bg-raised text-kind-tool',
  'bg-raised text-muted',
] as const

/** A picture of somebody, made of the first letters of their name. The name stands beside it. */
export function Avatar({ name, size = 'md' }: { name: string; size?: 'sm' | 'md' | 'lg' }) {
  return (
    <span
      aria-hidden
      className={cn(
        'flex shrink-0 items-center justify-center rounded-full font-semibold select-none',
        size === 'lg' ? 'size-10 text-base' : size === 'md' ? 'size-7 text-xs' : 'size-6 text-[10px]',
        TINTS[tintOf(name, TINTS.length)],
      )}
    >
      {initialsOf(name)}
    </span>
  )
}
