import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import {
  check,
  customType,
  index,
  integer,
  primaryKey,
  type SQLiteColumn,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { Palette } from '#server/db/columns.postgres'
import { textOfJsonb } from '#server/db/jsonb'

const rawBytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'blob' })
const millis = customType<{ data: Date; driverData: number }>({
  dataType: () => 'integer',
  toDriver: (value) => value.getTime(),
  fromDriver: (value) => new Date(value),
})
/** The declared type of a column with binary JSON: to SQLite a blob. */
export const JSONB_TYPE = 'jsonb blob'

const jsonb = customType<{ data: string; driverData: Buffer }>({
  dataType: () => JSONB_TYPE,
  toDriver: (text) => sql`jsonb(${text})`,
  fromDriver: textOfJsonb,
})

/** The 131,072 row ids that a row is among. The index on it is found by these very words. */
export const rangeOfId = (id: SQLWrapper): SQL => sql`(${id} >> 17)`

const columns = {
  table: sqliteTable,
  index,
  uniqueIndex,
  check,
  primaryKey,
  rangedIndex: (name: string, id: SQLiteColumn, column: SQLiteColumn) =>
    index(name).on(rangeOfId(id), column),
  serial: (name: string) => integer(name).primaryKey({ autoIncrement: true }),
  datedSerial: (name: string) => integer(name).primaryKey({ autoIncrement: true }),
  int: (name: string) => integer(name),
  smallInt: (name: string) => integer(name),
  micros: (name: string) => integer(name),
  time: (name: string) => millis(name),
  bool: (name: string) => integer(name, { mode: 'boolean' }),
  text: (name: string) => text(name),
  choice: <T extends string>(name: string) => text(name).$type<T>(),
  bytes: (name: string) => rawBytes(name),
  json: <T>(name: string) => text(name, { mode: 'json' }).$type<T>(),
  jsonText: (name: string) => text(name),
  binaryJson: (name: string) => jsonb(name),
} satisfies Record<keyof Palette, unknown>

/** The SQLite palette, worn as the PostgreSQL one: one of the few casts that make one schema serve both. */
export const sqliteColumns = columns as unknown as Palette
