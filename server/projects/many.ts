/** Many projects in one statement, for whoever asks for them by the dozen. */
import { and, eq, inArray } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { cutToWindow, type Slice, type Window, windowClauses } from '#server/db/windows'
import { type Project, WHOLE_LIFE } from '#server/projects/model'
import { columnsOf } from '#server/projects/projects'
import { LatencySketch } from '#server/sketch/latency-sketch'

type World = Pick<Ctx, 'db'>

/** Sums over all traces that a project has. */
export interface ProjectFigures {
  traceCount: number
  spanCount: number
  /** How long its traces took, in microseconds. */
  latencies: LatencySketch
}

/** A window of all projects, newest first. */
export async function listProjectWindow(ctx: World, window: Window): Promise<Slice<Project>> {
  const { projects } = ctx.db.t
  const order = { sort: projects.id, id: projects.id, descending: true }
  const { where, orderBy } = windowClauses(order, window)
  const rows = await ctx.db.read
    .select(columnsOf(ctx))
    .from(projects)
    .where(where)
    .orderBy(...orderBy)
    .limit(window.limit + 1)
  return cutToWindow(rows, window)
}

/** The projects with these row ids, by id. */
export async function findProjects(ctx: World, ids: readonly number[]): Promise<Map<number, Project>> {
  const { projects } = ctx.db.t
  const rows = await ctx.db.read
    .select(columnsOf(ctx))
    .from(projects)
    .where(inArray(projects.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

/** The figures of these projects, by id; zero for one without traces. */
export async function figuresOfProjects(
  ctx: World,
  ids: readonly number[],
): Promise<Map<number, ProjectFigures>> {
  const { projectBuckets } = ctx.db.t
  const { projectId, bucket, traceCount, spanCount, latencySketch } = projectBuckets
  const shards = await ctx.db.read
    .select({ projectId, traceCount, spanCount, latencySketch })
    .from(projectBuckets)
    .where(and(inArray(projectId, [...ids]), eq(bucket, WHOLE_LIFE)))
  const nothing = () => ({ traceCount: 0, spanCount: 0, latencies: new LatencySketch() })
  const figures = new Map<number, ProjectFigures>(ids.map((id) => [id, nothing()]))
  for (const shard of shards) {
    const sums = figures.get(shard.projectId)
    if (!sums) continue
    sums.traceCount += shard.traceCount
    sums.spanCount += shard.spanCount
    sums.latencies.mergeEncoded(shard.latencySketch)
  }
  return figures
}
