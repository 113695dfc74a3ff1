/**
 * Statements over many rows at once. The query builder's own cost several times what the database does with them: it puts
 * the text together for every batch, and maps every value. Here a text is made once for a table and a shape of row,
 * prepared once per connection, and takes all rows. Rows of one call have the same members.
 */
import { Column, getTableColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Queries } from '#server/db/database'

/** A row whose texts may be their UTF-8 bytes. A JSON document's bytes are in the dialect's `jsonBytes` form. */
export type BulkRow<T extends PgTable> = Bytewise<T['$inferInsert']>
type Bytewise<Row> = { [Key in keyof Row]: string extends Row[Key] ? Row[Key] | Uint8Array : Row[Key] }

/** A column by its property in the table. */
export type Member<T extends PgTable> = keyof T['$inferSelect'] & string

/** What becomes of a column of a row that is there already. */
export type Merge = 'replace' | 'add' | 'least' | 'greatest'

export interface BulkSelect<T extends PgTable, M extends Member<T>> {
  /** Columns of numbers, text or bytes. */
  members: readonly M[]
  /** The column that equals one of the keys. */
  by: Member<T>
  /** Locks the rows until the transaction ends, in the order of the keys' values; texts in that of `inLockOrder`. */
  lock?: Lock
}

/**
 * What is kept from others: deleting the row, which several may do at once; changing it too; or all of it, also referring
 * to it, which a row must be held by to be deleted.
 */
export type Lock = 'from-delete' | 'from-change' | 'from-all'

/** Rows of a table that refer to those of another, and by which of their columns they are found. */
export interface Referring<T extends PgTable = PgTable> {
  table: T
  by: Member<T>
  refersBy: Member<T>
  keys: readonly string[]
}

export interface BulkUpsert<T extends PgTable, M extends Member<T>> {
  /** The columns of a unique key. */
  key: readonly Member<T>[]
  merge: Partial<Record<Member<T>, Merge>>
  /** Columns of numbers, text or bytes, given back for every row in the order of the rows. */
  returning: readonly M[]
}

export interface Bulk {
  /** Ids that no row of the table has or will have, in ascending order. */
  reserveIds(tx: Queries, table: PgTable, count: number): Promise<number[]>
  /** Inserts rows into a table whose first column is its id, and gives their ids in the order of the rows. */
  insertMany<T extends PgTable>(tx: Queries, table: T, rows: readonly BulkRow<T>[]): Promise<number[]>
  /**
   * Inserts rows into such a table, and leaves out those whose key another transaction has put in meanwhile.
   * @returns the ids of the others by their key
   */
  insertMissing<T extends PgTable>(
    tx: Queries,
    table: T,
    rows: readonly BulkRow<T>[],
    key: Member<T>,
  ): Promise<Map<string, number>>
  /** The rows with one of the keys; none of them twice. */
  selectMany<T extends PgTable, M extends Member<T>>(
    tx: Queries,
    table: T,
    select: BulkSelect<T, M>,
    keys: readonly (string | number)[],
  ): Promise<Pick<T['$inferSelect'], M>[]>
  /**
   * The rows with one of the names. Nobody can delete these, nor any that the others refer to, until the transaction ends:
   * one statement, before the rows that refer are locked.
   */
  holdMany<T extends PgTable, M extends Member<T>, R extends PgTable>(
    tx: Queries,
    table: T,
    select: Pick<BulkSelect<T, M>, 'members' | 'by'>,
    names: readonly string[],
    referring: Referring<R>,
  ): Promise<Pick<T['$inferSelect'], M>[]>
  /** Inserts rows, or merges them into those of the same key, in the order given: sort them, so that writers cannot deadlock. */
  upsertMany<T extends PgTable, M extends Member<T>>(
    tx: Queries,
    table: T,
    rows: readonly BulkRow<T>[],
    upsert: BulkUpsert<T, M>,
  ): Promise<Pick<T['$inferSelect'], M>[]>
  /** Sets the other members of rows that are found by the members of the key. */
  updateMany<T extends PgTable>(
    tx: Queries,
    table: T,
    rows: readonly Partial<BulkRow<T>>[],
    key: readonly Member<T>[],
  ): Promise<void>
}

/**
 * Compares texts in the order in which rows are locked, for `sort`: that of their UTF-8 bytes, which does not depend on
 * the collation of a database. JavaScript's own order differs past U+FFFF.
 */
export const inLockOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export type Row = Record<string, unknown>

/** A column and the member that rows have for it. */
export interface Field {
  member: string
  column: Column
}

/** The columns that rows have members for, in the order of the first row. */
export function fieldsOf(table: PgTable, rows: readonly Row[]): Field[] {
  return pickFields(table, Object.keys(rows[0] ?? {}))
}

/** Columns by their members; what is no column is left out. */
export function pickFields(table: PgTable, members: readonly string[]): Field[] {
  const columns: Record<string, Column> = getTableColumns(table)
  return members.flatMap((member) => {
    const column = columns[member]
    return column ? [{ member, column }] : []
  })
}

export const idColumn = (table: PgTable): Column => Object.values(getTableColumns(table))[0] as Column

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const namesOf = (fields: readonly Field[]): string =>
  fields.map(({ column }) => quoted(column.name)).join(', ')

/** A select list whose results have the members' names. */
export const aliasesOf = (fields: readonly Field[]): string =>
  fields.map(({ member, column }) => `${quoted(column.name)} as ${quoted(member)}`).join(', ')

/** A `returning` clause; nothing when there is nothing to give back. */
export const returningOf = (fields: readonly Field[]): string =>
  fields.length === 0 ? '' : `returning ${aliasesOf(fields)}`

/**
 * The `set` of an upsert. `greatest` and `least` are what the engine calls them.
 * @param table the table's quoted name
 */
export function mergesOf(
  table: string,
  fields: readonly Field[],
  merge: Partial<Record<string, Merge>>,
  functions: { least: string; greatest: string },
): string {
  const sets = fields.flatMap(({ member, column }) => {
    const name = quoted(column.name)
    const [old, added] = [`${table}.${name}`, `excluded.${name}`]
    const values = {
      replace: added,
      add: `${old} + ${added}`,
      least: `${functions.least}(${old}, ${added})`,
      greatest: `${functions.greatest}(${old}, ${added})`,
    }
    const how = merge[member]
    return how ? [`${name} = ${values[how]}`] : []
  })
  return sets.join(', ')
}

/** What tells the statements of upserts of one table apart: everything that their text is made of. */
export function shapeOfUpsert(
  fields: readonly Field[],
  { key, merge, returning }: { key: readonly string[]; merge: object; returning: readonly string[] },
): string {
  return `upsert ${JSON.stringify([fields.map(({ member }) => member), key, Object.entries(merge), returning])}`
}

/** The same of updates. */
export function shapeOfUpdate(fields: readonly Field[], key: readonly string[]): string {
  return `update ${JSON.stringify([fields.map(({ member }) => member), key])}`
}

const BYTE_TYPES = new Set(['blob', 'bytea'])

/** How a member's value is bound. Most columns need nothing, which is found out once and not for every value. */
export function encoderOf(column: Column): (value: unknown) => unknown {
  if (BYTE_TYPES.has(column.getSQLType())) return (value) => value ?? null
  const isPlain = column.mapToDriverValue === Column.prototype.mapToDriverValue
  return (value) => {
    if (value === null || value === undefined) return null
    if (value instanceof Uint8Array) return textOf(value)
    return isPlain ? value : column.mapToDriverValue(value)
  }
}

const textOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

/** What is made once for each key. */
export class Memo<K extends object, V> {
  readonly #known = new WeakMap<K, Map<string, V>>()

  get(owner: K, key: string, make: () => V): V {
    let values = this.#known.get(owner)
    if (!values) {
      values = new Map()
      this.#known.set(owner, values)
    }
    let value = values.get(key)
    if (value === undefined) {
      value = make()
      values.set(key, value)
    }
    return value
  }
}
