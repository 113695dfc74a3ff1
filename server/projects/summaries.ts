/** Projects with what their cards show: how many traces, how long these took, and when the newest began. */
import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { prepared } from '#server/db/prepared'
import { type ProjectSummary, WHOLE_LIFE } from '#server/projects/model'
import { columnsOf, getProject } from '#server/projects/projects'
import { LatencySketch } from '#server/sketch/latency-sketch'

type World = Pick<Ctx, 'db'>
type Shard = { projectId: number; traceCount: number; latencySketch: Uint8Array }
type Figures = Pick<ProjectSummary, 'traceCount' | 'latencyP50' | 'latencyP99'>

/** Every project, the lately active first, those without traces last by name. */
export async function listProjectSummaries(ctx: World): Promise<ProjectSummary[]> {
  const { projects } = ctx.db.t
  const [rows, sums] = await Promise.all([
    prepared(ctx.db.read, 'projects_with_activity', () =>
      ctx.db.read.select({ ...columnsOf(ctx), lastActivity: newestStart(ctx) }).from(projects),
    )({}),
    prepared(ctx.db.read, 'sums_of_projects', () => selectSums(ctx))({}),
  ])
  const shards = new Map<number, Shard[]>(rows.map((row) => [row.id, []]))
  for (const row of sums) shards.get(row.projectId)?.push(row)
  const summaries = rows.map((row) => ({ ...row, ...addUp(shards.get(row.id) ?? []) }))
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
  const { projects } = ctx.db.t
  const project = await getProject(ctx, id)
  const values = { projectId: project.id }
  const [[activity], sums] = await Promise.all([
    prepared(ctx.db.read, 'activity_of_project', () =>
      ctx.db.read
        .select({ lastActivity: newestStart(ctx) })
        .from(projects)
        .where(eq(projects.id, sql.placeholder('projectId'))),
    )(values),
    prepared(ctx.db.read, 'sums_of_project', () =>
      selectSums(ctx).where(eq(projects.id, sql.placeholder('projectId'))),
    )(values),
  ])
  return { ...project, lastActivity: activity?.lastActivity ?? null, ...addUp(sums) }
}

/** One step to the end of an index for each project, where a `max` over groups would read all of it. */
function newestStart(ctx: World): SQL<number | null> {
  const { projects, traces } = ctx.db.t
  const newest = ctx.db.read
    .select({ startTime: traces.startTime })
    .from(traces)
    .where(eq(traces.projectId, projects.id))
    .orderBy(desc(traces.startTime))
    .limit(1)
  return sql<number | null>`(${newest})`
}

/** From the projects to their sums: the key of these begins with the project. */
function selectSums(ctx: World) {
  const { projects, projectBuckets } = ctx.db.t
  const { projectId, bucket, traceCount, latencySketch } = projectBuckets
  return ctx.db.read
    .select({ projectId, traceCount, latencySketch })
    .from(projects)
    .innerJoin(projectBuckets, and(eq(projectId, projects.id), eq(bucket, WHOLE_LIFE)))
    .$dynamic()
}

/** The shards of one project's sums: only all of them together mean anything. */
function addUp(shards: readonly Shard[]): Figures {
  const sketch = new LatencySketch()
  for (const { latencySketch } of shards) sketch.mergeEncoded(latencySketch)
  return {
    traceCount: shards.reduce((sum, shard) => sum + shard.traceCount, 0),
    latencyP50: sketch.quantile(0.5),
    latencyP99: sketch.quantile(0.99),
  }
}
