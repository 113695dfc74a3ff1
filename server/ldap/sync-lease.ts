/** Which of several replicas compares accounts with the directory, and what came of it last. One row of the database. */
import { and, eq, isNull, lte, or } from 'drizzle-orm'
import type { Database } from '#server/db/database'
import type { SyncReport } from '#server/ldap/sync-model'

const ROW = 1
/** A replica that has not said for so long that it is still at it is not any more. */
const CLAIM_MS = 120_000
/** How often it says so. */
export const RENEW_MS = 30_000

interface World {
  db: Database
  clock: () => Date
}

/** What is known of the last comparison. */
export interface SyncState {
  startedAt: Date | null
  finishedAt: Date | null
  isRunning: boolean
  report: SyncReport | null
}

/** The last comparison, whichever replica made it. */
export async function readSyncState({ db, clock }: World): Promise<SyncState> {
  const { directorySync: t } = db.t
  const [row] = await db.read.select().from(t).where(eq(t.id, ROW))
  const isRunning = row?.claimedUntil != null && row.claimedUntil > clock()
  const report = row?.report ? (JSON.parse(row.report) as SyncReport) : null
  return { startedAt: row?.startedAt ?? null, finishedAt: row?.finishedAt ?? null, isRunning, report }
}

/**
 * Takes the turn, unless somebody is at it or the last one began less than `notWithinMs` ago.
 * @returns when it began, which names this turn; null when it is not ours
 */
export async function claimSync({ db, clock }: World, notWithinMs: number): Promise<Date | null> {
  const { directorySync: t } = db.t
  const now = clock()
  const isFree = or(isNull(t.claimedUntil), lte(t.claimedUntil, now))
  const isDue = or(isNull(t.startedAt), lte(t.startedAt, new Date(now.getTime() - notWithinMs)))
  return db.write(async (tx) => {
    await tx.insert(t).values({ id: ROW }).onConflictDoNothing()
    const rows = await tx
      .update(t)
      .set({ claimedUntil: new Date(now.getTime() + CLAIM_MS), startedAt: now })
      .where(and(eq(t.id, ROW), isFree, isDue))
      .returning({ id: t.id })
    return rows.length > 0 ? now : null
  })
}

/** Says that the turn is still being used; false when it has been taken over. */
export async function renewSync({ db, clock }: World, turn: Date): Promise<boolean> {
  const { directorySync: t } = db.t
  const claimedUntil = new Date(clock().getTime() + CLAIM_MS)
  const rows = await db.write((tx) =>
    tx
      .update(t)
      .set({ claimedUntil })
      .where(and(eq(t.id, ROW), eq(t.startedAt, turn)))
      .returning({ id: t.id }),
  )
  return rows.length > 0
}

/** Gives the turn back. @param report what came of it; null when it was broken off */
export async function endSync({ db, clock }: World, turn: Date, report: SyncReport | null): Promise<void> {
  const { directorySync: t } = db.t
  const outcome = report && { finishedAt: clock(), report: JSON.stringify(report) }
  await db.write((tx) =>
    tx
      .update(t)
      .set({ claimedUntil: null, ...outcome })
      .where(and(eq(t.id, ROW), eq(t.startedAt, turn))),
  )
}
