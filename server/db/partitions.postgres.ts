/** The partitions of `spans`: made ahead of their day, or by the writer that first misses one. */
import type pg from 'pg'
import { IDS_PER_DAY, type SpanPartitions } from '#server/db/partitions'

/** Any number that nobody else uses in this database; the schema's name joins it. */
const LOCK_CLASS = 1_651_406_454
const MS_PER_DAY = 86_400_000
/** Making one waits for the transactions that write traces; they must not queue up behind it for long. */
const LOCK_TIMEOUT = '10s'

type Pool = Pick<pg.Pool, 'connect'>

/** The partitions in the database of a pool's connections. */
export function postgresPartitions(pool: Pool): SpanPartitions {
  return {
    isMissing: isMissingPartition,
    ensureFor: (ids) => withClient(pool, (client) => ensureDays(client, ids.map(dayOfTrace))),
    ensureAhead: (days) => withClient(pool, (client) => ensureAhead(client, days)),
  }
}

const dayOfTrace = (id: number) => Math.floor(id / IDS_PER_DAY)

/**
 * Whether a row found no partition. PostgreSQL calls it a violated check; only the place that threw it tells it from a row
 * that breaks a rule.
 */
export function isMissingPartition(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ((current as pg.DatabaseError).routine === 'ExecFindPartition') return true
  }
  return false
}

/**
 * Makes the partitions from today, by the database's clock, to so many days ahead.
 * @throws the driver's error, such as 42501 for a role that does not own the table
 */
export async function ensureAhead(client: pg.ClientBase, days: number): Promise<void> {
  const { rows } = await client.query<{ day: string }>(
    'select floor(extract(epoch from now()) / 86400)::bigint as day',
  )
  const today = Number(rows[0]?.day)
  await ensureDays(
    client,
    Array.from({ length: days + 1 }, (_, ahead) => today + ahead),
  )
}

async function ensureDays(client: pg.ClientBase, days: readonly number[]): Promise<void> {
  const wanted = [...new Set(days)].sort((a, b) => a - b)
  const known = await partitionNames(client)
  // One transaction for each: writers get a turn in between.
  for (const day of wanted) if (!known.has(nameOf(day))) await makePartition(client, day)
}

async function partitionNames(client: pg.ClientBase): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname::text as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'spans'::regclass`,
  )
  return new Set(rows.map((row) => row.name))
}

/**
 * Made beside the table and then attached: to make it as a part of the table at once would shut out every reader. Only
 * one server does it at a time; the others find it made.
 */
async function makePartition(client: pg.ClientBase, day: number): Promise<void> {
  const name = nameOf(day)
  const [from, to] = boundsOf(day)
  await client.query('begin')
  try {
    await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`)
    await client.query('select pg_advisory_xact_lock($1, hashtext(current_schema()))', [LOCK_CLASS])
    if (!(await partitionNames(client)).has(name)) {
      await client.query(`create table "${name}" (like spans including all excluding identity)`)
      await client.query(`alter table spans attach partition "${name}" for values from (${from}) to (${to})`)
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** `spans_20261121`; ids below the first day are from before they had one. */
function nameOf(day: number): string {
  if (day <= 0) return 'spans_undated'
  return `spans_${new Date(day * MS_PER_DAY).toISOString().slice(0, 10).replaceAll('-', '')}`
}

const boundsOf = (day: number): [string, string] =>
  day <= 0 ? ['minvalue', String(IDS_PER_DAY)] : [String(day * IDS_PER_DAY), String((day + 1) * IDS_PER_DAY)]

async function withClient(pool: Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await work(client)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}
