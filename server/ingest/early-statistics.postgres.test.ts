/** Statistics that were gathered when tables were nearly empty do not make storing read them whole for long. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { openDatabase } from '#server/db/open'
import { storeSpans } from '#server/ingest/store'
import { createTestDatabase } from '../../test/database'
import { incoming } from '../../test/received-spans'
import { runSql } from '../../test/sql'

const TRACES_EACH = 20
const SPANS_EACH = 4
/** After as many runs PostgreSQL keeps a plan for all values; the tables have a few dozen pages then. */
const BATCHES = 40
/** Longer than plans last (see server/db/postgres-pool.ts). */
const PLANS_ARE_OVER_MS = 6_000
/** A connection tells what it counted at the end of a statement, and not more often. */
const COUNTS_ARE_TOLD_MS = 1_100

afterEach(() => vi.restoreAllMocks())

/** Traces, each in a session of its own; half of their spans come with the batch after their parents. */
function batchOf(number: number) {
  const traces = Array.from({ length: TRACES_EACH }, (_, index) => number * TRACES_EACH + index)
  return traces.flatMap((trace) =>
    Array.from({ length: SPANS_EACH }, (_, place) =>
      incoming({
        trace: place < 2 ? trace : Math.max(0, trace - TRACES_EACH),
        span: place < 2 ? place : place + 10,
        ...(place > 0 && { parent: place < 2 ? 0 : 1 }),
        session: `session ${trace}`,
        tokens: [1, 2],
      }),
    ),
  )
}

it.each([1, TRACES_EACH])('statistics of %i traces', async (tracesAtFirst) => {
  const { config } = await createTestDatabase()
  const db = await openDatabase(config, { bulk: true })
  const store = async (from: number, to: number) => {
    for (let at = from; at < to; at++) await storeSpans(db, batchOf(at), () => new Date())
  }
  await storeSpans(db, batchOf(0).slice(0, tracesAtFirst * SPANS_EACH), () => new Date())
  await runSql(config, 'analyze')
  await store(1, BATCHES)
  await sleep(COUNTS_ARE_TOLD_MS)
  await db.ping()
  const before = await readOf(config, BATCHES)
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + PLANS_ARE_OVER_MS)
  await store(BATCHES, BATCHES + 5)
  await db.close()
  const after = await readOf(config, BATCHES + 5)
  // A batch may join with all of the table now and then, but does not read it for every row.
  const timesPerBatch = (after - before) / 5 / ((BATCHES + 5) * TRACES_EACH)
  expect(timesPerBatch).toBeLessThan(10)
})

/** How many rows of `traces` were read, by whichever way, once so many batches of it were. */
async function readOf(config: Parameters<typeof runSql>[0], batches: number): Promise<number> {
  const look = async () => {
    const [row] = await runSql(
      config,
      `select n_tup_ins::int as made,
        (seq_tup_read + (select sum(idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid))::int as read
       from pg_stat_user_tables t where relname = 'traces'`,
    )
    return row as { made: number; read: number }
  }
  await expect.poll(async () => (await look()).made).toBe(batches * TRACES_EACH)
  return (await look()).read
}
