/** Starts the ingest worker thread of a process, and starts it again should it die. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Config } from '#server/config/model'
import type { WorkerData } from '#server/ingest/messages'
import { IngestMeter } from '#server/ingest/meter'
import { IngestThread } from '#server/ingest/thread'

/** Most of what a span becomes dies young: room for it saves a quarter of the time. Memory is taken only when needed. */
const MAX_YOUNG_GENERATION_MB = 64
/** Past this the thread dies, not the process. */
const MAX_OLD_GENERATION_MB = 1536

export interface StartIngestOptions {
  /** How the connection calls itself in the database. */
  applicationName?: string
  clock?: () => Date
}

/**
 * Starts the thread and waits until it has opened its database.
 * @throws whatever opening the database throws
 */
export async function startIngest(
  config: Config,
  log: Logger,
  options: StartIngestOptions = {},
): Promise<IngestThread> {
  const { applicationName = 'bennu ingest', clock = () => new Date() } = options
  const meter = new IngestMeter()
  const { database, ingest } = config
  const workerData: WorkerData = { database, ingest, applicationName, meterMemory: meter.memory }
  const thread = new IngestThread({ limits: ingest, log, clock, meter, spawn: () => spawn(workerData) })
  await thread.start()
  return thread
}

function spawn(workerData: WorkerData): Worker {
  const options: WorkerOptions = {
    workerData,
    name: 'ingest',
    resourceLimits: {
      maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB,
      maxOldGenerationSizeMb: MAX_OLD_GENERATION_MB,
    },
  }
  return new Worker(findEntry(), options)
}

/** The bundle beside the bundled program, or the source beside the source, read by tsx. */
function findEntry(): URL {
  const bundled = new URL('./ingest-worker.js', import.meta.url)
  if (existsSync(bundled)) return bundled
  const source = new URL('./worker.ts', import.meta.url).href
  const required = createRequire(import.meta.url).resolve('tsx/esm/api')
  const tsx = pathToFileURL(required.replace(/\.cjs$/, '.mjs')).href
  // A thread's main file cannot be TypeScript: the loader is not there yet when it is looked at.
  const main = `import { register } from '${tsx}'; register(); await import('${source}')`
  return new URL(`data:text/javascript,${encodeURIComponent(main)}`)
}
