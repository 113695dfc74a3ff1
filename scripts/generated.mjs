/**
 * Everything in the repository that is generated: the OTLP code from proto/, the migrations from server/db/schema.ts.
 *   node scripts/generated.mjs           writes what is missing
 *   node scripts/generated.mjs --check   fails when something is missing or stale
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT, run } from './lib/run.mjs'

const check = process.argv.includes('--check')
let stale =
  (await run('node', ['scripts/proto.mjs', ...(check ? ['--check'] : [])], { allowFailure: true })) !== 0
for (const dialect of ['sqlite', 'postgres']) if (!migrationsCover(dialect)) stale = true
process.exitCode = stale ? 1 : 0

/** Whether the migrations lead to the present schema; without --check the missing one is written. */
function migrationsCover(dialect) {
  const real = join(ROOT, 'drizzle', dialect)
  if (!check) return generate(dialect, real) >= 0
  const copy = mkdtempSync(join(ROOT, 'drizzle', '.check-'))
  try {
    cpSync(real, copy, { recursive: true })
    if (generate(dialect, copy) === 0) return true
    console.error(
      `server/db/schema.ts has changed since the last ${dialect} migration: run \`node scripts/generated.mjs\``,
    )
    return false
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** Lets drizzle-kit write a migration if one is needed; returns how many files it added. */
function generate(dialect, folder) {
  const count = () => readdirSync(folder).length
  const before = count()
  const kit = join(ROOT, 'node_modules/drizzle-kit/bin.cjs')
  const name = dialect === 'sqlite' ? 'sqlite' : 'postgresql'
  const schema = `./server/db/schema.${dialect}.ts`
  const out = relative(ROOT, folder)
  execFileSync(process.execPath, [kit, 'generate', '--dialect', name, '--schema', schema, '--out', out], {
    cwd: ROOT,
  })
  return count() - before
}
