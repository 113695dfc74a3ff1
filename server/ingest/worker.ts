/** The main file of the ingest worker thread: binds the pipeline to its port and to a database of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import { errorMessages } from '#server/db/error-codes'
import { openDatabase } from '#server/db/open'
import type { AppError } from '#server/errors'
import type { MessageFromWorker, MessageToWorker, PlainError, WorkerData } from '#server/ingest/messages'
import { IngestMeter } from '#server/ingest/meter'
import { keepPartitionsAhead } from '#server/ingest/partitions-ahead'
import { IngestPipeline } from '#server/ingest/pipeline'
import { WORKER_NICE, yieldToOtherThreads } from '#server/process/thread-priority'

const port = parentPort
if (!port) throw new Error('This file is the main file of a worker thread')
const { database, ingest, applicationName, meterMemory } = workerData as WorkerData

/** How often the state of the connections is noted for the metrics. */
const POOL_NOTE_MS = 1_000

const tell = (message: MessageFromWorker) => port.postMessage(message)

/**
 * Only to prove that the crash test notices spans that were acknowledged and then lost. No variable of ours switches it
 * on, only code of the test that is loaded before ours.
 */
const answerBeforeCommit = Symbol.for('bennu.test.answer-before-commit') in globalThis

yieldToOtherThreads(WORKER_NICE)
const db = await openDatabase(database, { applicationName, bulk: true })
const meter = new IngestMeter(meterMemory)
const { pool } = db
if (pool) setInterval(() => meter.pooled(pool()), POOL_NOTE_MS).unref()
const onTrouble = (error: unknown, sentence: string) =>
  tell({ kind: 'trouble', sentence, error: driverError(error) })
const stopPartitions = keepPartitionsAhead(db, onTrouble)
const pipeline = new IngestPipeline({
  db,
  maxInflatedBytes: ingest.maxInflatedBytes,
  maxQueuedSpans: ingest.maxQueuedSpans,
  clock: () => new Date(),
  onDecoded: (id, spans) => tell({ kind: 'decoded', id, spans }),
  onDone: (id, result) => tell({ kind: 'done', id, result }),
  onFailed: (id, error) => tell({ kind: 'failed', id, error: plain(error) }),
  onTrouble,
  meter,
  answerBeforeCommit,
})

port.on('message', (message: MessageToWorker) => {
  if (message.kind === 'request') pipeline.add(message.id, message.request, message.receivedAt)
  else void drain()
})
tell({ kind: 'ready' })

async function drain(): Promise<void> {
  stopPartitions()
  await pipeline.drain()
  await db.close()
  tell({ kind: 'drained' })
  port?.close()
}

function plain({ kind, message, code, retryAfterSeconds }: AppError): PlainError {
  return { kind, message, code, retryAfterSeconds }
}

/** The query builder's message carries the whole statement with its values: what the driver said is what matters. */
function driverError(error: unknown): { message: string; stack: string | undefined } {
  const message = errorMessages(error).at(-1) ?? String(error)
  const stack =
    error instanceof Error ? error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) : undefined
  return { message: message.slice(0, 500), stack: stack?.join('\n') }
}
