/** How much of the processor the ingest worker thread may claim against the threads that answer people. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Enough to let a main thread go first when both want a core, little enough to use every idle one. */
const NICE = 10

/**
 * Lets every other thread of the machine go first. Linux keeps a priority for each thread, so this touches the calling
 * one alone; elsewhere nothing is done.
 */
export function yieldToOtherThreads(): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (Number.isSafeInteger(threadId) && threadId > 0) setPriority(threadId, NICE)
  } catch {
    // No /proc, or a sandbox that forbids it: the thread keeps the ordinary priority.
  }
}
