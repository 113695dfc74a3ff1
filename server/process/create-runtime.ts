/** How a serving process gets its Runtime: log, database, ingest worker, in this order. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { prepareAudit } from '#server/audit/chain'
import { type AuditHeadWatch, watchAuditHead } from '#server/audit/head'
import { OwnRequests } from '#server/auth/own-requests'
import type { Config } from '#server/config/model'
import type { Database } from '#server/db/database'
import { openDatabase } from '#server/db/open'
import { startIngest } from '#server/ingest/start'
import type { IngestThread } from '#server/ingest/thread'
import { createLogger } from '#server/log'
import type { ProcessMetrics } from '#server/metrics/model'
import type { ProcessName } from '#server/process/messages'
import { type Runtime, setRuntime } from '#server/runtime'
import { watchCertificate } from '#server/tls/certificate-watch'
import { CertificateKeeper } from '#server/tls/keeper'

export interface CreateRuntimeOptions {
  config: Config
  process: ProcessName
  /** Whether this process tells what concerns the whole program: the head of the audit chain, the certificate. One does. */
  speaksForAll: boolean
  isReady: () => boolean
}

/**
 * Opens everything a serving process needs and makes it the process's Runtime. Migrations have been run by the
 * supervisor; a database that is away is waited for without end, because it is no reason to die.
 */
export async function createRuntime(options: CreateRuntimeOptions): Promise<Runtime> {
  const { config, isReady } = options
  const log = createLogger(config.log, { process: options.process })
  const tls = config.tls ? new CertificateKeeper(config.tls, log) : null
  const db = await openPatiently(config, options.process, log)
  if (options.process === 'web') void prepareAuditAhead(db, config, log)
  const ingest = await startIngest(config, log)
  const audit = options.speaksForAll ? watchAuditHead({ db, log }) : null
  const metrics = config.metrics.enabled ? await openMetrics(options.process, db, ingest, audit) : null
  const ownRequests = new OwnRequests()
  const clock = () => new Date()
  const runtime: Runtime = { config, db, log, ownRequests, ingest, tls, metrics, isReady, clock }
  setRuntime(runtime)
  if (tls && options.speaksForAll) watchCertificate(runtime)
  return runtime
}

async function openMetrics(
  process: ProcessName,
  db: Database,
  ingest: IngestThread,
  audit: AuditHeadWatch | null,
): Promise<ProcessMetrics> {
  const { createProcessMetrics } = await import('#server/metrics/process-metrics')
  return createProcessMetrics({
    process,
    ingest: () => ingest.stats(),
    pool: () => db.pool?.() ?? null,
    writesWaiting: () => db.writesWaiting?.() ?? null,
    auditHead: () => audit?.latest() ?? null,
  })
}

/** In nobody's way: the first event opens the key itself when this has not. */
async function prepareAuditAhead(db: Database, config: Config, log: Logger): Promise<void> {
  try {
    await prepareAudit({ db, config })
  } catch (error) {
    log.debug({ err: error }, 'the audit chain key is not open yet')
  }
}

const MAX_PAUSE_MS = 5_000

async function openPatiently(config: Config, name: ProcessName, log: Logger): Promise<Database> {
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await openDatabase(config.database, { applicationName: `bennu ${name}` })
    } catch (error) {
      log.warn({ err: error, retryInMs: pauseMs }, 'the database cannot be opened; trying again')
      await sleep(pauseMs)
    }
  }
}
