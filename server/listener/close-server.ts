import type { Server } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

const SWEEP_MS = 50
/** In each turn of its loop Node takes one connection from those that wait. */
const TURNS = 128
/** In a turn that takes longer somebody may have come meanwhile. */
const QUICK_MS = 0.3
const LONGEST_TAKE_MS = 250

/**
 * Gives a listener that is about to close the time to take the connections that the system has made already: with the
 * listener they would be reset, and their clients could not tell whether anything was done.
 */
export async function takeWaitingConnections(): Promise<void> {
  const since = performance.now()
  let before = since
  for (let turn = 1; ; turn += 1) {
    await nextTurn()
    const now = performance.now()
    const isQuick = now - before < QUICK_MS
    if ((turn >= TURNS && isQuick) || now - since > LONGEST_TAKE_MS) return
    before = now
  }
}

/**
 * Takes no new connection, closes idle ones at once and the others after their answer, or when the grace is over.
 * Resolves when all are closed.
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  await takeWaitingConnections()
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    // A connection that was answered meanwhile is kept alive by its client: it is idle from then on …
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    // … unless the client has something to ask at once: that is answered, and is the last.
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}
