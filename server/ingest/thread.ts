/** The serving thread's side of the ingest worker: admission, who waits for which answer, and what happens when it dies. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { AppError } from '#server/errors'
import {
  Admission,
  type AdmissionLimits,
  type AdmissionState,
  Place,
  RETRY_AFTER_SECONDS,
} from '#server/ingest/admission'
import type { IngestClient, IngestRequest, IngestResult, Reservation } from '#server/ingest/client'
import type { MessageFromWorker, MessageToWorker } from '#server/ingest/messages'
import type { IngestMeter, MeterReading } from '#server/ingest/meter'

interface ThreadOptions {
  limits: AdmissionLimits
  log: Logger
  clock: () => Date
  spawn: () => Worker
  /** What the workers count in, one after the other. */
  meter: IngestMeter
}

/** How ingest stands in this process and what it has done since the process started. */
export interface IngestStats {
  /** What is in flight now. */
  queue: AdmissionState['queue']
  /** Requests refused before the worker saw them, by what was lacking. */
  refusals: AdmissionState['refusals'] & { starting: number; stopping: number }
  /** Requests answered, by `stored` or the code of their error. */
  outcomes: Record<string, number>
  workerStarts: number
  /** Seconds that the worker thread of now has not been idle. */
  workerBusySeconds: number
  /** How long the request that has waited longest for its answer has been waiting; 0 when none is. */
  oldestSeconds: number
  worker: MeterReading
}

/** Somebody who waits for an answer of the worker. */
interface Waiter {
  place: Place
  /** On the monotonic clock, milliseconds. */
  since: number
  resolve: (result: IngestResult) => void
  reject: (error: AppError) => void
}

const MAX_RESTART_PAUSE_MS = 5_000

export class IngestThread implements IngestClient {
  readonly #options: ThreadOptions
  readonly #admission: Admission
  readonly #waiters = new Map<number, Waiter>()
  #worker: Worker | null = null
  readonly #outcomes: Record<string, number> = {}
  readonly #refusals = { starting: 0, stopping: 0 }
  #workerStarts = 0
  #nextId = 1
  #restartPauseMs = 100
  #stopping: Promise<void> | null = null

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#admission = new Admission(options.limits)
  }

  /** Starts the worker and waits until it is ready. @throws what kept it from starting */
  async start(): Promise<void> {
    const worker = this.#options.spawn()
    await new Promise<void>((resolve, reject) => {
      let failure: unknown = new Error('The ingest worker ended before it was ready')
      worker.on('message', (message: MessageFromWorker) => {
        if (message.kind !== 'ready') return this.#receive(message)
        this.#worker = worker
        this.#workerStarts += 1
        resolve()
      })
      worker.on('error', (error) => {
        failure = error
      })
      worker.on('exit', () => {
        if (this.#worker === worker) this.#died(failure)
        else reject(failure)
      })
    })
  }

  /** For the metrics. */
  stats(): IngestStats {
    const { queue, refusals } = this.#admission.state
    return {
      queue,
      refusals: { ...refusals, ...this.#refusals },
      outcomes: { ...this.#outcomes },
      workerStarts: this.#workerStarts,
      workerBusySeconds: (this.#worker?.performance.eventLoopUtilization().active ?? 0) / 1000,
      oldestSeconds: this.#oldestSeconds(),
      worker: this.#options.meter.read(),
    }
  }

  #oldestSeconds(): number {
    const [oldest] = this.#waiters.values()
    return oldest ? (performance.now() - oldest.since) / 1000 : 0
  }

  reserve(): Place {
    if (this.#stopping) throw this.#refuse('stopping')
    return this.#admission.enter()
  }

  async submit(request: IngestRequest, reservation?: Reservation): Promise<IngestResult> {
    const place = reservation instanceof Place ? reservation : this.reserve()
    try {
      if (!reservation) place.grow(request.body.byteLength)
      place.setSpans(1)
      return await this.#send(request, place)
    } finally {
      place.release()
    }
  }

  #send(request: IngestRequest, place: Place): Promise<IngestResult> {
    const worker = this.#worker
    if (this.#stopping) throw this.#refuse('stopping')
    if (!worker) throw this.#refuse('starting')
    const body = ownBuffer(request.body)
    const id = this.#nextId++
    const message: MessageToWorker = {
      kind: 'request',
      id,
      request: { ...request, body },
      receivedAt: this.#options.clock(),
    }
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { place, since: performance.now(), resolve, reject })
      worker.postMessage(message, [body.buffer as ArrayBuffer])
    })
  }

  #receive(message: MessageFromWorker): void {
    if (message.kind === 'trouble') {
      this.#options.log.error({ err: message.error }, message.sentence)
      return
    }
    if (message.kind === 'ready' || message.kind === 'drained') return
    const waiter = this.#waiters.get(message.id)
    if (!waiter) return
    if (message.kind === 'decoded') {
      waiter.place.setSpans(message.spans)
      return
    }
    this.#restartPauseMs = 100
    this.#waiters.delete(message.id)
    this.#count(message.kind === 'done' ? 'stored' : message.error.code)
    if (message.kind === 'done') waiter.resolve(message.result)
    else waiter.reject(toAppErrorAgain(message.error))
  }

  #refuse(reason: 'starting' | 'stopping'): AppError {
    this.#refusals[reason] += 1
    return reason === 'starting' ? restarting() : stopping()
  }

  #count(outcome: string): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
  }

  /** The worker is gone: whoever waits is told to come again, but for who killed it, and a new one is started. */
  #died(cause: unknown): void {
    this.#worker = null
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    const culprit = this.#culprit(cause, waiters)
    for (const [id, waiter] of waiters) {
      const error = id === culprit ? tooMuchMemory(cause) : restarting(cause)
      this.#count(error.code)
      waiter.reject(error)
    }
    if (this.#stopping) return
    this.#options.log.error({ err: cause }, 'the ingest worker died; starting it again')
    void this.#restart()
  }

  /** The request that took more memory than there is: it would take it again and again. Null when it is not known. */
  #culprit(cause: unknown, waiters: [id: number, waiter: Waiter][]): number | null {
    const decoding = this.#options.meter.takeDecoding()
    if (!isOutOfMemory(cause)) return null
    const [only] = waiters
    return decoding ?? (only && waiters.length === 1 ? only[0] : null)
  }

  async #restart(): Promise<void> {
    while (!this.#stopping) {
      await sleep(this.#restartPauseMs, undefined, { ref: false })
      this.#restartPauseMs = Math.min(this.#restartPauseMs * 2, MAX_RESTART_PAUSE_MS)
      if (this.#stopping) return
      try {
        await this.start()
        return
      } catch (error) {
        this.#options.log.error({ err: error }, 'the ingest worker cannot be started; trying again')
      }
    }
  }

  drain(): Promise<void> {
    this.#stopping ??= this.#drain()
    return this.#stopping
  }

  async #drain(): Promise<void> {
    // Lets what came in with this very tick be sent before the thread is told to finish.
    await sleep(0)
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage({ kind: 'drain' } satisfies MessageToWorker)
    await ended
    this.#worker = null
  }
}

/** What may stand before a body in memory that is handed over with it: the head of a gRPC message. */
const MAX_HEAD_BYTES = 5

/** The bytes in a buffer of their own, so that they can be handed over instead of copied. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes
  const ownsAll = byteOffset <= MAX_HEAD_BYTES && byteOffset + byteLength === buffer.byteLength
  return ownsAll && buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}

const toAppErrorAgain = ({
  kind,
  message,
  code,
  retryAfterSeconds,
}: Extract<MessageFromWorker, { kind: 'failed' }>['error']) =>
  new AppError(kind, message, { code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) })

const isOutOfMemory = (cause: unknown) =>
  cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'

const tooMuchMemory = (cause: unknown) =>
  new AppError('too_large', 'The request takes more memory to decode than the server has for it', { cause })

const restarting = (cause?: unknown) =>
  new AppError('unavailable', 'The server is starting: try again', {
    cause,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })

const stopping = () =>
  new AppError('unavailable', 'The server is stopping: try again', { retryAfterSeconds: RETRY_AFTER_SECONDS })
