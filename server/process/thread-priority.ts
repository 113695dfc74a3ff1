/** How much of the processor ingest may claim against the threads that answer people. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** For the collector's main thread: its exporters wait more easily than a person before a page. */
export const COLLECTOR_NICE = 5
/** For the worker thread: a main thread goes first when both want a core, and every idle core is used. */
export const WORKER_NICE = 10

/**
 * Lets other threads of the machine go first, the more the larger `nice` is (0 is ordinary). Linux keeps a priority for
 * each thread, so this touches the calling one alone and those it makes afterwards; elsewhere nothing is done.
 */
export function yieldToOtherThreads(nice: number): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (Number.isSafeInteger(threadId) && threadId > 0) setPriority(threadId, nice)
  } catch {
    // No /proc, or a sandbox that forbids it: the thread keeps the ordinary priority.
  }
}
