/** Projects with what their cards show: how many traces, and when the newest began. */
import { count, eq, max } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { ProjectSummary } from '#server/projects/model'
import { columnsOf, getProject } from '#server/projects/projects'

type World = Pick<Ctx, 'db'>

/** Every project, the lately active first, those without traces last by name. */
export async function listProjectSummaries(ctx: World): Promise<ProjectSummary[]> {
  const { projects, traces } = ctx.db.t
  const rows = await ctx.db.read.select(columnsOf(ctx)).from(projects)
  // Read from the index on (project, start time) alone.
  const activity = await ctx.db.read
    .select({ projectId: traces.projectId, ...activityOf(ctx) })
    .from(traces)
    .groupBy(traces.projectId)
  const byProject = new Map(activity.map((row) => [row.projectId, row]))
  const summaries = rows.map((row) => ({
    ...row,
    traceCount: byProject.get(row.id)?.traceCount ?? 0,
    lastActivity: byProject.get(row.id)?.lastActivity ?? null,
  }))
  return summaries.sort(
    (a, b) =>
      (b.lastActivity ?? Number.NEGATIVE_INFINITY) - (a.lastActivity ?? Number.NEGATIVE_INFINITY) ||
      a.name.localeCompare(b.name),
  )
}

/**
 * One project with its figures.
 * @param id a GlobalID, an exact name, or a row id as a number
 * @throws AppError not_found
 */
export async function getProjectSummary(ctx: World, id: string | number): Promise<ProjectSummary> {
  const { traces } = ctx.db.t
  const project = await getProject(ctx, id)
  const [activity] = await ctx.db.read
    .select(activityOf(ctx))
    .from(traces)
    .where(eq(traces.projectId, project.id))
  return {
    ...project,
    traceCount: activity?.traceCount ?? 0,
    lastActivity: activity?.lastActivity ?? null,
  }
}

function activityOf(ctx: World) {
  const { traces } = ctx.db.t
  return { traceCount: count(), lastActivity: max(traces.startTime) }
}
