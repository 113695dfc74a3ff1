import type { Metadata } from 'next'
import { pageContext } from '#app/_lib/page'
import { ProjectGrid } from '#components/projects/project-grid'
import { PageBody, PageHead, TopLine } from '#components/shell/page'
import { listProjectSummaries } from '#server/projects/summaries'
import { loadPage, requirePermission } from '../_load'

export const dynamic = 'force-dynamic'
export const metadata: Metadata = { title: 'Projects' }

export default async function ProjectsPage() {
  const ctx = await pageContext()
  requirePermission(ctx, 'project.read')
  const projects = await loadPage(ctx, listProjectSummaries(ctx))
  return (
    <>
      <TopLine crumbs={[{ label: 'Projects' }]} />
      <PageBody>
        <PageHead title="Projects">Each service sends its traces to a project of its own.</PageHead>
        <ProjectGrid projects={projects} />
      </PageBody>
    </>
  )
}
