/**
 * The process that sends: started by send.ts, held to one core. Says `started` when it can take its order, `counting` when
 * the time to warm up is over, and its report at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../../test/percentile'
import { GrpcConnection, HttpConnection, type Target } from './connections'
import type { SenderReport } from './model'
import { PayloadReader } from './payload-file'

export interface SenderOrder {
  target: Target
  transport: 'http' | 'grpc'
  connections: number
  payloads: string[]
  warmUpMs: number
  seconds: number
  /** Once warm, only this part of the requests a second that were taken until then; without it as many as are taken. */
  shareOfCapacity?: number
}

/** After a refusal, as a sender that is told to come again. */
const PAUSE_MS = 100

const tell = (message: unknown) => process.send?.(message)
process.once('message', (order) => void run(order as SenderOrder))
tell({ kind: 'started' })

async function run(order: SenderOrder): Promise<void> {
  const { target, transport, connections, warmUpMs, seconds } = order
  const reader = new PayloadReader(order.payloads, target.gzip ? null : target.encoding)
  const Connection = transport === 'grpc' ? GrpcConnection : HttpConnection
  const open = Array.from({ length: connections }, () => new Connection(target))
  const tally = new Tally()
  const until = performance.now() + warmUpMs + seconds * 1000
  const pace = new Pace()
  const warm = setTimeout(() => {
    if (order.shareOfCapacity) pace.keep((tally.taken / warmUpMs) * 1000 * order.shareOfCapacity)
    tally.begin()
    tell({ kind: 'counting' })
  }, warmUpMs)
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < until) {
        await pace.turn()
        const payload = reader.next()
        if (!payload) {
          tally.usedUp = true
          return
        }
        const sentAt = performance.now()
        const outcome = await connection.send(payload.body)
        tally.note(outcome, payload.spans, performance.now() - sentAt)
        if (outcome !== null) await sleep(PAUSE_MS)
      }
    }),
  )
  clearTimeout(warm)
  const report = tally.report()
  for (const connection of open) connection.close()
  tell({ kind: 'done', report })
  process.disconnect()
}

/** Spreads requests evenly over time, once it is told to. */
class Pace {
  #gapMs = 0
  #next = 0

  /** From now on so many a second, of all connections together. @throws RangeError when that is none */
  keep(requestsPerSecond: number): void {
    if (!(requestsPerSecond > 0)) throw new RangeError('Nothing was taken that a pace could follow')
    this.#gapMs = 1000 / requestsPerSecond
    this.#next = performance.now()
  }

  async turn(): Promise<void> {
    if (this.#gapMs === 0) return
    const now = performance.now()
    // Of time that was lost no more than a second is made up for.
    this.#next = Math.max(this.#next + this.#gapMs, now - 1000)
    if (this.#next > now) await sleep(this.#next - now)
  }
}

class Tally {
  usedUp = false
  #startedAt = performance.now()
  #spans = 0
  #failures = 0
  #latencies: number[] = []
  #totalSpans = 0
  #totalRequests = 0
  #firstFailure: string | null = null
  #lastAt = 0

  /** Requests that were acknowledged since the first. */
  get taken(): number {
    return this.#totalRequests
  }

  /** Forgets what was before, except that it was sent. */
  begin(): void {
    this.#startedAt = performance.now()
    this.#spans = 0
    this.#failures = 0
    this.#latencies = []
  }

  note(outcome: string | null, spans: number, tookMs: number): void {
    if (outcome !== null) {
      this.#failures += 1
      this.#firstFailure ??= outcome
      return
    }
    this.#lastAt = performance.now()
    this.#spans += spans
    this.#latencies.push(tookMs)
    this.#totalSpans += spans
    this.#totalRequests += 1
  }

  report(): SenderReport {
    return {
      spans: this.#spans,
      requests: this.#latencies.length,
      failures: this.#failures,
      durationMs: Math.max(1, this.#lastAt - this.#startedAt),
      p50Ms: percentile(this.#latencies, 0.5),
      p99Ms: percentile(this.#latencies, 0.99),
      maxMs: percentile(this.#latencies, 1),
      totalSpans: this.#totalSpans,
      totalRequests: this.#totalRequests,
      usedUp: this.usedUp,
      firstFailure: this.#firstFailure,
    }
  }
}
