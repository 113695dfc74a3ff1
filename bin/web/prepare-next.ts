/** Next inside our process: the built app in production, the compiler in development. */
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { format } from 'node:util'
import { StartError } from '#server/process/listen'
import { packageRoot } from '#server/process/package-root'
import type { Runtime } from '#server/runtime'

/**
 * Loads Next and answers its request handler.
 * @throws StartError when the app has not been built
 */
export async function prepareNext(runtime: Runtime, dev: boolean): Promise<RequestListener> {
  const dir = packageRoot()
  const environment = process.env as Record<string, string>
  environment.NODE_ENV = dev ? 'development' : 'production'
  environment.NEXT_TELEMETRY_DISABLED = '1'
  // With the built configuration at hand Next loads neither next.config.ts nor its compiler.
  if (!dev) environment.__NEXT_PRIVATE_STANDALONE_CONFIG = readBuiltConfig(dir)
  if (!dev) sendConsoleToLog(runtime)
  const { default: next } = await import('next')
  const { host, port } = runtime.config.server
  const app = next({ dev, dir, hostname: host, port, quiet: true })
  await app.prepare()
  const handle = app.getRequestHandler()
  return (request, response) => void handle(request, response)
}

function readBuiltConfig(dir: string): string {
  const file = join(dir, '.next', 'required-server-files.json')
  try {
    return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).config)
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
