/**
 * Figures of this machine: cold start and idle memory of the built program.
 *   npm run bench            both
 *   npm run bench -- load    also 200 exporter connections, and what pages and web's event loop make of them
 */
import { ensureBuilt } from './lib/ensure-built.mjs'
import { run } from './lib/run.mjs'

await ensureBuilt()
await run('node', ['--import', 'tsx', 'scripts/bench/main.ts', ...process.argv.slice(2)])
