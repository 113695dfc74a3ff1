/** Removing many rows without holding up whoever else writes. */

/** Rows removed in one transaction, so that nobody waits long behind it. */
export const REMOVAL_BATCH = 500

/**
 * Calls until less than a batch was there to remove.
 * @param remove removes at most REMOVAL_BATCH rows in a transaction of its own, and returns how many
 * @returns how many rows went altogether
 */
export async function removeInBatches(remove: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const removed = await remove()
    total += removed
    if (removed < REMOVAL_BATCH) return total
  }
}
