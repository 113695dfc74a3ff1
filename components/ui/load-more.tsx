'use client'
import { formatCount } from '../format'
import { Button } from './button'

interface LoadMoreProps {
  /** Rows that are shown, and how many there are. */
  shown: number
  total: number
  /** `users`, `keys`. */
  noun: string
  hasMore: boolean
  isLoading: boolean
  onMore: () => void
}

/** How much of a list is shown, and the way to the rest. */
export function LoadMore({ shown, total, noun, hasMore, isLoading, onMore }: LoadMoreProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <p role="status" className="tnum text-muted">
        {shown === total
          ? `${formatCount(total)} ${noun}`
          : `${formatCount(shown)} of ${formatCount(total)} ${noun}`}
      </p>
      {hasMore && (
        <Button size="sm" isPending={isLoading} onPress={onMore}>
          Load more
        </Button>
      )}
    </div>
  )
}
