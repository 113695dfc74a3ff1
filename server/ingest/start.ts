/** Starts the ingest worker thread of a process, and starts it again should it die. */
import { totalmem } from 'node:os'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Config } from '#server/config/model'
import type { WorkerData } from '#server/ingest/messages'
import { IngestMeter } from '#server/ingest/meter'
import { IngestThread } from '#server/ingest/thread'
import { threadEntry } from '#server/process/thread-entry'

/**
 * Past this the thread dies, not the process. From exactly 2048 on V8 lets a heap grow up to fourfold between full
 * collections, a smaller one not even twofold: with 1536 the buffers of requests, which count, caused six of them a second.
 */
const MAX_OLD_GENERATION_MB = 2048
/** Where two such threads would be killed by the system first. */
const MAX_OLD_GENERATION_OF_SMALL_MACHINE_MB = 1536
const SMALL_MACHINE_BYTES = 6 * 2 ** 30

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
      maxOldGenerationSizeMb: isSmallMachine()
        ? MAX_OLD_GENERATION_OF_SMALL_MACHINE_MB
        : MAX_OLD_GENERATION_MB,
    },
  }
  return new Worker(threadEntry('ingest-worker', new URL('./worker.ts', import.meta.url)), options)
}

/** By what the container may use, where there is a limit. */
function isSmallMachine(): boolean {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) < SMALL_MACHINE_BYTES
}
