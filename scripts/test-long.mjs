/** The tests that take their time: many kill rounds on both engines, the load with its times, a database that never comes. */
import { ensureBuilt } from './lib/ensure-built.mjs'
import { run } from './lib/run.mjs'
import { ensureServices } from './lib/services.mjs'

await ensureBuilt()
const missing = ensureServices()
for (const { reason } of missing) console.log(reason)
const code = await run(
  'node',
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'long', ...process.argv.slice(2)],
  {
    allowFailure: true,
  },
)
process.exit(code)
