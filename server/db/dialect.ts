/** What the two engines spell differently, as one interface and two objects. No `if (postgres)` elsewhere. */
import type { SQL, SQLWrapper, Table } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Bulk } from '#server/db/bulk'
import type { Queries } from '#server/db/database'
import type { Kin } from '#server/db/kin'

export interface Dialect extends Bulk, Kin {
  readonly name: 'sqlite' | 'postgres'
  /** What the bytes of a JSON document are in bulk statements: its text, or SQLite's own form, which saves parsing it. */
  readonly jsonBytes: 'text' | 'sqlite-jsonb'
  /** Bound values that one statement may carry. Bulk inserts are cut to fit. */
  readonly maxParameters: number
  /** Case-blind substring test; `%` and `_` in the needle are ordinary characters. */
  containsText(column: SQLWrapper, needle: string): SQL
  /**
   * The scalar at a path of a JSON column as text, or null when absent, null, a list or an object. Numbers come
   * as written, not rounded. A segment of digits is an index into a list or a key of an object.
   */
  jsonTextAt(column: SQLWrapper, path: readonly string[]): SQL<string | null>
  /** The JSON type at that path: string, number, boolean, null, array, object; SQL null when absent. */
  jsonTypeAt(column: SQLWrapper, path: readonly string[]): SQL<string | null>
  /** Smaller / larger of two expressions of one type, neither null. */
  least(a: SQLWrapper, b: SQLWrapper): SQL<number>
  greatest(a: SQLWrapper, b: SQLWrapper): SQL<number>
  /** What our tables and their indexes take on disk, in bytes: an expression for a select of one row. */
  bytesOnDisk(): SQL<number>
  /** Rows with one of these values, by the `rangedIndex` on that column of a table with row ids. */
  isOneOf(table: { id: PgColumn }, column: PgColumn, values: readonly string[]): SQL
  /** The same select with its rows locked until the transaction ends; as it is where a writer is alone anyway. */
  lockRows<Q extends object>(query: Q): Q
  /** After rows were inserted with ids of their own: the table's counter goes on behind the largest. */
  skipUsedIds(tx: Queries, table: Table): Promise<void>
  /** Whether the error says that a row with this unique value is already there. */
  isUniqueViolation(error: unknown): boolean
  /** Whether trying again later may help: lost connection, lock, deadlock, server starting up. */
  isTransient(error: unknown): boolean
  /** Whether the disk or the tablespace is full. */
  isStorageFull(error: unknown): boolean
}
