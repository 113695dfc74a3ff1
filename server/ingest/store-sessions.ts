/** Session rows, and which trace belongs to which. */
import { inArray } from 'drizzle-orm'
import { byText, chunksFor, excluded } from '#server/ingest/bulk'
import type { StoreContext, TraceMerge } from '#server/ingest/store'

interface SessionDraft {
  sessionId: string
  projectId: number
  startTime: number
  endTime: number
}

/**
 * Binds traces to the sessions their spans name, in place, and widens the sessions' times. A trace that is bound
 * stays bound; a session belongs to the project that named it first, whichever project its traces are in.
 */
export async function bindSessions(context: StoreContext, merges: readonly TraceMerge[]): Promise<void> {
  const bound = await findSessionTexts(context, merges)
  const drafts = new Map<string, SessionDraft>()
  for (const merge of merges) {
    const { projectSessionId, projectId, startTime, endTime } = merge.trace
    if (projectSessionId !== null) merge.sessionId = bound.get(projectSessionId) ?? null
    if (merge.sessionId !== null) widen(drafts, { sessionId: merge.sessionId, projectId, startTime, endTime })
  }
  const ids = await upsertSessions(context, [...drafts.values()])
  for (const { trace, sessionId } of merges) {
    if (sessionId !== null) trace.projectSessionId = ids.get(sessionId) ?? null
  }
}

function widen(drafts: Map<string, SessionDraft>, span: SessionDraft): void {
  const draft = drafts.get(span.sessionId)
  if (!draft) drafts.set(span.sessionId, span)
  else {
    draft.startTime = Math.min(draft.startTime, span.startTime)
    draft.endTime = Math.max(draft.endTime, span.endTime)
  }
}

async function findSessionTexts(
  { tx, db }: StoreContext,
  merges: readonly TraceMerge[],
): Promise<Map<number, string>> {
  const { projectSessions } = db.t
  const ids = new Set(merges.flatMap(({ trace }) => trace.projectSessionId ?? []))
  const texts = new Map<number, string>()
  for (const chunk of chunksFor([...ids], 1, db.dialect.maxParameters)) {
    const rows = await tx
      .select({ id: projectSessions.id, sessionId: projectSessions.sessionId })
      .from(projectSessions)
      .where(inArray(projectSessions.id, chunk))
    for (const row of rows) texts.set(row.id, row.sessionId)
  }
  return texts
}

async function upsertSessions(
  { tx, db }: StoreContext,
  drafts: readonly SessionDraft[],
): Promise<Map<string, number>> {
  const { projectSessions } = db.t
  const { least, greatest, maxParameters } = db.dialect
  const sorted = [...drafts].sort((a, b) => byText(a.sessionId, b.sessionId))
  const ids = new Map<string, number>()
  for (const values of chunksFor(sorted, 4, maxParameters)) {
    const rows = await tx
      .insert(projectSessions)
      .values(values)
      .onConflictDoUpdate({
        target: projectSessions.sessionId,
        set: {
          startTime: least(projectSessions.startTime, excluded(projectSessions.startTime)),
          endTime: greatest(projectSessions.endTime, excluded(projectSessions.endTime)),
        },
      })
      .returning({ id: projectSessions.id, sessionId: projectSessions.sessionId })
    for (const row of rows) ids.set(row.sessionId, row.id)
  }
  return ids
}
