/**
 * Deleting a project with everything in it. A project may hold millions of spans, and one statement over them would hold
 * SQLite's only writer (and, there, the whole process) for many seconds. So the bulk goes in small transactions
 * and the project itself last: a delete that is cut short leaves a smaller project, never half a span.
 */
import { and, eq, exists, lte, ne, sql } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import {
  type DoomedTrace,
  deleteTraces,
  emptyTrace,
  SPANS_PER_DELETE,
  sessionsOf,
} from '#server/ingest/delete-traces'
import { countSessions, lockSessions } from '#server/ingest/recount-sessions'
import { lockTraces } from '#server/ingest/store-traces'
import { getProject, isDefaultProject } from '#server/projects/projects'

const TRACES_PER_STEP = 500
/** Into a busy project spans keep coming. Each pass takes what came during the one before, as long as that is much. */
const MAX_PASSES = 5

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
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    if ((await deletePresent(ctx, project.id)) <= SPANS_PER_DELETE) break
  }
  await ctx.db.write((tx) => deleteRest(ctx, tx, project.id))
}

/** Deletes the traces that are there now, in small transactions; returns how many spans they had. */
async function deletePresent(ctx: World, projectId: number): Promise<number> {
  const { db } = ctx
  const lastId = await lastTrace(ctx, projectId)
  for (let deleted = 0; ; ) {
    const doomed = await nextTraces(ctx, projectId, lastId)
    const [first] = doomed
    if (!first) return deleted
    await emptyTrace(db, first)
    await db.write((tx) => deleteTraces({ db, tx }, projectId, doomed))
    deleted += doomed.reduce((sum, { spanCount }) => sum + spanCount, 0)
  }
}

/**
 * The last step: what has arrived meanwhile, the sessions, and the project itself. Everything is locked first, in the
 * order of ingest, since a cascade deletes in an order of its own.
 */
async function deleteRest(ctx: World, tx: Queries, projectId: number): Promise<void> {
  const { db } = ctx
  const { projects, projectSessions, traces } = db.t
  const byId = { members: ['id'], by: 'id' } as const
  // Two projects that are deleted at once may hand sessions to each other: the second waits here, not in between.
  const heirs = await projectsBeside(ctx, tx, projectId)
  await db.dialect.selectMany(tx, projects, { ...byId, lock: 'from-change' }, [projectId, ...heirs])
  // Whoever stores in the project holds it: from here on nobody does.
  await db.dialect.selectMany(tx, projects, { ...byId, lock: 'from-all' }, [projectId])
  const late = await tx
    .select({ traceId: traces.traceId })
    .from(traces)
    .where(eq(traces.projectId, projectId))
  const states = [...(await lockTraces({ db, tx }, late)).values()]
  const own = await tx
    .select({ id: projectSessions.id })
    .from(projectSessions)
    .where(eq(projectSessions.projectId, projectId))
  const ids = new Set([...own.map(({ id }) => id), ...sessionsOf(states)])
  const sessions = await lockSessions({ db, tx }, [...ids], 'from-all')
  const handedOver = new Set(await handOverSessions(ctx, tx, projectId))
  await tx.delete(projects).where(eq(projects.id, projectId))
  const staying = sessions.filter(({ id, projectId: owner }) => owner !== projectId || handedOver.has(id))
  await countSessions({ db, tx }, staying)
}

/** The newest row now: what comes later is left to the next pass, or the last step, so that a busy project cannot keep us for ever. */
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

/** Other projects that have traces in the project's sessions. */
async function projectsBeside(ctx: World, tx: Queries, projectId: number): Promise<number[]> {
  const { projectSessions, traces } = ctx.db.t
  const rows = await tx
    .selectDistinct({ id: traces.projectId })
    .from(traces)
    .innerJoin(projectSessions, eq(traces.projectSessionId, projectSessions.id))
    .where(and(eq(projectSessions.projectId, projectId), ne(traces.projectId, projectId)))
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
