/** Session rows, which trace belongs to which, and what a session's traces add up to. */
import { inLockOrder } from '#server/db/bulk'
import type { TraceMerge } from '#server/ingest/merge-trace'
import type { StoreContext } from '#server/ingest/store'

/**
 * Binds traces to the sessions their spans name, where these are stored. A trace that is bound stays bound, and names
 * its session from then on. The sessions cannot be deleted from here on: new traces refer to them in an order of their own.
 */
export async function findSessions({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const { projectSessions } = db.t
  const members = ['id', 'sessionId'] as const
  const bound = new Set(merges.flatMap(({ after }) => after.projectSessionId ?? []))
  const byId = await db.dialect.selectMany(tx, projectSessions, { members, by: 'id' }, [...bound])
  const texts = new Map(byId.map((row) => [row.id, row.sessionId]))
  const names = new Set<string>()
  for (const merge of merges) {
    const { projectSessionId } = merge.after
    if (projectSessionId !== null) merge.sessionId = texts.get(projectSessionId) ?? null
    if (merge.sessionId !== null) names.add(merge.sessionId)
  }
  const select = { members, by: 'sessionId', lock: 'from-delete' } as const
  const named = await db.dialect.selectMany(tx, projectSessions, select, [...names])
  const ids = new Map(named.map((row) => [row.sessionId, row.id]))
  for (const { after, sessionId } of merges) {
    if (sessionId !== null) after.projectSessionId ??= ids.get(sessionId) ?? null
  }
}

interface SessionChange {
  sessionId: string
  projectId: number
  startTime: number
  endTime: number
  traceCount: number
  spanCount: number
  errorCount: number
  promptTokens: number
  completionTokens: number
}

/**
 * Makes the sessions that are not there, widens the others and adds what changed to their sums. A session belongs to the
 * project that named it first, whichever project its traces are in.
 */
export async function writeSessions({ tx, db }: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const changes = new Map<string, SessionChange>()
  for (const merge of merges) {
    if (merge.sessionId === null) continue
    const change = changeOf(merge, merge.sessionId)
    const known = changes.get(change.sessionId)
    if (known) join(known, change)
    else changes.set(change.sessionId, change)
  }
  const rows = [...changes.values()].sort((a, b) => inLockOrder(a.sessionId, b.sessionId))
  const stored = await db.dialect.upsertMany(tx, db.t.projectSessions, rows, {
    key: ['sessionId'],
    merge: {
      ...{ startTime: 'least', endTime: 'greatest', traceCount: 'add', spanCount: 'add', errorCount: 'add' },
      ...{ promptTokens: 'add', completionTokens: 'add' },
    },
    returning: ['id', 'sessionId'],
  })
  const ids = new Map(stored.map((row) => [row.sessionId, row.id]))
  for (const merge of merges) {
    if (merge.sessionId === null || merge.after.projectSessionId !== null) continue
    merge.after.projectSessionId = ids.get(merge.sessionId) ?? null
    merge.isBoundLate = merge.before === null
  }
}

/** What a trace adds to its session: all of it when it is bound now, else what it grew by. */
function changeOf({ before, after }: TraceMerge, sessionId: string): SessionChange {
  const counted = before?.projectSessionId == null ? null : before
  const { projectId, startTime, endTime, spanCount, counts } = after
  return {
    ...{ sessionId, projectId, startTime, endTime },
    traceCount: counted ? 0 : 1,
    spanCount: spanCount - (counted?.spanCount ?? 0),
    errorCount: counts.errors - (counted?.counts.errors ?? 0),
    promptTokens: counts.promptTokens - (counted?.counts.promptTokens ?? 0),
    completionTokens: counts.completionTokens - (counted?.counts.completionTokens ?? 0),
  }
}

function join(into: SessionChange, change: SessionChange): void {
  into.startTime = Math.min(into.startTime, change.startTime)
  into.endTime = Math.max(into.endTime, change.endTime)
  into.traceCount += change.traceCount
  into.spanCount += change.spanCount
  into.errorCount += change.errorCount
  into.promptTokens += change.promptTokens
  into.completionTokens += change.completionTokens
}
