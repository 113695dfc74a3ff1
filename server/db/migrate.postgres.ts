import type pg from 'pg'
import type { PostgresConfig } from '#server/config/model'
import { MIGRATIONS_TABLE, type MigrationSession, type MigrationStore } from '#server/db/migrate'
import { postgresPartitions } from '#server/db/partitions.postgres'
import { PostgresPool } from '#server/db/postgres-pool'

/** Any number that nobody else uses in this database; the schema's name joins it. */
const LOCK_CLASS = 1_651_406_453

/** Connects for migrating. The lock is an advisory one, per schema, held until the transaction ends. */
export async function openPostgresMigrations(config: PostgresConfig): Promise<MigrationStore> {
  const pool = new PostgresPool(config, { applicationName: 'bennu migrate', maxConnections: 1 })
  return {
    alone: async (work) => {
      const client = await pool.connect()
      try {
        const result = await transact(client, config, work)
        client.release()
        return result
      } catch (error) {
        client.release(true)
        throw error
      }
    },
    prepareDays: (days) => postgresPartitions(pool).ensureAhead(days),
    close: () => pool.end(),
  }
}

async function transact<T>(
  client: pg.PoolClient,
  config: PostgresConfig,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, config.schema ?? ''])
  const result = await work(sessionOf(client, config))
  await client.query('commit')
  return result
}

function sessionOf(client: pg.PoolClient, config: PostgresConfig): MigrationSession {
  const names = async (sql: string, values: unknown[] = []) => {
    const { rows } = await client.query<{ name: string }>(sql, values)
    return rows.map((row) => row.name)
  }
  return {
    tableNames: () =>
      names(
        `select c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = coalesce($1, current_schema()) and c.relkind in ('r', 'p', 'v', 'm')`,
        [config.schema],
      ),
    applied: () => names(`select name from ${MIGRATIONS_TABLE} order by name`),
    createMigrationsTable: async () => {
      if (config.schema !== null) await createSchema(client, config.schema)
      await client.query(
        `create table if not exists ${MIGRATIONS_TABLE} (name text primary key, applied_at timestamptz (3) not null)`,
      )
    },
    record: async (name, appliedAt) => {
      await client.query(`insert into ${MIGRATIONS_TABLE} values ($1, $2)`, [name, appliedAt])
    },
    forget: async (name) => {
      await client.query(`delete from ${MIGRATIONS_TABLE} where name = $1`, [name])
    },
    run: async (statement) => {
      await client.query(statement)
    },
  }
}

/** Asked for only when missing: `create schema if not exists` needs the right to create even when it is there. */
async function createSchema(client: pg.PoolClient, schema: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  if (rowCount === 0) await client.query(`create schema "${schema.replaceAll('"', '""')}"`)
}
