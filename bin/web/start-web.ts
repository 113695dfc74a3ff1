/** Puts the web process together: Next, the listener in front of it, and a stop that loses no request. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Service } from '#server/process/child'
import { listenPatiently } from '#server/process/listen'
import type { Runtime } from '#server/runtime'
import { closeServer } from './close-server'
import { createListener } from './listener'
import { prepareNext } from './prepare-next'

/**
 * Starts serving on PHOENIX_HOST:PHOENIX_PORT.
 * @throws StartError when the port cannot be had
 */
export async function startWeb(runtime: Runtime, options: { dev: boolean }): Promise<Service> {
  const pages = await prepareNext(runtime, options.dev)
  const server = createListener(runtime, pages)
  const { host, port } = runtime.config.server
  await listenPatiently({ host, port, setting: 'PHOENIX_PORT or --port' }, () => listen(server, port, host))
  return {
    port: (server.address() as AddressInfo).port,
    stop: (graceMs) => closeServer(server, graceMs),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
