/** What the two engines spell differently, as one interface and two objects. No `if (postgres)` elsewhere. */
import type { SQL, SQLWrapper } from 'drizzle-orm'

export interface Dialect {
  readonly name: 'sqlite' | 'postgres'
  /** Bound values that one statement may carry. Bulk inserts are cut to fit. */
  readonly maxParameters: number
  /** Case-blind substring test; `%` and `_` in the needle are ordinary characters. */
  containsText(column: SQLWrapper, needle: string): SQL
  /** The scalar at a dotted path of a JSON column as text, or null when absent, a list or an object. */
  jsonTextAt(column: SQLWrapper, path: readonly string[]): SQL<string | null>
  /** The JSON type at that path: string, number, boolean, null, array, object; SQL null when absent. */
  jsonTypeAt(column: SQLWrapper, path: readonly string[]): SQL<string | null>
  /** Smaller / larger of two expressions of one type, neither null. */
  least(a: SQLWrapper, b: SQLWrapper): SQL<number>
  greatest(a: SQLWrapper, b: SQLWrapper): SQL<number>
  /** `for update` on engines with row locks; nothing where a writer is alone anyway. */
  isUniqueViolation(error: unknown): boolean
  /** Whether trying again later may help: lost connection, lock, deadlock, server starting up. */
  isTransient(error: unknown): boolean
  /** Whether the disk or the tablespace is full. */
  isStorageFull(error: unknown): boolean
}
