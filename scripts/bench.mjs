/** Figures of this machine, by the built program: `npm run bench -- --help` says what there is. */
import { ensureBuilt } from './lib/ensure-built.mjs'
import { run } from './lib/run.mjs'

const args = process.argv.slice(2)
const asksOnly = args.includes('--help') || args.includes('-h')
if (!asksOnly) await ensureBuilt()
process.exit(await run('node', ['--import', 'tsx', 'scripts/bench/main.ts', ...args], { allowFailure: true }))
