import { Loading, Skeleton } from '../ui/states'
import { ROW_HEIGHT } from './layout'

const ROWS = Array.from({ length: 14 }, (_, n) => n)

/** The shape of the tree while its spans are on their way. */
export function TreeSkeleton() {
  return (
    <Loading label="Loading the spans" className="flex min-h-0 grow flex-col overflow-hidden">
      {ROWS.map((n) => (
        <div
          key={n}
          style={{ height: ROW_HEIGHT }}
          className="flex items-center gap-4 border-b border-line px-4"
        >
          <Skeleton className="w-1/3" />
          <Skeleton className="h-2.5 grow" />
        </div>
      ))}
    </Loading>
  )
}
