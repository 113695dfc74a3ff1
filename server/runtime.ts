/**
 * The composition root: one container per process, filled by the process's main file before anything
 * serves. It hangs on globalThis because Next gives each route its own copy of a module.
 */
import type { Logger } from 'pino'
import type { OwnRequests } from '#server/auth/own-requests'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import type { IngestClient } from '#server/ingest/client'
import type { ProcessMetrics } from '#server/metrics/model'
import type { CertificateKeeper } from '#server/tls/keeper'

export interface Runtime {
  config: Config
  db: Database
  log: Logger
  clock: () => Date
  /** What this process asks of its own pages. */
  ownRequests: OwnRequests
  /** The way to this process's ingest worker thread. */
  ingest: IngestClient
  /** Null when every port speaks clear text. */
  tls: CertificateKeeper | null
  /** Null while metrics are switched off. */
  metrics: ProcessMetrics | null
  /** Whether everything this command was asked to run listens, this process and its siblings. */
  isReady: () => boolean
}

const KEY = Symbol.for('bennu.runtime')
const holder = globalThis as unknown as Record<symbol, Runtime | undefined>

export function setRuntime(runtime: Runtime): void {
  holder[KEY] = runtime
}

/** @throws Error when the process was started without its main file, a programming fault */
export function getRuntime(): Runtime {
  const runtime = holder[KEY]
  if (!runtime) throw new Error('The runtime is not set up: start the server with `bennu serve`')
  return runtime
}
