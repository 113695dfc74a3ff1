/** The directory (LDAP) and the accounts that come from it: see server/ldap/sync.ts. */
import type { Palette } from '#server/db/columns.postgres'

export function defineDirectory(c: Palette) {
  /** The one row says when the accounts were last compared with the directory, by whichever replica. */
  const directorySync = c.table('directory_sync', {
    id: c.int('id').primaryKey(),
    /** Until when a replica is at it: what did not come to an end by then is begun anew. Null for nobody. */
    claimedUntil: c.time('claimed_until'),
    startedAt: c.time('started_at'),
    finishedAt: c.time('finished_at'),
    /** What came of it, as JSON; no names. Null before the first has ended. */
    report: c.text('report'),
  })

  return { directorySync }
}
