/** What the serving thread and the ingest worker thread say to each other. */
import type { Config } from '#server/config/model'
import type { ErrorKind } from '#server/errors'
import type { IngestRequest, IngestResult } from '#server/ingest/client'

/** The worker's start data. */
export interface WorkerData {
  database: Config['database']
  ingest: Config['ingest']
  applicationName: string
  /** See `IngestMeter`: the worker counts, the serving thread reads. */
  meterMemory: SharedArrayBuffer
}

export type MessageToWorker =
  | { kind: 'request'; id: number; request: IngestRequest; receivedAt: Date }
  /** Answer what was taken, close the database, say `drained`. */
  | { kind: 'drain' }

/** An AppError, which would lose its brand on the way between threads. */
export interface PlainError {
  kind: ErrorKind
  message: string
  code: string
  retryAfterSeconds: number | undefined
}

export type MessageFromWorker =
  | { kind: 'ready' }
  | { kind: 'decoded'; id: number; spans: number }
  | { kind: 'done'; id: number; result: IngestResult }
  | { kind: 'failed'; id: number; error: PlainError }
  /** For the log of the process. */
  | { kind: 'trouble'; sentence: string; error: { message: string; stack: string | undefined } }
  | { kind: 'drained' }
