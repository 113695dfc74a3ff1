/** Raw SQL against a test database, for what the product itself never does. */
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import type { DatabaseConfig } from '#server/config/model'

type Row = Record<string, unknown>

/** Runs one statement on a connection of its own and gives back its rows. */
export async function runSql(config: DatabaseConfig, sql: string): Promise<Row[]> {
  if (config.dialect === 'sqlite') {
    const connection = new Sqlite(config.file)
    try {
      const statement = connection.prepare(sql)
      if (statement.reader) return statement.all() as Row[]
      statement.run()
      return []
    } finally {
      connection.close()
    }
  }
  const [host] = config.hosts
  const { user, database } = config
  const client = new pg.Client({ ...host, user: user ?? undefined, database })
  await client.connect()
  try {
    if (config.schema) await client.query(`set search_path to ${pg.escapeIdentifier(config.schema)}`)
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const SQLITE_TABLES = `
  select m.name as "table", p.name as "column" from sqlite_master m, pragma_table_info(m.name) p
  where m.type = 'table' and m.name not like 'sqlite!_%' escape '!' order by 1, 2`
const SQLITE_INDEXES = `
  select tbl_name as "table", name as "column" from sqlite_master
  where type = 'index' and sql is not null order by 1, 2`
const POSTGRES_TABLES = `
  select table_name::text as "table", column_name::text as "column" from information_schema.columns
  where table_schema = current_schema()
    and not (select relispartition from pg_class where oid = format('%I.%I', table_schema, table_name)::regclass)
  order by 1, 2`
const POSTGRES_INDEXES = `
  select tablename::text as "table", indexname::text as "column" from pg_indexes
  where schemaname = current_schema() and indexname not like '%_pkey'
    and not (select relispartition from pg_class where oid = format('%I.%I', schemaname, tablename)::regclass)
  order by 1, 2`

/** The database's tables, without partitions: for each the names of its columns, and of its indexes in the form `index:name`. */
export async function describeTables(config: DatabaseConfig): Promise<Record<string, string[]>> {
  const sqlite = config.dialect === 'sqlite'
  const columns = await runSql(config, sqlite ? SQLITE_TABLES : POSTGRES_TABLES)
  const indexes = await runSql(config, sqlite ? SQLITE_INDEXES : POSTGRES_INDEXES)
  const tables: Record<string, string[]> = {}
  const add = (table: unknown, entry: string) => {
    const name = String(table)
    tables[name] = [...(tables[name] ?? []), entry]
  }
  for (const row of columns) add(row.table, String(row.column))
  for (const row of indexes) add(row.table, `index:${row.column}`)
  return tables
}
