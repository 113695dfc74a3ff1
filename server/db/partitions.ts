/**
 * Where spans are kept apart by the day their trace was first seen: one partition for each day (UTC) on PostgreSQL, so
 * that whole days can go at once and the indexes that are written to stay small. SQLite has one table.
 */

/** A trace's row id is its day times this, plus a number: see `datedSerial` in columns.postgres.ts. */
export const IDS_PER_DAY = 2 ** 33

/** Days for which there are partitions before they are needed. */
export const PARTITION_DAYS_AHEAD = 14

export interface SpanPartitions {
  /** Whether spans could not be stored because their partition is missing. */
  isMissing(error: unknown): boolean
  /** Makes the partitions for the spans of these traces, where they are missing. Outside of any transaction. */
  ensureFor(traceRowIds: readonly number[]): Promise<void>
  /** Makes the partitions of today and of so many days after it, where they are missing. Outside of any transaction. */
  ensureAhead(days: number): Promise<void>
}

/** An engine that keeps all spans in one table. */
export const noPartitions: SpanPartitions = {
  isMissing: () => false,
  ensureFor: async () => {},
  ensureAhead: async () => {},
}
