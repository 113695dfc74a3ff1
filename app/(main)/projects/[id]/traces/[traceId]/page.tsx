import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { pageContext } from '#app/_lib/page'
import { TracePage } from '#components/traces/trace-page'
import { getTrace } from '#server/traces/traces'
import { loadPage, requirePermission } from '../../../../_load'
import { projectOf } from '../../_project'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Trace' }

interface Params {
  id: string
  traceId: string
}

export default async function TraceRoute({ params }: { params: Promise<Params> }) {
  const ctx = await pageContext()
  requirePermission(ctx, 'trace.read')
  const { id, traceId } = await params
  const project = await projectOf(ctx, id)
  const trace = await loadPage(ctx, getTrace(ctx, { traceId }))
  if (trace.projectId !== project.id) notFound()
  return <TracePage trace={trace} />
}
