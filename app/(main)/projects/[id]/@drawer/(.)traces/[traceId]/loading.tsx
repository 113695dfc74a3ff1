import { TopLine } from '#components/shell/page'
import { TraceSkeleton } from '#components/traces/trace-skeleton'

// The drawer alone loads behind a skeleton: a page of its own waits, so that its answer can still be a 404.
export default function Loading() {
  return (
    <>
      <TopLine crumbs={[{ label: '…' }]} label="Trace" />
      <TraceSkeleton />
    </>
  )
}
