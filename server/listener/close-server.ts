import type { Server } from 'node:http'

const SWEEP_MS = 50

/**
 * Takes no new connection, closes idle ones at once and the others after their answer, or when the grace is over.
 * Resolves when all are closed.
 */
export function closeServer(server: Server, graceMs: number): Promise<void> {
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
