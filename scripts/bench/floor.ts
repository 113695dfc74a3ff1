/**
 * The raw floor: how fast the same bytes come into the same tables with nothing around it. Inflate, the fastest decoder
 * there is, one bulk insert for each 512 spans in a transaction of its own; no HTTP, no roll-ups, no second thread.
 * Tables, indexes, page size and synchronous=FULL are those of the server, because the connection is opened as it opens
 * its own. A process of its own, started by floor-run.ts; prints a FloorReport.
 */
import type { DatabaseConfig } from '#server/config/model'
import type { Queries } from '#server/db/database'
import type { IncomingSpan } from '#server/ingest/store'
import { columnsOf } from '#server/ingest/store-spans'
import type { FloorReport } from './model'
import { PayloadReader } from './payload-file'
import { decodeAll, openRaw } from './raw-database'

export interface FloorOrder {
  database: DatabaseConfig
  payloads: string[]
  encoding: 'protobuf' | 'json'
  gzip: boolean
  /** The row of the project that the spans go to. */
  projectId: number
  warmUpMs: number
  seconds: number
  /** Spans in a transaction. */
  perCommit: number
}

/** More traces than are open at a time. */
const REMEMBERED_TRACES = 50_000

/** Row ids of the traces seen lately: a trace's spans may lie in several batches. */
const traceRows = new Map<string, number>()

const order: FloorOrder = JSON.parse(process.argv[2] ?? '')
const raw = await openRaw(order.database)
const report = await run()
await raw.close()
console.log(JSON.stringify(report))

async function run(): Promise<FloorReport> {
  const reader = new PayloadReader(order.payloads, order.gzip ? null : order.encoding)
  const begin = () => ({ spans: 0, commits: 0, startedAt: performance.now(), cpu: process.cpuUsage() })
  let count = begin()
  let isWarm = false
  let waiting: IncomingSpan[] = []
  const elapsedMs = () => performance.now() - count.startedAt
  while (elapsedMs() < order.seconds * 1000) {
    if (!isWarm && elapsedMs() > order.warmUpMs) {
      isWarm = true
      count = begin()
    }
    const payload = reader.next()
    if (!payload) break
    waiting = waiting.concat(decodeAll(raw.db, payload.body, order.encoding, order.gzip))
    while (waiting.length >= order.perCommit) {
      const batch = waiting.slice(0, order.perCommit)
      waiting = waiting.slice(order.perCommit)
      await raw.transact((tx) => insert(tx, batch))
      count.spans += batch.length
      count.commits += 1
    }
  }
  const { user, system } = process.cpuUsage(count.cpu)
  return {
    spans: count.spans,
    commits: count.commits,
    durationMs: elapsedMs(),
    cpuMs: (user + system) / 1000,
  }
}

async function insert(tx: Queries, batch: IncomingSpan[]): Promise<void> {
  const { t, dialect } = raw.db
  const { projectId } = order
  const fresh = new Map(
    batch.filter(({ row }) => !traceRows.has(row.traceId)).map(({ row }) => [row.traceId, row]),
  )
  const traces = [...fresh.values()].map(({ traceId, startTime, endTime }) => ({
    traceId,
    projectId,
    startTime,
    endTime,
  }))
  const ids = await dialect.insertMany(tx, t.traces, traces)
  for (const [index, { traceId }] of traces.entries()) traceRows.set(traceId, ids[index] as number)
  const rows = batch.map((span) =>
    columnsOf(span.row, { traceRowId: traceRows.get(span.row.traceId) as number, projectId }),
  )
  await dialect.insertMany(tx, t.spans, rows)
  forgetOldTraces()
}

function forgetOldTraces(): void {
  for (const id of traceRows.keys()) {
    if (traceRows.size < REMEMBERED_TRACES) return
    traceRows.delete(id)
  }
}
