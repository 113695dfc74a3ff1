/** Puts the web process together: Next, the listener in front of it, and a stop that loses no request. */
import { startHousekeeping } from '#server/housekeeping'
import { startDirectorySync } from '#server/ldap/sync'
import { closeServer } from '#server/listener/close-server'
import { listenOn } from '#server/listener/http-server'
import type { Service } from '#server/process/child'
import { listenPatiently } from '#server/process/listen'
import type { Runtime } from '#server/runtime'
import { createListener } from './listener'
import { prepareNext } from './prepare-next'
import { warmUp } from './warm-up'

/**
 * Starts serving on PHOENIX_HOST:PHOENIX_PORT.
 * @throws StartError when the port cannot be had
 */
export async function startWeb(runtime: Runtime, options: { dev: boolean }): Promise<Service> {
  const pages = await prepareNext(runtime, options.dev)
  const server = createListener(runtime, pages)
  const { host, port } = runtime.config.server
  const target = { host, port, setting: 'PHOENIX_PORT or --port' }
  const bound = await listenPatiently(target, () => listenOn(server, target))
  const endHousekeeping = startHousekeeping(runtime)
  const endDirectorySync = startDirectorySync(runtime)
  const endWarmUp = options.dev ? async () => {} : warmUp(runtime, pages)
  const stop = async (graceMs: number) => {
    await Promise.all([closeServer(server, graceMs), endWarmUp(), endHousekeeping(), endDirectorySync()])
  }
  return { port: bound, stop }
}
