/**
 * Deleting a project with everything in it. A project may hold millions of spans, and one statement over them would hold
 * SQLite's only writer (and, there, the whole process) for many seconds. So the bulk goes in small transactions
 * and the project itself last: a delete that is cut short leaves a smaller project, never half a span.
 */
import { and, eq, exists, inArray, lte, ne, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { type DoomedTrace, deleteTraces, emptyTrace, SPANS_PER_DELETE } from '#server/ingest/delete-traces'
import { recountSessionRows } from '#server/ingest/recount'
import { getProject, isDefaultProject } from '#server/projects/projects'

const TRACES_PER_STEP = 500

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
  const { db } = ctx
  const lastId = await lastTrace(ctx, project.id)
  for (;;) {
    const doomed = await nextTraces(ctx, project.id, lastId)
    const [first] = doomed
    if (!first) break
    await emptyTrace(db, first)
    await db.write(async (tx) => {
      const sessions = await deleteTraces({ db, tx }, doomed)
      await recountSessionRows({ db, tx }, await ofOthers(ctx, tx, project.id, sessions))
    })
  }
  await db.write(async (tx) => {
    const handedOver = await handOverSessions(ctx, tx, project.id)
    await tx.delete(db.t.projects).where(eq(db.t.projects.id, project.id))
    await recountSessionRows({ db, tx }, handedOver)
  })
}

/** The newest row now: what comes later is left to the last step, so that a busy project cannot keep us for ever. */
async function lastTrace(ctx: World, projectId: number): Promise<number> {
  const { traces } = ctx.db.t
  // `+ 0`, else PostgreSQL walks back over the traces of all projects until it meets one of this.
  const [trace] = await ctx.db.read
    .select({ id: sql<number | null>`max(${traces.id} + 0)`.mapWith(Number) })
    .from(traces)
    .where(eq(traces.projectId, projectId))
  return trace?.id ?? 0
}

/** The oldest traces that are left, as many as go in one transaction; a large one comes alone. */
async function nextTraces(ctx: World, projectId: number, lastId: number): Promise<DoomedTrace[]> {
  const { traces } = ctx.db.t
  const rows = await ctx.db.read
    .select({ id: traces.id, traceId: traces.traceId, spanCount: traces.spanCount })
    .from(traces)
    .where(and(eq(traces.projectId, projectId), lte(traces.id, lastId)))
    .orderBy(traces.startTime, traces.id)
    .limit(TRACES_PER_STEP)
  let spans = 0
  const end = rows.findIndex((row) => {
    spans += row.spanCount
    return spans > SPANS_PER_DELETE
  })
  return end === -1 ? rows : rows.slice(0, Math.max(1, end))
}

/** Of these sessions those that belong to another project, which stay. */
async function ofOthers(ctx: World, tx: Queries, projectId: number, ids: number[]): Promise<number[]> {
  const { projectSessions } = ctx.db.t
  if (ids.length === 0) return []
  const rows = await tx
    .select({ id: projectSessions.id })
    .from(projectSessions)
    .where(and(inArray(projectSessions.id, ids), ne(projectSessions.projectId, projectId)))
  return rows.map((row) => row.id)
}

/** A session may have traces in several projects; those of the others outlive this one, and keep their session. */
async function handOverSessions(ctx: World, tx: Queries, projectId: number): Promise<number[]> {
  const { projectSessions, traces } = ctx.db.t
  const elsewhere = tx
    .select({ projectId: sql`min(${traces.projectId})` })
    .from(traces)
    .where(and(eq(traces.projectSessionId, projectSessions.id), ne(traces.projectId, projectId)))
  const rows = await tx
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
    .returning({ id: projectSessions.id })
  return rows.map((row) => row.id)
}
