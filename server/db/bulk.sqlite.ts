/** Bulk statements on SQLite: one prepared statement, run for each row. There is no way to the database to save. */
import { getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import {
  aliasesOf,
  type Bulk,
  encoderOf,
  type Field,
  fieldsOf,
  Memo,
  mergesOf,
  namesOf,
  pickFields,
  quoted,
  type Row,
  returningOf,
  shapeOfUpdate,
  shapeOfUpsert,
} from '#server/db/bulk'
import { JSONB_TYPE } from '#server/db/columns.sqlite'
import type { Queries } from '#server/db/database'
import type { SqliteConnection } from '#server/db/sqlite-connection'

type Statement = ReturnType<SqliteConnection['prepare']> & {
  run(values: unknown[]): { lastInsertRowid: number | bigint }
  get(values: unknown[]): unknown
  all(values: unknown[]): unknown[]
}

const statements = new Memo<SqliteConnection, Statement>()
const FUNCTIONS = { least: 'min', greatest: 'max' }

/** `text` is made only when the statement is not prepared yet. */
export function prepare(tx: Queries, key: string, text: () => string): Statement {
  const client = (tx as unknown as { $client: SqliteConnection }).$client
  return statements.get(client, key, () => client.prepare(text()) as Statement)
}

const isJsonb = ({ column }: Field) => column.getSQLType() === JSONB_TYPE

/** Binary JSON comes as it is, or as a text that it is made of. */
const placeholder = (field: Field) => (isJsonb(field) ? 'jsonb(?)' : '?')

/** The values of a row in the order of the fields. */
function binderOf(fields: readonly Field[]): (row: Row) => unknown[] {
  const parts = fields.map((field) => {
    const encode = isJsonb(field) ? (value: unknown) => value : encoderOf(field.column)
    return { member: field.member, encode }
  })
  return (row) => parts.map(({ member, encode }) => encode(row[member]))
}

function insertText(table: PgTable, fields: readonly Field[]): string {
  return `insert into ${quoted(getTableName(table))} (${namesOf(fields)}) values (${fields.map(placeholder).join(', ')})`
}

function runInserts(tx: Queries, table: PgTable, rows: readonly Row[]): number[] {
  const fields = fieldsOf(table, rows)
  const shape = `insert ${getTableName(table)} ${fields.map(({ member }) => member).join()}`
  const statement = prepare(tx, shape, () => insertText(table, fields))
  const bind = binderOf(fields)
  return rows.map((row) => Number(statement.run(bind(row)).lastInsertRowid))
}

export const sqliteBulk: Bulk = {
  reserveIds: async (tx, table, count) => {
    const statement = prepare(tx, 'reserve', () => 'select seq from sqlite_sequence where name = ?')
    const last = (statement.get([getTableName(table)]) as { seq: number } | undefined)?.seq ?? 0
    return Array.from({ length: count }, (_, index) => last + 1 + index)
  },

  insertMany: async (tx, table, rows) => (rows.length === 0 ? [] : runInserts(tx, table, rows as Row[])),

  // A writer is alone: nobody can have put a row in meanwhile.
  insertMissing: async (tx, table, rows, key) => {
    const ids = rows.length === 0 ? [] : runInserts(tx, table, rows as Row[])
    return new Map(rows.map((row, index) => [String((row as Row)[key]), ids[index] as number]))
  },

  selectMany: async (tx, table, { members, by }, keys) => {
    const fields = pickFields(table, members)
    const [key] = pickFields(table, [by])
    const name = getTableName(table)
    const statement = prepare(
      tx,
      `select ${name} ${by} ${members.join()}`,
      () => `select ${aliasesOf(fields)} from ${quoted(name)} where ${quoted(key?.column.name ?? '')} = ?`,
    )
    return keys.flatMap((value) => statement.all([value])) as never[]
  },

  // A writer is alone: nothing has to be held.
  holdMany: (tx, table, select, names) => sqliteBulk.selectMany(tx, table, select, names),

  upsertMany: async (tx, table, rows, upsert) => {
    if (rows.length === 0) return []
    const { key, merge, returning } = upsert
    const fields = fieldsOf(table, rows as Row[])
    const statement = prepare(tx, `${getTableName(table)} ${shapeOfUpsert(fields, upsert)}`, () => {
      const name = quoted(getTableName(table))
      const target = namesOf(pickFields(table, key))
      const sets = mergesOf(name, fields, merge, FUNCTIONS)
      const results = returningOf(pickFields(table, returning))
      return `${insertText(table, fields)} on conflict (${target}) do update set ${sets} ${results}`
    })
    const bind = binderOf(fields)
    if (returning.length > 0) return rows.map((row) => statement.get(bind(row as Row))) as never[]
    for (const row of rows) statement.run(bind(row as Row))
    return []
  },

  updateMany: async (tx, table, rows, key) => {
    if (rows.length === 0) return
    const fields = fieldsOf(table, rows as Row[])
    const keys: readonly string[] = key
    const set = fields.filter(({ member }) => !keys.includes(member))
    const where = pickFields(table, key)
    const statement = prepare(tx, `${getTableName(table)} ${shapeOfUpdate(fields, keys)}`, () => {
      const sets = set.map((field) => `${quoted(field.column.name)} = ${placeholder(field)}`).join(', ')
      const conditions = where.map(({ column }) => `${quoted(column.name)} = ?`).join(' and ')
      return `update ${quoted(getTableName(table))} set ${sets} where ${conditions}`
    })
    const bind = binderOf([...set, ...where])
    for (const row of rows) statement.run(bind(row as Row))
  },
}
