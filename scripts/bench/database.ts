/** The database of a measurement: fresh, migrated, and gone afterwards. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '#server/config'
import type { DatabaseConfig } from '#server/config/model'
import { openDatabase } from '#server/db/open'
import { type PostgresServer, startPostgres } from '../../test/postgres'
import { runBennu } from '../../test/program'
import { readChangeCounter } from './commits'
import type { Engine } from './model'
import { treeOf } from './processes'

export interface BenchDatabase {
  config: DatabaseConfig
  /** Variables that lead the program there. */
  env: Record<string, string>
  /** Bytes of tables and indexes. Of SQLite exact only while nobody has the file open. */
  size(): Promise<number>
  /** Processes that do the database's work, where they are not the server's own. */
  pids(): number[]
  /** Write transactions so far, to be subtracted from a later count; of PostgreSQL those that left spans. */
  commits(): Promise<number>
  remove(): Promise<void>
}

/** PostgreSQL as somebody sets it up who means to keep what is written, with memory for this kind of machine. */
const POSTGRES_SETTINGS = {
  fsync: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
}

let cluster: Promise<{ server: PostgresServer; pid: number }> | null = null

/** The PostgreSQL of this run, started when first asked for. */
async function postgres(): Promise<{ server: PostgresServer; pid: number }> {
  cluster ??= startPostgres({ settings: POSTGRES_SETTINGS }).then(async (server) => ({
    server,
    pid: Number(
      (await server.query("select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid"))[0]?.pid,
    ),
  }))
  return cluster
}

/** Ends what `createBenchDatabase` has started. */
export async function stopDatabases(): Promise<void> {
  await (await cluster)?.server.stop()
  cluster = null
}

/** @throws Error when the migration fails */
export async function createBenchDatabase(engine: Engine): Promise<BenchDatabase> {
  const database = engine === 'sqlite' ? createFile() : await createInCluster()
  const { code, stderr } = await runBennu(['db', 'migrate'], database.env)
  if (code !== 0) throw new Error(`The database of the measurement could not be made: ${stderr}`)
  return database
}

function createFile(): BenchDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'bennu-bench-'))
  const file = join(folder, 'bennu.db')
  return {
    config: { dialect: 'sqlite', file, inMemory: false },
    env: { PHOENIX_WORKING_DIR: folder, PHOENIX_SQL_DATABASE_URL: `sqlite:///${file}` },
    size: async () => statSync(file).size,
    pids: () => [],
    commits: async () => readChangeCounter(file),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function createInCluster(): Promise<BenchDatabase> {
  const { server, pid } = await postgres()
  const database = await server.createDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'bennu-bench-'))
  const url = { PHOENIX_SQL_DATABASE_URL: server.url(database) }
  return {
    config: parseConfig(url).config.database,
    env: { PHOENIX_WORKING_DIR: folder, ...url },
    size: async () => Number((await server.query(`select pg_database_size('${database}') as size`))[0]?.size),
    pids: () => treeOf(pid),
    commits: async () => {
      // Every row carries the transaction that wrote it.
      const [row] = await server.query('select count(distinct xmin::text) as commits from spans', database)
      return Number(row?.commits)
    },
    remove: async () => {
      await server.dropDatabase(database)
      // What one measurement left to be written shall not slow the next.
      await server.query('checkpoint')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How many spans are stored. */
export async function countSpans({ config }: BenchDatabase): Promise<number> {
  const db = await openDatabase(config)
  try {
    return await db.read.$count(db.t.spans)
  } finally {
    await db.close()
  }
}

/** The row of a project that is made for it. */
export async function createProject({ config }: BenchDatabase, name: string): Promise<number> {
  const db = await openDatabase(config)
  const now = new Date()
  try {
    return await db.write(async (tx) => {
      const made = tx.insert(db.t.projects).values({ name, createdAt: now, updatedAt: now })
      const [row] = await made.returning({ id: db.t.projects.id })
      return row?.id as number
    })
  } finally {
    await db.close()
  }
}
