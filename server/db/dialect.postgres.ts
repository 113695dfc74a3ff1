import { getTableName, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { postgresBulk } from '#server/db/bulk.postgres'
import type { Dialect } from '#server/db/dialect'
import { errorCodes, errorMessages } from '#server/db/error-codes'
import { postgresKin } from '#server/db/kin.postgres'

// Class 08 is the connection, 57P01-57P03 and 57P05 a server that stops or starts, 40001 and 40P01 a lost race,
// 53300 too many connections, 55P03 a lock that was not waited for, 25006 a primary that has become a standby.
const TRANSIENT = /^(08...|57P0[1235]|40001|40P01|53300|55P03|25006)$/
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // the socket of a server that is not running
])
// pg reports these without a code.
const LOST =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed)/
const FULL = new Set(['53100', 'ENOSPC', 'EDQUOT'])

const textArray = (path: readonly string[]): SQL =>
  path.length === 0
    ? sql`'{}'::text[]`
    : sql`array[${sql.join(
        path.map((segment) => sql`${segment}`),
        sql`, `,
      )}]::text[]`

const jsonAt = (column: SQLWrapper, path: readonly string[]): SQL => sql`(${column} #> ${textArray(path)})`

interface Lockable {
  for(strength: 'update'): unknown
}

/** PostgreSQL 14 and later. */
export const postgresDialect: Dialect = {
  name: 'postgres',
  jsonBytes: 'text',
  maxParameters: 65_535,
  containsText: (column, needle) => sql`position(lower(${needle}::text) in lower(${column})) > 0`,
  jsonTextAt: (column, path) => sql<
    string | null
  >`case when jsonb_typeof(${jsonAt(column, path)}) in ('object', 'array') then null
      else ${column} #>> ${textArray(path)} end`,
  jsonTypeAt: (column, path) => sql<string | null>`jsonb_typeof(${jsonAt(column, path)})`,
  least: (a, b) => sql<number>`least(${a}, ${b})`,
  greatest: (a, b) => sql<number>`greatest(${a}, ${b})`,
  // The schema's tables alone: the database may hold other people's.
  bytesOnDisk: () => sql<number>`(select coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = current_schema())`,
  isOneOf: (_table, column, values) => inArray(column, [...values]),
  lockRows: (query) => {
    ;(query as unknown as Lockable).for('update')
    return query
  },
  skipUsedIds: async (tx, table) => {
    const sequence = sql`pg_get_serial_sequence(${getTableName(table)}, 'id')::regclass`
    // Never backwards: another process may be inserting.
    await tx
      .select({ id: sql`setval(${sequence}, greatest(max(id), nextval(${sequence})))` })
      .from(table as never)
  },
  ...postgresBulk,
  ...postgresKin,
  isUniqueViolation: (error) => errorCodes(error).includes('23505'),
  isTransient: (error) =>
    errorCodes(error).some((code) => TRANSIENT.test(code) || NETWORK.has(code)) ||
    errorMessages(error).some((message) => LOST.test(message)),
  isStorageFull: (error) => errorCodes(error).some((code) => FULL.has(code)),
}
