/** The statements that a database is really sent, so that tests may look at their plans instead of at copies of them. */
import type Sqlite from 'better-sqlite3'
import type pg from 'pg'
import type { Database } from '#server/db/database'
import { FORGET_PLANS } from '#server/db/postgres-pool'

export interface RecordedQuery {
  sql: string
  /** PostgreSQL only: SQLite plans without looking at values. */
  values: unknown[]
  /** Of a prepared statement, on PostgreSQL. */
  name?: string | undefined
}

export interface Recorder {
  /** What was sent since the last call, each text once. */
  take(): RecordedQuery[]
  /** How many were sent since then, each time they were. */
  sent(): number
}

/** Records from now on; PostgreSQL: before the first query of this database, for connections that are made later. */
export async function recordQueries(db: Database): Promise<Recorder> {
  const queries = new Map<string, RecordedQuery>()
  let sent = 0
  const note: Note = (sql, values = [], name) => {
    queries.set(sql, { sql, values, name })
    sent += 1
  }
  if (db.dialect.name === 'postgres') recordPostgres(clientOf<pg.Pool>(db.read), note)
  else {
    recordSqlite(clientOf<Sqlite.Database>(db.read), note)
    await db.write(async (tx) => recordSqlite(clientOf<Sqlite.Database>(tx), note))
  }
  return {
    take: () => {
      const taken = [...queries.values()]
      queries.clear()
      sent = 0
      return taken
    },
    sent: () => sent,
  }
}

type Note = (sql: string, values?: unknown[], name?: string) => void

/** The driver's object behind a query builder. */
export const clientOf = <Client>(queries: object) => (queries as { $client: Client }).$client

function recordSqlite(client: Sqlite.Database, note: Note): void {
  const prepare = client.prepare.bind(client)
  client.prepare = ((sql: string) => {
    const statement = prepare(sql)
    // A statement that is kept is prepared once and runs often.
    // `raw` and its like only say in which form the rows are wanted.
    for (const method of ['all', 'get', 'run'] as const) {
      const run = statement[method].bind(statement) as (...values: unknown[]) => unknown
      Object.assign(statement, {
        [method]: (...values: unknown[]) => {
          note(sql)
          return run(...values)
        },
      })
    }
    return statement
  }) as typeof client.prepare
}

interface Statement {
  text: string
  values?: unknown[]
  name?: string
}

function recordPostgres(pool: pg.Pool, note: Note): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parts: unknown[]) => unknown
    Object.assign(client, {
      query: (...parts: unknown[]) => {
        const [what, values] = parts as [string | Statement, unknown]
        // Comes with the clock, not with what a test asks.
        if (what === FORGET_PLANS) return query(...parts)
        if (typeof what === 'string') note(what, Array.isArray(values) ? values : [])
        else note(what.text, what.values ?? (Array.isArray(values) ? values : []), what.name)
        return query(...parts)
      },
    })
  })
}

/** How the engine would run a statement: its plan, a line for each step. */
export async function explain(db: Database, { sql, values }: RecordedQuery): Promise<string[]> {
  if (db.dialect.name === 'postgres') {
    const { rows } = await clientOf<pg.Pool>(db.read).query(`explain ${sql}`, values)
    return rows.map((row) => String(row['QUERY PLAN']))
  }
  const nulls = (sql.match(/\?/g) ?? []).map(() => null)
  const rows = clientOf<Sqlite.Database>(db.read)
    .prepare(`explain query plan ${sql}`)
    .all(...nulls)
  return (rows as { detail: string }[]).map((row) => row.detail)
}

/** The plan that PostgreSQL keeps for a prepared statement, made without knowing its values. */
export async function explainKept(db: Database, { sql, values }: RecordedQuery): Promise<string[]> {
  const client = await clientOf<pg.Pool>(db.read).connect()
  try {
    await client.query('set plan_cache_mode = force_generic_plan')
    await client.query(`prepare kept as ${sql}`)
    const literals = values.map((value) => asLiteral(client, value)).join(', ')
    const { rows } = await client.query(`explain execute kept(${literals})`)
    return rows.map((row) => String(row['QUERY PLAN']))
  } finally {
    client.release(true)
  }
}

function asLiteral(client: pg.ClientBase, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (!Array.isArray(value)) return client.escapeLiteral(asText(value))
  const items = value.map((item) => (item === null ? 'null' : JSON.stringify(asText(item))))
  return client.escapeLiteral(`{${items.join()}}`)
}

const asText = (value: unknown) => (Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value))
