/**
 * The least of some measurements, because the machine may have other things to do. No more are made than it takes to be
 * below the limit.
 */
export async function leastOf(most: number, limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < most && least >= limit; run++) least = Math.min(least, await measure())
  return least
}

/** How long it takes, in milliseconds. */
export async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
