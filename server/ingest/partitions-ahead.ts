/** While the server runs for weeks: the partitions of the coming days, made before anybody waits for one. */
import type { Database } from '#server/db/database'
import { PARTITION_DAYS_AHEAD } from '#server/db/partitions'

const EVERY_MS = 6 * 3_600_000

/**
 * Makes them now and every few hours. A failure is told and tried again at the next turn: whoever stores the first span
 * of a day that lacks its partition makes it.
 * @returns ends it
 */
export function keepPartitionsAhead(
  db: Pick<Database, 'spanPartitions'>,
  onTrouble: (error: unknown, sentence: string) => void,
): () => void {
  const make = () =>
    db.spanPartitions.ensureAhead(PARTITION_DAYS_AHEAD).catch((error: unknown) => {
      onTrouble(error, 'partitions for the coming days could not be made; trying again in six hours')
    })
  void make()
  const timer = setInterval(make, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
