/**
 * Reads the audit log backwards, a page at a time. No question costs more than LOOKED_AT entries: those that have
 * nothing but a condition without an index answer what they have found so far, and where to go on.
 */
import { and, desc, eq, lt, lte, or, type SQL } from 'drizzle-orm'
import { type AuditQuestion, readFilter } from '#server/audit/filter'
import type { AuditEntry, AuditPage } from '#server/audit/model'
import { entryJson } from '#server/audit/wire'
import type { Database } from '#server/db/database'
import { AppError } from '#server/errors'
import { decodeGlobalId, encodeGlobalId } from '#server/global-id'
import { invalidCursor } from '#server/query'

/** Entries that one page may look at. */
const LOOKED_AT = 10_000

type World = { db: Database }
type Row = Database['t']['auditEvents']['$inferSelect']

export interface AuditPageInput {
  question: AuditQuestion
  /** What a page's `next_cursor` said; empty or undefined for the newest. */
  cursor: string | undefined
  limit: number
}

/**
 * A page of entries, newest first.
 * @throws AppError invalid (422): a cursor that no page gave, a range of time that ends before it begins
 */
export async function listAuditEntries(world: World, input: AuditPageInput): Promise<AuditPage> {
  const filter = await readFilter(world, input.question)
  const from = await readPlace(world, input.cursor)
  const window = and(filter.indexed, filter.time, from)
  const rows = filter.rest
    ? await readWindow(world, window, filter.rest, input.limit + 1)
    : await readNewest(world, window, input.limit + 1)
  const data = rows.slice(0, input.limit).map(entryJson)
  const next = rows[input.limit]?.id ?? (filter.rest ? await endOfWindow(world, window) : null)
  return { data, next_cursor: next === null ? null : encodeGlobalId('AuditEvent', next) }
}

/**
 * One entry.
 * @throws AppError not_found
 */
export async function getAuditEntry({ db }: World, number: number): Promise<AuditEntry> {
  const { auditEvents: t } = db.t
  const [row] = await db.read.select().from(t).where(eq(t.id, number))
  if (!row) throw new AppError('not_found', 'There is no such entry')
  return entryJson(row)
}

/** The entry that a cursor names, and all before it. */
async function readPlace({ db }: World, cursor: string | undefined): Promise<SQL | undefined> {
  if (!cursor) return undefined
  const id = decodeGlobalId(cursor)
  if (id?.type !== 'AuditEvent') throw invalidCursor(cursor)
  const { auditEvents: t } = db.t
  const [first] = await db.read.select({ at: t.at }).from(t).where(eq(t.id, id.rowId))
  if (!first) throw invalidCursor(cursor)
  return and(lte(t.at, first.at), or(lt(t.at, first.at), lte(t.id, id.rowId)))
}

function readNewest({ db }: World, window: SQL | undefined, limit: number): Promise<Row[]> {
  const { auditEvents: t } = db.t
  return db.read.select().from(t).where(window).orderBy(desc(t.at), desc(t.id)).limit(limit)
}

/** The newest of the window that satisfy the rest; only its first LOOKED_AT entries are tested. */
function readWindow({ db }: World, window: SQL | undefined, rest: SQL, limit: number): Promise<Row[]> {
  const { auditEvents: t } = db.t
  const looked = db.read
    .select()
    .from(t)
    .where(window)
    .orderBy(desc(t.at), desc(t.id))
    .limit(LOOKED_AT)
    // Under the name of the table itself, so that conditions on its columns mean this part of it.
    .as('audit_events')
  return db.read.select().from(looked).where(rest).orderBy(desc(looked.at), desc(looked.id)).limit(limit)
}

/** The first entry that `readWindow` did not look at; null when it looked at all. */
async function endOfWindow({ db }: World, window: SQL | undefined): Promise<number | null> {
  const { auditEvents: t } = db.t
  const [next] = await db.read
    .select({ id: t.id })
    .from(t)
    .where(window)
    .orderBy(desc(t.at), desc(t.id))
    .offset(LOOKED_AT)
    .limit(1)
  return next?.id ?? null
}
