/** Entries of the audit log in JSON and CSV. */
import { z } from 'zod'
import type { AuditEntry } from '#server/audit/model'
import { OUTCOMES } from '#server/audit/model'
import type { Database } from '#server/db/database'
import { formatTime } from '#server/wire-time'

type Row = Database['t']['auditEvents']['$inferSelect']

export const AuditEntryJson = z.object({
  number: z.int(),
  at: z.iso.datetime({ offset: true }),
  action: z.string(),
  outcome: z.enum(OUTCOMES),
  reason: z.string().nullable(),
  actor_kind: z.string(),
  actor: z.string().nullable(),
  actor_name: z.string().nullable(),
  credential: z.string().nullable(),
  target: z.string().nullable(),
  target_name: z.string().nullable(),
  address: z.string().nullable(),
  user_agent: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  erased: z.boolean(),
  hash: z.string(),
}) satisfies z.ZodType<AuditEntry>

export const AuditPageJson = z.object({
  data: z.array(AuditEntryJson),
  next_cursor: z.string().nullable(),
})

/** An entry as REST shows it. */
export function entryJson(row: Row): AuditEntry {
  return {
    number: row.id,
    at: formatTime(row.at),
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    actor_kind: row.actorKind,
    actor: row.actorUserId === null ? null : `User:${row.actorUserId}`,
    actor_name: row.actorName,
    credential: row.credential,
    target: row.target,
    target_name: row.targetName,
    address: row.address,
    user_agent: row.userAgent,
    details: readDetails(row.details),
    erased: row.personalSalt === null,
    hash: row.hash,
  }
}

/** What somebody has put in the place of the details must not hide the entry from those who look for it. */
function readDetails(text: string): Record<string, unknown> {
  try {
    const details: unknown = JSON.parse(text)
    if (typeof details === 'object' && details !== null && !Array.isArray(details))
      return details as Record<string, unknown>
  } catch {
    // Shown as it stands.
  }
  return { unreadable: text }
}

const COLUMNS = Object.keys(AuditEntryJson.shape) as (keyof AuditEntry)[]

/** The first line of a CSV file (RFC 4180). */
export const csvHead = (): string => csvLine(COLUMNS)

/** An entry as one line of CSV, the details as JSON. */
export function csvEntry(entry: AuditEntry): string {
  return csvLine(
    COLUMNS.map((name) => {
      const value = entry[name]
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
    }),
  )
}

const csvLine = (cells: readonly string[]) => `${cells.map(csvCell).join(',')}\r\n`

/** A spreadsheet would run these as a formula; what strangers type stands in the log. The full-width forms count too. */
const FORMULA = /^[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** A cell in quotes; one that a spreadsheet would take for a formula begins with an apostrophe. */
function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
