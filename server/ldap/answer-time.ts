/**
 * When a refusal is answered. A directory that hashes passwords takes longer over somebody it knows than over somebody it
 * does not, so that the time would tell names: all refusals wait for one moment.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/** From the moment at which the directory is asked, in milliseconds. */
const AT_LEAST_MS = 500
/** A directory that takes longer over people it knows pushes the moment out, so far. */
const AT_MOST_MS = 5_000
/** How many of the latest are looked at. */
const KEPT = 50
/** What the slowest of them may be exceeded by. */
const MARGIN = 1.25

// On globalThis because Next gives each route its own copy of this module.
const TIMES = Symbol.for('bennu.ldap.answer-times')
const holder = globalThis as unknown as Record<symbol, number[] | undefined>

/** Remembers how long the directory took over somebody it knows. Those it does not know must not dilute that. */
export function noteTimeOfKnown(milliseconds: number): void {
  holder[TIMES] ??= []
  holder[TIMES].push(milliseconds)
  if (holder[TIMES].length > KEPT) holder[TIMES].shift()
}

/**
 * Waits until a refusal may be answered.
 * @param startedAt when the directory was asked, by `performance.now()`
 */
export async function untilRefusalIsDue(startedAt: number): Promise<void> {
  const slowest = Math.max(0, ...(holder[TIMES] ?? []))
  const dueMs = Math.min(AT_MOST_MS, Math.max(AT_LEAST_MS, slowest * MARGIN))
  const leftMs = dueMs - (performance.now() - startedAt)
  if (leftMs > 0) await sleep(leftMs)
}
