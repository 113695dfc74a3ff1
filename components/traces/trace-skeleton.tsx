import { Loading, Skeleton } from '../ui/states'

const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

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
