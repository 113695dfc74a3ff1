import { TracePage } from '#components/traces/trace-page'
import { forFirstPaint } from '../../../../../../../components/traces/first-paint'
import { traceOf } from '../../../_project'

export const dynamic = 'force-dynamic'

export default async function DrawerRoute({ params }: { params: Promise<{ id: string; traceId: string }> }) {
  return <TracePage trace={forFirstPaint(await traceOf(await params))} place="drawer" />
}
