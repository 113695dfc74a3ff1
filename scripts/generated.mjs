/**
 * Everything in the repository that is generated: the OTLP code from proto/, the migrations from server/db/schema.ts.
 *   node scripts/generated.mjs           writes what is missing; a missing migration wants a name, and is only reported
 *   node scripts/generated.mjs --check   fails when something is missing or stale
 */
import { run } from './lib/run.mjs'

const check = process.argv.includes('--check')
const steps = [
  ['scripts/proto.mjs', ...(check ? ['--check'] : [])],
  ['scripts/db-generate.mjs', '--check'],
]
for (const step of steps) {
  if ((await run('node', step, { allowFailure: true })) !== 0) process.exitCode = 1
}
