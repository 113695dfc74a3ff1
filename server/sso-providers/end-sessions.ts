/** Ends what began at a provider, once it is not trusted any more. */
import { eq, inArray } from 'drizzle-orm'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { endedDetails } from '#server/auth/sessions'
import type { Queries } from '#server/db/database'

/** Ends every session that began at a provider, in everybody's browsers, and puts that on record. Keys go on. */
export async function endSessionsThrough(tx: Queries, ctx: RecordCtx, name: string): Promise<void> {
  const { sessions, oidcSessions } = ctx.db.t
  const begunThere = tx
    .select({ id: oidcSessions.sessionId })
    .from(oidcSessions)
    .where(eq(oidcSessions.providerName, name))
  const ended = await tx
    .delete(sessions)
    .where(inArray(sessions.id, begunThere))
    .returning({ id: sessions.id })
  if (ended.length === 0) return
  await recordEvent(tx, ctx, {
    action: 'session.end',
    outcome: 'success',
    target: `SignInProvider:${name}`,
    details: endedDetails(ended.map(({ id }) => id)),
  })
}
