/**
 * The whole server from its sources, in one terminal: pages by Next's development compiler, web and collector processes by
 * tsx, and a trickle of sample traces. `--quiet` leaves the traces out.
 */
import { spawn } from 'node:child_process'
import { devEnvironment } from './lib/dev-environment.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { ROOT } from './lib/run.mjs'

const quiet = process.argv.includes('--quiet')
await ensureInstalled()
const env = { ...devEnvironment(), NODE_ENV: 'development' }
const source = (file, ...args) =>
  spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: ROOT, env, stdio: 'inherit' })

const server = source('bin/bennu.ts', 'serve', '--dev')
const traffic = quiet
  ? null
  : source('scripts/seed.ts', '--follow', `http://127.0.0.1:${env.PHOENIX_PORT || 6006}/`)
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code) => {
  traffic?.kill()
  process.exit(code ?? 1)
})
