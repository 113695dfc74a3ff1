import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

const rawBytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const rawJson = customType<{ data: string; driverData: string }>({ dataType: () => 'jsonb' })

/** How each kind of value is stored in PostgreSQL. The SQLite palette has the same names and JS types. */
export const postgresColumns = {
  table: pgTable,
  index,
  uniqueIndex,
  check,
  primaryKey,
  /**
   * An index on random values that grows with the row ids: on SQLite cut into ranges of ids, so that a writer touches
   * the pages of the last range alone. Ask with `dialect.inRanges`. PostgreSQL's partitions do the same for it.
   */
  rangedIndex: (name: string, _id: AnyPgColumn, column: AnyPgColumn) => index(name).on(column),
  /** A row id: never used twice. */
  serial: (name: string) => bigint(name, { mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  /**
   * A row id that tells the day of its making: days since 1970 (UTC) times 2^33, plus a number of the sequence, which
   * begins anew when it reaches 2^33. Fits 2^53. On SQLite a plain row id.
   */
  datedSerial: (name: string, sequence: string) =>
    bigint(name, { mode: 'number' })
      .primaryKey()
      .default(
        sql.raw(`((floor(extract(epoch from now()) / 86400)::bigint << 33) + nextval('${sequence}'))`),
      ),
  /** An id of another row, or any integer up to 2^53. */
  int: (name: string) => bigint(name, { mode: 'number' }),
  smallInt: (name: string) => integer(name),
  /** A span time: microseconds since 1970, UTC. */
  micros: (name: string) => bigint(name, { mode: 'number' }),
  /** Any other time, to the millisecond. */
  time: (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 }),
  bool: (name: string) => boolean(name),
  text: (name: string) => text(name),
  /** One of a few words; `choiceCheck` in the schema holds the database to it. */
  choice: <T extends string>(name: string) => text(name).$type<T>(),
  bytes: (name: string) => rawBytes(name),
  json: <T>(name: string) => jsonb(name).$type<T>(),
  /** JSON as text in and out, so that 64-bit integers survive: never parsed by the driver. */
  jsonText: (name: string) => rawJson(name),
  /** The same, kept parsed on SQLite too. */
  binaryJson: (name: string) => rawJson(name),
}

export type Palette = typeof postgresColumns
