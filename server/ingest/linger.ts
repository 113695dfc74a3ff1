/**
 * A COMMIT costs the same for one span as for a hundred. When many exporters send little each, the next transaction
 * waits a few milliseconds for more of them; an exporter that sends alone, and whoever sends much, never waits.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestQueue } from '#server/ingest/request-queue'

/** Requests in one transaction at which their exporters count as many. */
const SEVERAL_REQUESTS = 4
/** A transaction of more spans than this is worth its COMMIT. */
const FEW_SPANS = 256
const LONGEST_MS = 10
/** Nobody came for so long: those who are there need not wait for others. */
const QUIET_MS = 2
const ENOUGH_REQUESTS = 32
const ENOUGH_BYTES = 256 * 1024

/** Where time comes from, in milliseconds; a test brings its own. */
export interface Timing {
  now: () => number
  pause: () => Promise<unknown>
}

const REAL: Timing = { now: () => performance.now(), pause: () => sleep(1) }

/** Whether a transaction of so many requests and spans lets expect that waiting gathers more. */
export const invitesMore = (requests: number, spans: number): boolean =>
  requests >= SEVERAL_REQUESTS && spans <= FEW_SPANS

/** Resolves when enough requests wait, when no more of them come, or after ten milliseconds. */
export async function linger(
  waiting: Pick<RequestQueue, 'count' | 'bytes'>,
  { now, pause }: Timing = REAL,
): Promise<void> {
  const since = now()
  let lastArrival = since
  let { count } = waiting
  while (waiting.count < ENOUGH_REQUESTS && waiting.bytes < ENOUGH_BYTES) {
    if (waiting.count > count) lastArrival = now()
    count = waiting.count
    if (now() - since >= LONGEST_MS || now() - lastArrival >= QUIET_MS) return
    await pause()
  }
}
