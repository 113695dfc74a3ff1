'use client'
import { useQuery } from '@tanstack/react-query'
import { FolderOpen } from 'lucide-react'
import type { ProjectSummary } from '#server/projects/model'
import { api } from '../api'
import { formatCount, formatDuration } from '../format'
import { projectPath } from '../ids'
import { Failure } from '../ui/failure'
import { Link } from '../ui/link'
import { EmptyState } from '../ui/states'
import { RelativeTime } from '../ui/time'

/** What a card needs of a project; the dates of the rest are text in JSON. */
export type ProjectCardData = Pick<
  ProjectSummary,
  | 'id'
  | 'name'
  | 'description'
  | 'traceCount'
  | 'lastActivity'
  | 'latencyP50'
  | 'latencyP99'
  | 'gradientStartColor'
  | 'gradientEndColor'
>

/** Every project as a card, refreshed while one looks. */
export function ProjectGrid({ projects: initial }: { projects: ProjectCardData[] }) {
  const query = useQuery({
    queryKey: ['projects'],
    queryFn: ({ signal }) => api<ProjectCardData[]>('/ui/projects', { signal }),
    initialData: initial,
    refetchInterval: 5_000,
  })
  const projects = query.data
  return (
    <>
      {query.isError && (
        <Failure
          what="The projects could not be refreshed."
          error={query.error}
          onRetry={() => query.refetch()}
        />
      )}
      {projects.length === 0 ? (
        <EmptyState icon={<FolderOpen className="size-6" />} title="No projects">
          A project appears here with its first trace.
        </EmptyState>
      ) : (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,17rem),1fr))] gap-3">
          {projects.map((project) => (
            <ProjectCard key={project.id} project={project} />
          ))}
        </ul>
      )}
    </>
  )
}

function ProjectCard({ project }: { project: ProjectCardData }) {
  return (
    <li className="min-w-0">
      <Link
        href={projectPath(project.id)}
        className="flex h-full min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors hover:border-edge"
      >
        <span className="flex min-w-0 items-center gap-2.5">
          <span
            aria-hidden
            className="size-4 shrink-0 rounded-full"
            style={{
              background: `linear-gradient(135deg, ${project.gradientStartColor}, ${project.gradientEndColor})`,
            }}
          />
          <span title={project.name} className="truncate text-base font-medium">
            {project.name}
          </span>
        </span>
        {project.description && (
          <span className="line-clamp-2 text-muted wrap-anywhere">{project.description}</span>
        )}
        <Latencies project={project} />
        <span className="tnum mt-auto flex items-baseline justify-between gap-2 text-muted">
          <span>
            <span className="font-semibold text-text">{formatCount(project.traceCount)}</span>{' '}
            {project.traceCount === 1 ? 'trace' : 'traces'}
          </span>
          {project.lastActivity === null ? (
            <span>no traces yet</span>
          ) : (
            <RelativeTime at={project.lastActivity / 1000} />
          )}
        </span>
      </Link>
    </li>
  )
}

/** How long traces take: half of them at most so long, and 99 of 100. */
function Latencies({ project: { latencyP50, latencyP99 } }: { project: ProjectCardData }) {
  if (latencyP50 === null || latencyP99 === null) return null
  return (
    <span className="tnum flex gap-4 text-muted">
      <span title="Half of the traces took no longer">
        p50 <span className="text-text">{formatDuration(latencyP50)}</span>
      </span>
      <span title="99 of 100 traces took no longer">
        p99 <span className="text-text">{formatDuration(latencyP99)}</span>
      </span>
    </span>
  )
}
