/**
 * What is wrong with the server and only an admin can mend: shown above the pages of admins until it is right again. In
 * the database, so that every replica and the collector may raise one and any page shows it.
 */
import { asc, eq, sql } from 'drizzle-orm'
import type { Database, Queries } from '#server/db/database'
import { prepared } from '#server/db/prepared'
import type { NoticeTone } from '#server/db/schema'
import type { AdminNotice } from '#server/notices/model'

/** The faults that raise a notice. */
export type NoticeId =
  | 'mail.failed'
  | 'role.kept'
  | 'tls.broken'
  | 'tls.expiring'
  | 'ldap.last-admin'
  | 'ldap.sync-failed'
  | 'ldap.sync-stopped'

interface NoticeWorld {
  db: Pick<Database, 't'>
  clock: () => Date
}

export interface NewNotice {
  id: NoticeId
  tone: NoticeTone
  /** What happened and what to do; no secret, no personal data. */
  sentence: string
}

/** Says what is wrong. While it is still wrong the sentence is renewed and counted, and the notice stays one. */
export async function raiseNotice(tx: Queries, { db, clock }: NoticeWorld, notice: NewNotice): Promise<void> {
  const { adminNotices } = db.t
  const now = clock()
  await tx
    .insert(adminNotices)
    .values({ ...notice, firstAt: now, lastAt: now })
    .onConflictDoUpdate({
      target: adminNotices.id,
      set: {
        tone: notice.tone,
        sentence: notice.sentence,
        lastAt: now,
        count: sql`${adminNotices.count} + 1`,
      },
    })
}

/** Takes a notice back: it is right again. */
export async function clearNotice(tx: Queries, { db }: Pick<NoticeWorld, 'db'>, id: NoticeId): Promise<void> {
  const { adminNotices } = db.t
  await tx.delete(adminNotices).where(eq(adminNotices.id, id))
}

/** Everything that is wrong just now, the oldest first. */
export async function listNotices({ db }: { db: Database }): Promise<AdminNotice[]> {
  const { adminNotices } = db.t
  const rows = await prepared(db.read, 'notices', () =>
    db.read.select().from(adminNotices).orderBy(asc(adminNotices.firstAt), asc(adminNotices.id)),
  )({})
  return rows.map(({ firstAt, lastAt, ...row }) => ({
    ...row,
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
  }))
}
