import { CardsSkeleton } from '#components/projects/skeletons'
import { PageBody, TopLine } from '#components/shell/page'

export default function Loading() {
  return (
    <>
      <TopLine crumbs={[{ label: 'Projects' }]} />
      <PageBody>
        <CardsSkeleton />
      </PageBody>
    </>
  )
}
