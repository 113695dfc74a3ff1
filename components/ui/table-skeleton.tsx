import { Loading, Skeleton } from './states'

const WIDTHS = ['w-40', 'w-28', 'w-44', 'w-32', 'w-36', 'w-24']

/** A table whose rows are on their way. */
export function TableSkeleton({ label, rows = 6 }: { label: string; rows?: number }) {
  return (
    <Loading label={label} className="overflow-hidden rounded-lg border border-line bg-surface">
      <span className="flex h-9 items-center border-b border-line px-4">
        <Skeleton className="w-16" />
      </span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without anything in them
        <span key={row} className="flex h-11 items-center gap-8 border-b border-line px-4 last:border-b-0">
          <Skeleton className={`${WIDTHS[row % WIDTHS.length]} shrink-0`} />
          <Skeleton className="w-16 shrink-0" />
          <Skeleton className="w-20 shrink-0" />
          <Skeleton className="hidden w-24 sm:block" />
          <Skeleton className="hidden w-24 md:block" />
        </span>
      ))}
    </Loading>
  )
}
