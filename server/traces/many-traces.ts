/** Many traces and sessions in one statement, for whoever asks for them by the dozen. */
import { and, eq, inArray } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import { readWindows, type Slice, type Window, windowClauses } from '#server/db/windows'
import { isStorable } from '#server/text'
import type { Micros } from '#server/traces/model'

type World = Pick<Ctx, 'db'>

/** A trace without its spans. */
export interface TraceRow {
  id: number
  traceId: string
  projectId: number
  projectSessionId: number | null
  startTime: Micros
  endTime: Micros
  spanCount: number
  rootSpanRowId: number | null
}

/** A conversation: traces that name the same session. */
export interface SessionRow {
  id: number
  sessionId: string
  projectId: number
  startTime: Micros
  endTime: Micros
  traceCount: number
}

/** The traces with these row ids, by id. */
export async function findTraces(ctx: World, ids: readonly number[]): Promise<Map<number, TraceRow>> {
  const { traces } = ctx.db.t
  const rows = await ctx.db.read
    .select(traceColumns(ctx))
    .from(traces)
    .where(inArray(traces.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

/** A trace as it is asked of a project: by 32 hex digits, in either case. */
export interface TraceOfProject {
  projectId: number
  traceId: string
}

/** These traces, by `keyOfTrace`; what a project does not have is left out. */
export async function findTracesOfProjects(
  ctx: World,
  asked: readonly TraceOfProject[],
): Promise<Map<string, TraceRow>> {
  const { traces } = ctx.db.t
  const digits = asked
    .filter(({ traceId }) => isStorable(traceId))
    .map(({ traceId }) => traceId.toLowerCase())
  if (digits.length === 0) return new Map()
  const rows = await ctx.db.read
    .select(traceColumns(ctx))
    .from(traces)
    .where(inArray(traces.traceId, [...new Set(digits)]))
  return new Map(rows.map((row) => [keyOfTrace(row), row]))
}

/** What tells traces apart that were asked of projects. */
export const keyOfTrace = ({ projectId, traceId }: TraceOfProject) => `${projectId}:${traceId.toLowerCase()}`

/** Windows of the traces of these sessions, in order of their start, by session. */
export async function tracesOfSessions(
  ctx: World,
  sessionIds: readonly number[],
  window: Window,
): Promise<Map<number, Slice<TraceRow>>> {
  const { traces } = ctx.db.t
  const { where, orderBy } = windowClauses(
    { sort: traces.startTime, id: traces.id, descending: false },
    window,
  )
  const select = (sessionId: number) => {
    const part = ctx.db.read
      .select(traceColumns(ctx))
      .from(traces)
      .where(and(eq(traces.projectSessionId, sessionId), where))
      .orderBy(...orderBy)
      .limit(window.limit + 1)
      .as('part')
    return ctx.db.read.select().from(part)
  }
  return readWindows(sessionIds, window, select, (row) => row.projectSessionId ?? 0)
}

function traceColumns(ctx: World) {
  const { id, traceId, projectId, projectSessionId, startTime, endTime, spanCount, rootSpanRowId } =
    ctx.db.t.traces
  return { id, traceId, projectId, projectSessionId, startTime, endTime, spanCount, rootSpanRowId }
}

/** The sessions with these row ids, by id. */
export async function findSessions(ctx: World, ids: readonly number[]): Promise<Map<number, SessionRow>> {
  const { projectSessions } = ctx.db.t
  const rows = await ctx.db.read
    .select(sessionColumns(ctx))
    .from(projectSessions)
    .where(inArray(projectSessions.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

/** Windows of the sessions of these projects, the latest first, by project. */
export async function sessionsOfProjects(
  ctx: World,
  projectIds: readonly number[],
  window: Window,
): Promise<Map<number, Slice<SessionRow>>> {
  const { projectSessions } = ctx.db.t
  const order = { sort: projectSessions.startTime, id: projectSessions.id, descending: true }
  const { where, orderBy } = windowClauses(order, window)
  const select = (projectId: number) => {
    const part = ctx.db.read
      .select(sessionColumns(ctx))
      .from(projectSessions)
      .where(and(eq(projectSessions.projectId, projectId), where))
      .orderBy(...orderBy)
      .limit(window.limit + 1)
      .as('part')
    return ctx.db.read.select().from(part)
  }
  return readWindows(projectIds, window, select, (row) => row.projectId)
}

function sessionColumns(ctx: World) {
  const { id, sessionId, projectId, startTime, endTime, traceCount } = ctx.db.t.projectSessions
  return { id, sessionId, projectId, startTime, endTime, traceCount }
}
