/** Starts the thread that makes SQLite's checkpoints, and starts it again should it die. For the supervisor. */
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Checkpoint } from '#server/db/checkpointer'
import { type Histogram, HistogramCounter } from '#server/metrics/histogram'
import { threadEntry } from '#server/process/thread-entry'

/** Upper bounds in seconds of how long a checkpoint takes. */
const CHECKPOINT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
const RESTART_PAUSE_MS = 5_000

/** What the thread tells. */
export type CheckpointReport =
  | { kind: 'made'; checkpoint: Checkpoint }
  | { kind: 'size'; bytes: number }
  | { kind: 'failed'; message: string }

/** How the write-ahead log stands, and what was done about it since the start. */
export interface CheckpointStats {
  walBytes: number
  /** Checkpoints by how they were made and whether they came to their end. */
  made: { mode: Checkpoint['mode']; result: 'done' | 'busy'; count: number }[]
  seconds: Histogram
}

export class Checkpoints {
  readonly #file: string
  readonly #log: Logger
  readonly #seconds = new HistogramCounter(CHECKPOINT_SECONDS)
  readonly #made = new Map<string, CheckpointStats['made'][number]>()
  #worker: Worker | null = null
  #walBytes = 0
  #isFailing = false
  #isStopping = false
  #restart: NodeJS.Timeout | undefined

  /** Begins at once. The file must exist. */
  constructor(file: string, log: Logger) {
    this.#file = file
    this.#log = log
    this.#start()
  }

  /** For the metrics. */
  stats(): CheckpointStats {
    return { walBytes: this.#walBytes, made: [...this.#made.values()], seconds: this.#seconds.read() }
  }

  /** Closes the thread's connection, which moves what is left when it is the last. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('stop')
    await ended
  }

  #start(): void {
    const entry = threadEntry('checkpoint-thread', new URL('./checkpoint-thread.ts', import.meta.url))
    const worker = new Worker(entry, { workerData: this.#file, name: 'checkpoints' })
    this.#worker = worker
    worker.on('message', (report: CheckpointReport) => this.#hear(report))
    worker.on('error', (error) => this.#log.error({ err: error }, 'the checkpoint thread died'))
    worker.on('exit', () => {
      this.#worker = null
      if (!this.#isStopping) this.#restart = setTimeout(() => this.#start(), RESTART_PAUSE_MS)
    })
  }

  #hear(report: CheckpointReport): void {
    if (report.kind === 'size') this.#walBytes = report.bytes
    if (report.kind === 'made') this.#count(report.checkpoint)
    if (report.kind === 'failed') this.#noteFailure(report.message)
  }

  #count({ mode, busy, milliseconds }: Checkpoint): void {
    this.#isFailing = false
    const result = busy ? 'busy' : 'done'
    const known = this.#made.get(`${mode} ${result}`) ?? { mode, result, count: 0 }
    this.#made.set(`${mode} ${result}`, { ...known, count: known.count + 1 })
    this.#seconds.observe(milliseconds / 1000)
  }

  /** Says it once: the next try comes soon, and the writers' own checkpoint stands behind it. */
  #noteFailure(message: string): void {
    if (!this.#isFailing) {
      this.#log.error(
        { reason: message },
        'the write-ahead log cannot be moved into the database; trying again',
      )
    }
    this.#isFailing = true
  }
}
