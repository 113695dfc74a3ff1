/** What must hold before a commit. Runs everything even after a failure, and says at the end what failed. */
import { say } from './lib/install.mjs'
import { run } from './lib/run.mjs'

const bin = (path) => `node_modules/${path}`
const steps = [
  ['format and lint', 'node', [bin('@biomejs/biome/bin/biome'), 'check', '.']],
  ['types', 'node', [bin('typescript/bin/tsc'), '-p', '.']],
  ['generated OTLP code', 'node', ['scripts/proto.mjs', '--check']],
  ['generated migrations', 'node', ['scripts/db-generate.mjs', '--check']],
  ['boundaries and unit tests', 'node', [bin('vitest/vitest.mjs'), 'run', '--project', 'unit']],
  ['tests on SQLite', 'node', [bin('vitest/vitest.mjs'), 'run', '--project', 'sqlite']],
  ['build', 'node', ['scripts/build.mjs']],
]

const failed = []
for (const [name, command, args] of steps) {
  say(name)
  if ((await run(command, args, { allowFailure: true })) !== 0) failed.push(name)
}
say(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`)
process.exit(failed.length === 0 ? 0 : 1)
