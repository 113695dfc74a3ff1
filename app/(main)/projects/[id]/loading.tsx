import { TableSkeleton } from '#components/projects/skeletons'
import { TopLine } from '#components/shell/page'

export default function Loading() {
  return (
    <>
      <TopLine crumbs={[{ label: 'Projects', href: '/projects' }, { label: '…' }]} />
      <TableSkeleton />
    </>
  )
}
