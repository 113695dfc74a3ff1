import { getTableColumns, getTableName } from 'drizzle-orm'
import { type PgTable, getTableConfig as postgresTableOf } from 'drizzle-orm/pg-core'
import { type SQLiteTable, getTableConfig as sqliteTableOf } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { listMigrations } from '#server/db/migration-files'
import * as postgresExports from '#server/db/schema.postgres'
import { postgresTables } from '#server/db/schema.postgres'
import * as sqliteExports from '#server/db/schema.sqlite'
import { sqliteTables } from '#server/db/schema.sqlite'

const keys = Object.keys(postgresTables) as (keyof typeof postgresTables)[]

test('both engines have the same tables', () => expect(Object.keys(sqliteTables)).toEqual(keys))

test('drizzle-kit sees every table of either engine', () => {
  const { postgresTables: _postgres, ...postgres } = postgresExports
  const { sqliteTables: _sqlite, ...sqlite } = sqliteExports
  expect(Object.keys(postgres).sort()).toEqual([...keys].sort())
  expect(Object.keys(sqlite).sort()).toEqual([...keys].sort())
})

test.each(keys)('%s has the same name, columns, indexes, checks and foreign keys on both engines', (key) => {
  const postgres = postgresTableOf(postgresTables[key] as PgTable)
  const sqlite = sqliteTableOf(sqliteTables[key] as unknown as SQLiteTable)
  const shape = (table: typeof postgres | typeof sqlite) => ({
    name: table.name,
    columns: table.columns.map(({ name, notNull, hasDefault, primary }) => ({
      name,
      notNull,
      hasDefault,
      primary,
    })),
    indexes: table.indexes.map(({ config }) => [config.name, config.unique]),
    checks: table.checks.map(({ name }) => name),
    foreignKeys: table.foreignKeys.map((foreignKey) => [foreignKey.getName(), foreignKey.onDelete]),
  })
  // A row id fills itself in on both engines, but drizzle calls only some of them a default.
  const alike = (table: ReturnType<typeof shape>) => ({
    ...table,
    columns: table.columns.map((column) => (column.primary ? { ...column, hasDefault: true } : column)),
  })
  expect(alike(shape(sqlite))).toEqual(alike(shape(postgres)))
})

test.each(keys)('%s names its columns in snake case after their properties', (key) => {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const columns = Object.entries(getTableColumns(postgresTables[key]))
  expect(columns.map(([, column]) => column.name)).toEqual(columns.map(([property]) => snake(property)))
  expect(getTableName(postgresTables[key])).toBe(snake(key))
})

test('the columns of a span that may be long come last, where SQLite steps over them', () => {
  const names = Object.keys(getTableColumns(sqliteTables.spans))
  expect(names.slice(-3)).toEqual(['statusMessage', 'attributes', 'events'])
})

test('both engines have migrations of the same names, each with a way down', () => {
  const postgres = listMigrations('postgres')
  expect(listMigrations('sqlite').map(({ name }) => name)).toEqual(postgres.map(({ name }) => name))
  for (const { up, down } of [...postgres, ...listMigrations('sqlite')]) {
    expect(up.length).toBeGreaterThan(0)
    expect(down.length).toBeGreaterThan(0)
  }
})

test('no migration of PostgreSQL names the schema public', () => {
  const statements = listMigrations('postgres').flatMap(({ up, down }) => [...up, ...down])
  expect(statements.filter((statement) => statement.includes('"public"'))).toEqual([])
})
