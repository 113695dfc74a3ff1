/** Everything a new developer needs once: packages, a build, a database in .dev/ with a few traces in it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { devEnvironment } from './lib/dev-environment.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { say } from './lib/install.mjs'
import { ROOT, run } from './lib/run.mjs'

await ensureBuilt()
const env = { ...devEnvironment(), PHOENIX_PORT: '0', PHOENIX_GRPC_PORT: '0', BENNU_OTLP_HTTP_PORT: '0' }
say(`filling ${env.PHOENIX_WORKING_DIR}`)
const server = spawn(process.execPath, [join(ROOT, 'dist/bennu.js'), 'serve'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await addressOf(server)
await run('node', ['--import', 'tsx', 'scripts/seed.ts', url], { env })
server.kill('SIGTERM')
await new Promise((resolve) => server.once('exit', resolve))
say('done: `npm run dev` serves pages from their sources, `npm run up` serves the build')

/** The address that the server's banner shows. */
function addressOf(child) {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      const match = /pages +(\S+)/.exec(output)
      if (match) resolve(match[1])
    })
    child.once('exit', () => reject(new Error(`the server did not start:\n${output}`)))
  })
}
