import { notFound } from 'next/navigation'
import { pageContext } from '#app/_lib/page'
import type { Ctx } from '#server/context'
import type { ProjectSummary } from '#server/projects/model'
import { getProjectSummary } from '#server/projects/summaries'
import type { TraceDetail } from '#server/traces/model'
import { getTrace } from '#server/traces/traces'
import { decodeSegment, loadPage, requirePermission } from '../../_load'

/** The project that a page's address names, by id or by name; the 404 page when there is none. */
export function projectOf(ctx: Ctx, id: string): Promise<ProjectSummary> {
  return loadPage(ctx, getProjectSummary(ctx, decodeSegment(id)))
}

/** The trace that an address names; the 404 page when it is not there, or in another project. */
export async function traceOf({ id, traceId }: { id: string; traceId: string }): Promise<TraceDetail> {
  const ctx = await pageContext()
  requirePermission(ctx, 'trace.read')
  const project = await projectOf(ctx, id)
  const trace = await loadPage(ctx, getTrace(ctx, { traceId }))
  return trace.projectId === project.id ? trace : notFound()
}
