/** From a fresh clone to a running server: install, build, serve. Each step is left out when it is done already. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { say } from './lib/install.mjs'
import { ROOT } from './lib/run.mjs'

await ensureBuilt()
say('starting; stop it with Ctrl-C')
const server = spawn(process.execPath, [join(ROOT, 'dist/bennu.js'), 'serve', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// A signal to the terminal's group reaches the server by itself; one to us alone is passed on.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
