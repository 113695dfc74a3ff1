/** Next inside our process: the built app in production, the compiler in development. */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { format } from 'node:util'
import { StartError } from '#server/process/listen'
import { packageRoot } from '#server/process/package-root'
import { withRoot } from '#server/root-path'
import type { Runtime } from '#server/runtime'
import { copyBuildForRoot } from './rooted-build'

/**
 * Loads Next and answers its request handler, to which paths come without the prefix.
 * @throws StartError when the app has not been built
 */
export async function prepareNext(runtime: Runtime, dev: boolean): Promise<RequestListener> {
  const { host, port, rootPath } = runtime.config.server
  // Where the built pages look for the prefix when they are made here; browsers find it in the scripts themselves.
  ;(globalThis as { __ROOT_PATH__?: string }).__ROOT_PATH__ = rootPath
  const environment = process.env as Record<string, string>
  environment.NODE_ENV = dev ? 'development' : 'production'
  environment.NEXT_TELEMETRY_DISABLED = '1'
  const { dir, config } = dev ? { dir: packageRoot() } : findBuild(rootPath)
  // With the built configuration at hand Next loads neither next.config.ts nor its compiler.
  if (config) environment.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(config)
  if (!dev) sendConsoleToLog(runtime)
  const { default: next } = await import('next')
  // Next takes upgrades from the server of its first request, past our listener; it gets one that never listens. In
  // development they lead to its compiler.
  const httpServer = dev ? {} : { httpServer: createServer() }
  const app = next({ dev, dir, hostname: host, port, quiet: true, ...httpServer })
  await app.prepare()
  const handle = app.getRequestHandler()
  return (request, response) => {
    request.url = withRoot(runtime.config, request.url ?? '/')
    void handle(request, response)
  }
}

/** The folder that holds the build for this prefix, and the configuration that it was built with. */
function findBuild(rootPath: string): { dir: string; config?: object } {
  const original = packageRoot()
  const config = readBuiltConfig(original)
  if (rootPath === '') return { dir: original, config }
  const dir = copyBuildForRoot(original, rootPath)
  return { dir, config: readBuiltConfig(dir) }
}

function readBuiltConfig(dir: string): object {
  const file = join(dir, '.next', 'required-server-files.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')).config
  } catch (cause) {
    throw new StartError(`the pages have not been built (${file} cannot be read): run \`npm run build\``, {
      cause,
    })
  }
}

/** Next reports through the console; its lines belong into the one log, where CR and LF are escaped. */
function sendConsoleToLog(runtime: Runtime): void {
  const log = runtime.log.child({ from: 'next' })
  console.error = (...parts: unknown[]) => log.error(format(...parts))
  console.warn = (...parts: unknown[]) => log.warn(format(...parts))
  console.log = (...parts: unknown[]) => log.debug(format(...parts))
  console.info = console.log
}
