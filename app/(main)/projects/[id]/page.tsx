import type { Metadata } from 'next'
import { pageContext, publicConfig } from '#app/_lib/page'
import { ProjectView } from '#components/projects/project-view'
import { can } from '#server/permissions'
import { listTraces } from '#server/traces/traces'
import { loadPage, requirePermission } from '../../_load'
import { projectOf } from './_project'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Traces' }

export default async function ProjectPage({ params }: { params: Promise<{ id: string }> }) {
  const ctx = await pageContext()
  requirePermission(ctx, 'trace.read')
  const project = await projectOf(ctx, (await params).id)
  const initial = await loadPage(ctx, listTraces(ctx, { projectId: project.id, cursor: null, limit: 50 }))
  const { authEnabled, rootUrl, grpcPort, grpcTls } = await publicConfig()
  const mayIngest = can(ctx.actor, 'trace.ingest')
  const mayCreate = can(ctx.actor, 'systemApiKey.create')
    ? 'system'
    : mayIngest && can(ctx.actor, 'userApiKey.create')
      ? 'user'
      : null
  return (
    <ProjectView
      key={project.id}
      project={{ id: project.id, name: project.name }}
      initial={initial}
      onboarding={{ needsKey: authEnabled, mayCreate, rootUrl, grpcPort, grpcTls }}
    />
  )
}
