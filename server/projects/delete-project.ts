/**
 * Deleting a project with everything in it. A project may hold millions of spans, and one statement over them would hold
 * SQLite's only writer (and, there, the whole process) for many seconds. So the bulk goes in small transactions
 * and the project itself last: a delete that is cut short leaves a smaller project, never half a span.
 */
import { and, eq, exists, inArray, lte, max, ne, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { getProject, isDefaultProject } from '#server/projects/projects'

const SPANS_PER_STEP = 1000
const TRACES_PER_STEP = 2000

type World = Pick<Ctx, 'db'>

/**
 * Deletes a project, its sessions, traces and spans. Spans that arrive meanwhile for a new trace make the project anew.
 * @throws AppError not_found; forbidden for the default project
 */
export async function deleteProject(ctx: World, idOrName: string): Promise<void> {
  const project = await getProject(ctx, idOrName)
  if (isDefaultProject(project)) {
    throw new AppError('forbidden', 'The default project cannot be deleted')
  }
  const last = await lastRows(ctx, project.id)
  await repeat(SPANS_PER_STEP, () => deleteSpans(ctx, project.id, last.spanId))
  await repeat(TRACES_PER_STEP, () => deleteTraces(ctx, project.id, last.traceId))
  await ctx.db.write(async (tx) => {
    await handOverSessions(ctx, tx, project.id)
    await tx.delete(ctx.db.t.projects).where(eq(ctx.db.t.projects.id, project.id))
  })
}

/** The newest rows now: what comes later is left to the last step, so that a busy project cannot keep us for ever. */
async function lastRows(ctx: World, projectId: number): Promise<{ spanId: number; traceId: number }> {
  const { spans, traces } = ctx.db.t
  const [span] = await ctx.db.read
    .select({ id: max(spans.id) })
    .from(spans)
    .where(eq(spans.projectId, projectId))
  const [trace] = await ctx.db.read
    .select({ id: max(traces.id) })
    .from(traces)
    .where(eq(traces.projectId, projectId))
  return { spanId: span?.id ?? 0, traceId: trace?.id ?? 0 }
}

async function repeat(size: number, step: () => Promise<number>): Promise<void> {
  while ((await step()) === size) {
    // The step's own transaction was the work.
  }
}

async function deleteSpans(ctx: World, projectId: number, lastId: number): Promise<number> {
  const { spans } = ctx.db.t
  const batch = ctx.db.read
    .select({ id: spans.id })
    .from(spans)
    .where(and(eq(spans.projectId, projectId), lte(spans.id, lastId)))
    .orderBy(spans.startTime, spans.id)
    .limit(SPANS_PER_STEP)
  const gone = await ctx.db.write((tx) =>
    tx.delete(spans).where(inArray(spans.id, batch)).returning({ id: spans.id }),
  )
  return gone.length
}

async function deleteTraces(ctx: World, projectId: number, lastId: number): Promise<number> {
  const { traces } = ctx.db.t
  const batch = ctx.db.read
    .select({ id: traces.id })
    .from(traces)
    .where(and(eq(traces.projectId, projectId), lte(traces.id, lastId)))
    .orderBy(traces.startTime, traces.id)
    .limit(TRACES_PER_STEP)
  const gone = await ctx.db.write((tx) =>
    tx.delete(traces).where(inArray(traces.id, batch)).returning({ id: traces.id }),
  )
  return gone.length
}

/** A session may have traces in several projects; those of the others outlive this one, and keep their session. */
async function handOverSessions(ctx: World, tx: Queries, projectId: number): Promise<void> {
  const { projectSessions, traces } = ctx.db.t
  const elsewhere = tx
    .select({ projectId: sql`min(${traces.projectId})` })
    .from(traces)
    .where(and(eq(traces.projectSessionId, projectSessions.id), ne(traces.projectId, projectId)))
  await tx
    .update(projectSessions)
    .set({ projectId: sql`(${elsewhere})` })
    .where(
      and(
        eq(projectSessions.projectId, projectId),
        exists(
          tx
            .select({ one: sql`1` })
            .from(traces)
            .where(and(eq(traces.projectSessionId, projectSessions.id), ne(traces.projectId, projectId))),
        ),
      ),
    )
}
