/** The sums of sessions counted anew from their traces. Locking and counting are apart, for who locks more in between. */
import { asc, eq, gt, inArray, sql } from 'drizzle-orm'
import type { Lock } from '#server/db/bulk'
import type { Database, Queries } from '#server/db/database'
import { COUNT, type CountedPage, countOf, pageOf, type RecountPage, splitPage } from '#server/ingest/recount'

interface Work {
  db: Database
  tx: Queries
}

/** A session row that is locked. Times are microseconds. */
export interface LockedSession {
  id: number
  sessionId: string
  projectId: number
  startTime: number
  endTime: number
}

const MEMBERS = ['id', 'sessionId', 'projectId', 'startTime', 'endTime'] as const

/** Some tens of milliseconds of work. */
const TRACES_PER_WRITE = 20_000

/**
 * Counts a page of sessions anew. The traces of one session are counted in one statement, whatever their number.
 * @returns null when there are no more
 */
export async function recountSessions(
  db: Database,
  { afterId, limit, membersPerWrite = TRACES_PER_WRITE }: RecountPage,
): Promise<CountedPage | null> {
  const { projectSessions, traces } = db.t
  const members = db.read
    .select({ n: COUNT })
    .from(traces)
    .where(eq(traces.projectSessionId, projectSessions.id))
  const page = await db.read
    .select({ id: projectSessions.id, members: countOf(members) })
    .from(projectSessions)
    .where(gt(projectSessions.id, afterId))
    .orderBy(asc(projectSessions.id))
    .limit(limit)
  for (const part of splitPage(page, membersPerWrite)) {
    const ids = part.map((row) => row.id)
    await db.write(async (tx) =>
      countSessions({ db, tx }, await lockSessions({ db, tx }, ids, 'from-change')),
    )
  }
  return pageOf(page)
}

/** Locks these sessions by name, as ingest does, and gives those that are still there. */
export async function lockSessions(
  { db, tx }: Work,
  ids: readonly number[],
  lock: Lock,
): Promise<LockedSession[]> {
  const { projectSessions } = db.t
  const members = ['id', 'sessionId'] as const
  const named = await db.dialect.selectMany(tx, projectSessions, { members, by: 'id' }, ids)
  const names = named.map((row) => row.sessionId)
  return db.dialect.selectMany(tx, projectSessions, { members: MEMBERS, by: 'sessionId', lock }, names)
}

/**
 * Counts locked sessions anew: what ingest has not committed it adds when it gets the lock. A session without traces keeps
 * its times.
 */
export async function countSessions({ db, tx }: Work, locked: readonly LockedSession[]): Promise<void> {
  if (locked.length === 0) return
  const { projectSessions, traces } = db.t
  const ids = locked.map(({ id }) => id)
  const sum = (column: typeof traces.spanCount) => sql`sum(${column})`.mapWith(Number)
  const sums = await tx
    .select({
      id: traces.projectSessionId,
      startTime: sql`min(${traces.startTime})`.mapWith(Number),
      endTime: sql`max(${traces.endTime})`.mapWith(Number),
      traceCount: sql`count(*)`.mapWith(Number),
      spanCount: sum(traces.spanCount),
      errorCount: sum(traces.errorCount),
      promptTokens: sum(traces.promptTokens),
      completionTokens: sum(traces.completionTokens),
    })
    .from(traces)
    .where(inArray(traces.projectSessionId, ids))
    .groupBy(traces.projectSessionId)
  const byId = new Map(sums.map((row) => [row.id, row]))
  const none = { traceCount: 0, spanCount: 0, errorCount: 0, promptTokens: 0, completionTokens: 0 }
  const rows = locked.map(({ id, startTime, endTime }) => ({
    startTime,
    endTime,
    ...none,
    ...byId.get(id),
    id,
  }))
  await db.dialect.updateMany(tx, projectSessions, rows, ['id'])
}
