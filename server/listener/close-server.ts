import type { Server } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

const SWEEP_MS = 50
/** In each turn of its loop Node takes one connection from those that wait, of which there are at most 511. */
const TURNS = 600
/** In a turn that takes longer somebody may have come meanwhile. */
const QUICK_MS = 0.3
/** The part of the grace that this may take on a machine without a free core. */
const MOST_OF_GRACE = 0.25

/**
 * Gives a listener that is about to close the time to take the connections that the system has made already: with the
 * listener they would be reset, and their clients could not tell whether anything was done. Resolves after some
 * milliseconds, on a machine without a free core after a quarter of the grace at the latest.
 */
export async function takeWaitingConnections(graceMs: number): Promise<void> {
  const since = performance.now()
  let before = since
  for (let turn = 1; ; turn += 1) {
    await nextTurn()
    const now = performance.now()
    const isQuick = now - before < QUICK_MS
    if ((turn >= TURNS && isQuick) || now - since > graceMs * MOST_OF_GRACE) return
    before = now
  }
}

/**
 * Takes the connections that were made already and no new one after that, closes idle ones at once and the others after
 * their answer. Resolves when all are closed, or when the grace is over and they were cut off.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  // A client that has something to ask at once is answered, and that is the last.
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  let cut: NodeJS.Timeout | undefined
  const graceIsOver = new Promise<void>((resolve) => {
    cut = setTimeout(resolve, graceMs)
  })
  await takeWaitingConnections(graceMs)
  const isClosed = new Promise<void>((resolve) => void server.close(() => resolve()))
  // A connection that was answered meanwhile is kept alive by its client: it is idle from then on.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
  await Promise.race([isClosed, graceIsOver])
  clearTimeout(cut)
  clearInterval(sweep)
  server.closeAllConnections()
}
