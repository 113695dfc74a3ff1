/** The metrics of one serving process, collected with prom-client. Loaded only when metrics are switched on. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { AuditHead } from '#server/audit/head'
import { hashQueue } from '#server/auth/hash-queue'
import type { PoolState } from '#server/db/database'
import type { IngestStats } from '#server/ingest/thread'
import { ingestReadings } from '#server/metrics/ingest-readings'
import type { ProcessMetrics } from '#server/metrics/model'
import { type Reading, register, type Sample } from '#server/metrics/readings'
import type { ProcessName } from '#server/process/messages'

/** Upper bounds in seconds of how long an answer takes. */
const ANSWER_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Where the values come from. */
export interface MetricSources {
  process: ProcessName
  ingest: () => IngestStats
  /** The connections of the serving thread; null on SQLite, which has no pool. */
  pool: () => PoolState | null
  /** Transactions of the serving thread that wait for the one before; null where each has a connection of its own. */
  writesWaiting: () => number | null
  /** The head of the audit chain as last read; null before, and in a process that does not read it. */
  auditHead: () => AuditHead | null
}

/** Makes the registry of this process and begins to watch its event loop and memory. */
export function createProcessMetrics(sources: MetricSources): ProcessMetrics {
  const registry = new Registry()
  registry.setDefaultLabels({ process: sources.process })
  collectDefaultMetrics({ register: registry })
  register(registry, ingestReadings(sources.ingest))
  register(registry, [...poolReadings(sources), ...waitingReadings(sources), ...auditReadings(sources)])
  const counters = requestCounters(registry)
  return { ...counters, text: () => registry.metrics() }
}

function requestCounters(registry: Registry): Pick<ProcessMetrics, 'countHttp' | 'countGrpc'> {
  const registers = [registry]
  const http = new Counter({
    name: 'bennu_http_requests_total',
    help: 'HTTP requests answered, by class of path and status.',
    labelNames: ['route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'bennu_http_request_duration_seconds',
    help: 'From the head of an HTTP request to the end of its answer.',
    labelNames: ['route'],
    buckets: ANSWER_SECONDS,
    registers,
  })
  const grpc = new Counter({
    name: 'bennu_grpc_requests_total',
    help: 'gRPC calls answered, by code.',
    labelNames: ['code'],
    registers,
  })
  return {
    countHttp: ({ route, status, seconds }) => {
      http.inc({ route, status })
      duration.observe({ route }, seconds)
    },
    countGrpc: (code) => grpc.inc({ code }),
  }
}

function poolReadings({ pool, ingest }: MetricSources): Reading[] {
  if (pool() === null) return []
  const worker = (): PoolState => {
    const { poolTotal, poolIdle, poolWaiting } = ingest().worker
    return { total: poolTotal, idle: poolIdle, waiting: poolWaiting }
  }
  const connections = (name: string, { total, idle }: PoolState): Sample[] => [
    [{ pool: name, state: 'in_use' }, total - idle],
    [{ pool: name, state: 'idle' }, idle],
  ]
  const waiting = (name: string, state: PoolState): Sample => [{ pool: name }, state.waiting]
  const both = <T>(read: (name: string, state: PoolState) => T): T[] => [
    read('serving', pool() ?? NO_POOL),
    read('ingest', worker()),
  ]
  return [
    {
      name: 'bennu_database_connections',
      help: 'Connections to PostgreSQL, of the serving thread and of the ingest worker.',
      type: 'gauge',
      read: () => both(connections).flat(),
    },
    {
      name: 'bennu_database_waiting',
      help: 'Queries that wait for a connection to PostgreSQL.',
      type: 'gauge',
      read: () => both(waiting),
    },
  ]
}

function waitingReadings({ writesWaiting }: MetricSources): Reading[] {
  const waiting = (): Sample[] => {
    const count = writesWaiting()
    return count === null ? [] : [[{}, count]]
  }
  return [
    {
      name: 'bennu_sqlite_writes_waiting',
      help: 'Transactions of the serving thread that wait for the one before them.',
      type: 'gauge',
      read: waiting,
    },
    {
      name: 'bennu_password_hashes_waiting',
      help: 'Sign-ins and new passwords that wait for their turn to be hashed.',
      type: 'gauge',
      read: () => [[{}, hashQueue().waiting]],
    },
  ]
}

const NO_POOL: PoolState = { total: 0, idle: 0, waiting: 0 }

function auditReadings({ auditHead }: MetricSources): Reading[] {
  const read = (sample: (head: AuditHead) => Sample) => () => {
    const head = auditHead()
    return head ? [sample(head)] : []
  }
  return [
    {
      name: 'bennu_audit_entries',
      help: 'Entries in the audit chain. It never shrinks.',
      type: 'gauge',
      read: read(({ count }) => [{}, count]),
    },
    {
      name: 'bennu_audit_head_info',
      help: 'The beginning of the hash of the newest audit entry.',
      type: 'gauge',
      read: read(({ hash }) => [{ hash: hash.slice(0, HASH_PREFIX) }, 1]),
    },
  ]
}

/** Enough to tell two chains apart, and the whole stands in the log. */
const HASH_PREFIX = 16
