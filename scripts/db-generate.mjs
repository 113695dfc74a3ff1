/**
 * Generates migrations for both engines from server/db/schema.ts: `npm run db:generate -- --name what_changes`.
 * With `--check` it only says whether a migration is missing. Write the down file of what it generates by hand.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = parseArgs({
  options: { name: { type: 'string' }, check: { type: 'boolean', default: false } },
})
if (!options.check && !/^[a-z][a-z0-9_]*$/.test(options.name ?? '')) {
  console.error('Name the change: npm run db:generate -- --name add_labels')
  process.exit(2)
}

const missing = ['sqlite', 'postgres'].filter((engine) =>
  options.check ? isStale(engine) : generate(engine),
)
if (options.check && missing.length > 0) {
  console.error(
    `The schema has changed without a migration (${missing.join(', ')}): npm run db:generate -- --name …`,
  )
  process.exit(1)
}

/** Whether drizzle-kit would generate something; tried on a copy. */
function isStale(engine) {
  // drizzle-kit takes no absolute folder, and the copy must not lie among the migrations.
  const copy = mkdtempSync(join(root, 'node_modules', '.drizzle-check-'))
  try {
    cpSync(join(root, 'drizzle', engine), copy, { recursive: true })
    const before = migrationsIn(copy)
    runKit(engine, copy, 'check')
    return migrationsIn(copy).length > before.length
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function generate(engine) {
  const folder = join(root, 'drizzle', engine)
  const before = migrationsIn(folder)
  runKit(engine, folder, options.name)
  for (const file of migrationsIn(folder).filter((name) => !before.includes(name))) {
    const path = join(folder, file)
    // Foreign keys must stay inside the schema of PHOENIX_SQL_DATABASE_SCHEMA.
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"public".', ''))
    const down = path.replace(/\.sql$/, '.down.sql')
    if (!existsSync(down)) console.log(`now write ${relative(root, down)}: it takes back ${file}`)
  }
  return false
}

function runKit(engine, folder, name) {
  const dialect = engine === 'postgres' ? 'postgresql' : 'sqlite'
  const schema = `./server/db/schema.${engine}.ts`
  const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const flags = [
    '--dialect',
    dialect,
    '--schema',
    schema,
    '--out',
    `./${relative(root, folder)}`,
    '--name',
    name,
  ]
  execFileSync(process.execPath, [kit, 'generate', ...flags], {
    cwd: root,
    stdio: options.check ? 'pipe' : 'inherit',
  })
}

function migrationsIn(folder) {
  return readdirSync(folder).filter((file) => file.endsWith('.sql') && !file.endsWith('.down.sql'))
}
