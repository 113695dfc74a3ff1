/**
 * Bulk statements on PostgreSQL: wide rows by COPY in its binary form, which neither side has to parse; everything else
 * as columns in arrays, turned into rows by `unnest`, which keeps their order. One trip to the server for each call.
 */
import { type Column, getTableName, type SQL, sql } from 'drizzle-orm'
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import {
  aliasesOf,
  type Bulk,
  encoderOf,
  type Field,
  fieldsOf,
  idColumn,
  type Lock,
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
import { CopyWriter, fieldWriter } from '#server/db/copy-writer'
import type { Queries } from '#server/db/database'
import { copyIn } from '#server/db/postgres-copy'
import { queryError } from '#server/db/postgres-errors'

const FUNCTIONS = { least: 'least', greatest: 'greatest' }

const LOCKS: Record<Lock, string> = {
  'from-delete': 'for key share',
  'from-change': 'for no key update',
  'from-all': 'for update',
}

const clientOf = (tx: Queries) => (tx as unknown as { session: { client: pg.ClientBase } }).session.client

const texts = new Memo<PgTable, { name: string; text: string }>()
let statements = 0

/** Runs a statement that each connection parses once. `text` is made when it is first asked for. */
export async function run(
  tx: Queries,
  table: PgTable,
  key: string,
  text: () => string,
  values: unknown[],
): Promise<Row[]> {
  const statement = texts.get(table, key, () => ({ name: `bennu_bulk_${++statements}`, text: text() }))
  try {
    return (await clientOf(tx).query<Row>({ ...statement, values })).rows
  } catch (error) {
    throw queryError(statement.text, error)
  }
}

const tableName = (table: PgTable) => quoted(getTableName(table))
const arrayOf = (column: Column, index: number) => `$${index + 1}::${column.getSQLType()}[]`
const arrays = (fields: readonly Field[]) =>
  fields.map(({ column }, index) => arrayOf(column, index)).join(', ')
const membersOf = (fields: readonly Field[]) => fields.map(({ member }) => member).join()

/** The same in every database, and that of `inLockOrder`. */
function lockOrderOf(column: Column): string {
  const name = quoted(column.name)
  return column.getSQLType() === 'text' ? `${name} collate "C"` : name
}

function valuesOf(fields: readonly Field[], rows: readonly Row[]): unknown[][] {
  return fields.map(({ member, column }) => {
    const encode = encoderOf(column)
    return rows.map((row) => encode(row[member]))
  })
}

const insertText = (table: PgTable, fields: readonly Field[]) =>
  `insert into ${tableName(table)} (${namesOf(fields)}) select * from unnest(${arrays(fields)})`

/** The next id, as the table's own default says it. */
function nextId(table: PgTable): string {
  const column = idColumn(table)
  const { default: given } = column as { default: unknown }
  if (given === undefined)
    return `nextval((select pg_get_serial_sequence('${tableName(table)}', '${column.name}'))::regclass)`
  return new PgDialect().sqlToQuery(sql`${given as SQL}`).sql
}

function writeRows(fields: readonly Field[], rows: readonly Row[], ids: readonly number[] | null) {
  const parts = fields.map(({ member, column }) => ({ member, write: fieldWriter(column.getSQLType()) }))
  const writer = new CopyWriter()
  for (const [index, row] of rows.entries()) {
    writer.row(parts.length + (ids ? 1 : 0))
    if (ids) writer.bigint(ids[index] as number)
    for (const { member, write } of parts) {
      const value = row[member]
      if (value === null || value === undefined) writer.absent()
      else write(writer, value as never)
    }
  }
  return writer.finish()
}

export const postgresBulk: Bulk = {
  reserveIds: async (tx, table, count) => {
    if (count === 0) return []
    const text = () => `select ${nextId(table)} as id from generate_series(1, $1)`
    const rows = await run(tx, table, 'reserve', text, [count])
    return rows.map((row) => Number(row.id))
  },

  insertMany: async (tx, table, rows) => {
    if (rows.length === 0) return []
    const fields = fieldsOf(table, rows as Row[])
    const id = idColumn(table)
    const own = fields.find(({ column }) => column === id)
    const ids = own
      ? rows.map((row) => (row as Row)[own.member] as number)
      : await postgresBulk.reserveIds(tx, table, rows.length)
    const names = own ? namesOf(fields) : `${quoted(id.name)}, ${namesOf(fields)}`
    const text = `copy ${tableName(table)} (${names}) from stdin (format binary)`
    await copyIn(clientOf(tx), text, writeRows(fields, rows as Row[], own ? null : ids))
    return ids
  },

  insertMissing: async (tx, table, rows, key) => {
    if (rows.length === 0) return new Map()
    const fields = fieldsOf(table, rows as Row[])
    const target = pickFields(table, [key])
    const text = () =>
      `${insertText(table, fields)} on conflict (${namesOf(target)}) do nothing
       returning ${quoted(idColumn(table).name)} as id, ${aliasesOf(target)}`
    const made = await run(
      tx,
      table,
      `missing ${key} ${membersOf(fields)}`,
      text,
      valuesOf(fields, rows as Row[]),
    )
    return new Map(made.map((row) => [String(row[key]), Number(row.id)]))
  },

  selectMany: async (tx, table, { members, by, lock }, keys) => {
    if (keys.length === 0) return []
    const [key] = pickFields(table, [by]) as [Field]
    const text = () => {
      const name = quoted(key.column.name)
      const order = lock ? ` order by ${lockOrderOf(key.column)} ${LOCKS[lock]}` : ''
      const list = aliasesOf(pickFields(table, members))
      return `select ${list} from ${tableName(table)} where ${name} = any(${arrayOf(key.column, 0)})${order}`
    }
    return (await run(tx, table, `select ${by} ${lock ?? ''} ${members.join()}`, text, [keys])) as never[]
  },

  holdMany: async (tx, table, { members, by }, names, { table: others, by: othersBy, refersBy, keys }) => {
    const [name] = pickFields(table, [by]) as [Field]
    const [key, parent] = pickFields(others, [othersBy, refersBy]) as [Field, Field]
    const text = () => {
      const [from, id] = [tableName(table), quoted(idColumn(table).name)]
      const named = `select ${id} from ${from} where ${quoted(name.column.name)} = any(${arrayOf(name.column, 0)})`
      const referred = `select ${quoted(parent.column.name)} from ${tableName(others)}
        where ${quoted(key.column.name)} = any(${arrayOf(key.column, 1)})`
      return `select ${aliasesOf(pickFields(table, members))} from ${from}
        where ${id} = any(array(${named} union ${referred}))
        order by ${lockOrderOf(name.column)} ${LOCKS['from-delete']}`
    }
    const shape = `hold ${by} ${members.join()} ${getTableName(others)} ${othersBy} ${refersBy}`
    return (await run(tx, table, shape, text, [names, keys])) as never[]
  },

  upsertMany: async (tx, table, rows, upsert) => {
    if (rows.length === 0) return []
    const { key, merge, returning } = upsert
    const fields = fieldsOf(table, rows as Row[])
    const text = () => {
      const sets = mergesOf(tableName(table), fields, merge, FUNCTIONS)
      const results = returningOf(pickFields(table, returning))
      return `${insertText(table, fields)} on conflict (${namesOf(pickFields(table, key))}) do update set ${sets} ${results}`
    }
    return (await run(
      tx,
      table,
      shapeOfUpsert(fields, upsert),
      text,
      valuesOf(fields, rows as Row[]),
    )) as never[]
  },

  updateMany: async (tx, table, rows, key) => {
    if (rows.length === 0) return
    const fields = fieldsOf(table, rows as Row[])
    const keys: readonly string[] = key
    const text = () => {
      const name = tableName(table)
      const columns = (isKey: boolean) =>
        fields
          .filter(({ member }) => keys.includes(member) === isKey)
          .map(({ column }) => quoted(column.name))
      const sets = columns(false).map((column) => `${column} = new.${column}`)
      const where = columns(true).map((column) => `${name}.${column} = new.${column}`)
      return `update ${name} set ${sets.join(', ')} from unnest(${arrays(fields)}) as new(${namesOf(fields)})
              where ${where.join(' and ')}`
    }
    await run(tx, table, shapeOfUpdate(fields, keys), text, valuesOf(fields, rows as Row[]))
  },
}
