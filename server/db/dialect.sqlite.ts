import { inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { sqliteBulk } from '#server/db/bulk.sqlite'
import { rangeOfId } from '#server/db/columns.sqlite'
import type { Dialect } from '#server/db/dialect'
import { errorCodes } from '#server/db/error-codes'
import { sqliteKin } from '#server/db/kin.sqlite'

const TRANSIENT = /^SQLITE_(BUSY|LOCKED|PROTOCOL|IOERR_(LOCK|BLOCKED|SHMLOCK))/
const FULL = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT'])
const UNIQUE = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'SQLITE_CONSTRAINT_ROWID',
])

const isIndex = (segment: string) => /^\d+$/.test(segment)
// Quotes and backslashes as in JSON: unescaped they would break the path.
const asKey = (segment: string) => `.${JSON.stringify(segment)}`

/** The JSON (text) found at the path; SQLite tells list indexes and object keys apart, so both are tried. */
function jsonAt(column: SQLWrapper, path: readonly string[]): SQL {
  const byKey = `$${path.map(asKey).join('')}`
  if (!path.some(isIndex)) return sql`(${column} -> ${byKey})`
  const byIndex = `$${path.map((segment) => (isIndex(segment) ? `[${segment}]` : asKey(segment))).join('')}`
  return sql`coalesce(${column} -> ${byIndex}, ${column} -> ${byKey})`
}

/** SQLite 3.45 and later, as better-sqlite3 carries it. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  jsonBytes: 'sqlite-jsonb',
  maxParameters: 32_766,
  // `casefold` is ours (server/db/sqlite.ts): SQLite's own lower() knows ASCII alone.
  containsText: (column, needle) => sql`instr(casefold(${column}), ${needle.toLowerCase()}) > 0`,
  jsonTextAt: (column, path) => {
    const found = jsonAt(column, path)
    return sql<string | null>`case json_type(${found}) when 'text' then ${found} ->> '$'
      when 'null' then null when 'array' then null when 'object' then null else ${found} end`
  },
  jsonTypeAt: (column, path) => sql<
    string | null
  >`case json_type(${jsonAt(column, path)}) when 'text' then 'string' when 'integer' then 'number'
      when 'real' then 'number' when 'true' then 'boolean' when 'false' then 'boolean'
      else json_type(${jsonAt(column, path)}) end`,
  least: (a, b) => sql<number>`min(${a}, ${b})`,
  greatest: (a, b) => sql<number>`max(${a}, ${b})`,
  bytesOnDisk: () => sql<number>`(select p.page_count * s.page_size
    from pragma_page_count() p, pragma_page_size() s)`,
  // In every range of ids there is: one step down the index for each.
  isOneOf: (
    table,
    column,
    values,
  ) => sql`(${rangeOfId(table.id)} in (with recursive ranges(n) as (select 0 union all
    select n + 1 from ranges where n < (select ${rangeOfId(sql`max(${table.id})`)} from ${table.id.table}))
    select n from ranges) and ${inArray(column, [...values])})`,
  lockRows: (query) => query,
  // AUTOINCREMENT sees them itself.
  skipUsedIds: async () => {},
  ...sqliteBulk,
  ...sqliteKin,
  isUniqueViolation: (error) => errorCodes(error).some((code) => UNIQUE.has(code)),
  isTransient: (error) => errorCodes(error).some((code) => TRANSIENT.test(code)),
  isStorageFull: (error) => errorCodes(error).some((code) => FULL.has(code)),
}
