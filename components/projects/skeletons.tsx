import { Loading, Skeleton } from '../ui/states'

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

/** The shape of the projects page. */
export function CardsSkeleton() {
  return (
    <Loading label="Loading the projects" className="flex flex-col gap-4">
      <Skeleton className="h-7 w-40" />
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-3">
        {numbers(6).map((n) => (
          <div
            key={n}
            className="flex h-24 flex-col justify-between rounded-lg border border-line bg-surface p-4"
          >
            <Skeleton className="w-2/3" />
            <Skeleton className="w-full" />
          </div>
        ))}
      </div>
    </Loading>
  )
}

/** The shape of the traces table. */
export function TableSkeleton() {
  return (
    <Loading label="Loading the traces" className="flex grow flex-col">
      <div className="h-9 border-b border-line" />
      {numbers(14).map((n) => (
        <div key={n} className="flex h-11 items-center gap-6 border-b border-line px-5">
          <Skeleton className="w-1/4" />
          <Skeleton className="grow" />
          <Skeleton className="w-20" />
        </div>
      ))}
    </Loading>
  )
}

/** The shape of a trace: the tree on the left, a span on the right. */
export function TraceSkeleton() {
  return (
    <Loading label="Loading the trace" className="flex min-h-0 grow">
      <div className="flex w-full flex-col lg:w-[58%] lg:border-r lg:border-line">
        <div className="h-11 border-b border-line" />
        <div className="h-9 border-b border-line" />
        {numbers(12).map((n) => (
          <div key={n} className="flex h-8 items-center gap-4 border-b border-line px-4">
            <Skeleton className="w-1/3" />
            <Skeleton className="h-2.5 grow" />
          </div>
        ))}
      </div>
      <div className="flex grow flex-col gap-4 p-5 max-lg:hidden">
        <Skeleton className="h-5 w-1/2" />
        <Skeleton className="h-20" />
        <Skeleton className="h-20" />
      </div>
    </Loading>
  )
}
