/** `insertMany` of both engines: one statement, made once, that takes the rows as they are. */
import { type Column, getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { JSONB_TYPE } from '#server/db/columns.sqlite'
import type { Queries } from '#server/db/database'
import type { SqliteConnection } from '#server/db/sqlite-connection'

type Row = Record<string, unknown>

/** The columns that rows have members for, in the order of the first row. */
function columnsOf(table: PgTable, rows: readonly Row[]): [member: string, column: Column][] {
  const columns: Record<string, Column> = getTableColumns(table)
  return Object.keys(rows[0] ?? {}).flatMap((member) => {
    const column = columns[member]
    return column ? [[member, column] as [string, Column]] : []
  })
}

function encode(column: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (isJsonb(column)) return value
  return column.mapToDriverValue(isTextInBytes(column, value) ? textOf(value) : value)
}

const BYTES = new Set(['blob', 'bytea'])
const isTextInBytes = (column: Column, value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && !BYTES.has(column.getSQLType())

const textOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).utf8Slice()

/** SQLite makes binary JSON of a text, or of its bytes. */
const isJsonb = (column: Column) => column.getSQLType() === JSONB_TYPE

const idColumn = (table: PgTable): Column => Object.values(getTableColumns(table))[0] as Column

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** PostgreSQL: the columns as arrays, turned into rows by `unnest`, which keeps their order. */
export async function insertManyPostgres(
  tx: Queries,
  table: PgTable,
  rows: readonly Row[],
): Promise<number[]> {
  if (rows.length === 0) return []
  const columns = columnsOf(table, rows)
  const names = columns.map(([, column]) => sql.identifier(column.name))
  const arrays = columns.map(([member, column]) => arrayOf(column, rows, member))
  const id = sql.identifier(idColumn(table).name)
  const statement = sql`insert into ${table} (${sql.join(names, sql`, `)})
    select * from unnest(${sql.join(arrays, sql`, `)}) returning ${id} as id`
  const { rows: inserted } = await (tx as unknown as Executor).execute(statement)
  return inserted.map((row) => Number(row.id))
}

interface Executor {
  execute(statement: SQL): Promise<{ rows: { id: string }[] }>
}

function arrayOf(column: Column, rows: readonly Row[], member: string): SQL {
  const values = rows.map((row) => encode(column, row[member]))
  return sql`${sql.param(values)}::${sql.raw(column.getSQLType())}[]`
}

type Statement = ReturnType<SqliteConnection['prepare']> & {
  run(...values: unknown[]): { lastInsertRowid: number | bigint }
}
const statements = new WeakMap<SqliteConnection, Map<string, Statement>>()

/** SQLite: one prepared statement, run for each row. There is no way to the database to save. */
export async function insertManySqlite(tx: Queries, table: PgTable, rows: readonly Row[]): Promise<number[]> {
  if (rows.length === 0) return []
  const columns = columnsOf(table, rows)
  const statement = prepare((tx as unknown as { $client: SqliteConnection }).$client, table, columns)
  return rows.map((row) => {
    const values = columns.map(([member, column]) => encode(column, row[member]))
    return Number(statement.run(...values).lastInsertRowid)
  })
}

const placeholder = ([, column]: [string, Column]) => (isJsonb(column) ? 'jsonb(cast(? as text))' : '?')

function prepare(client: SqliteConnection, table: PgTable, columns: [string, Column][]): Statement {
  const names = columns.map(([, column]) => quoted(column.name)).join(', ')
  const text = `insert into ${quoted(getTableName(table))} (${names}) values (${columns.map(placeholder).join(', ')})`
  let known = statements.get(client)
  if (!known) {
    known = new Map()
    statements.set(client, known)
  }
  let statement = known.get(text)
  if (!statement) {
    statement = client.prepare(text)
    known.set(text, statement)
  }
  return statement
}
