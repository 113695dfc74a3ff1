/** The migrations that this build knows, read from `drizzle/<dialect>`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Migration {
  /** Number and name, such as `0001_tracing`. */
  name: string
  up: string[]
  down: string[]
}

const BREAKPOINT = '--> statement-breakpoint'

/**
 * All migrations of an engine, oldest first.
 * @throws Error when the folder is missing or a migration has no down file
 */
export function listMigrations(dialect: 'sqlite' | 'postgres'): Migration[] {
  const folder = join(packageRoot(), 'drizzle', dialect)
  return readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.sql'.length),
      up: statements(join(folder, file)),
      down: statements(join(folder, file.replace(/\.sql$/, '.down.sql'))),
    }))
}

const statements = (file: string) =>
  readFileSync(file, 'utf8')
    .split(BREAKPOINT)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

/** The folder that holds `drizzle/`: above this file in the sources, and above the bundle in `dist/`. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'drizzle', 'sqlite'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new Error('The folder drizzle/ with the migrations is missing from the installation')
    folder = parent
  }
  return folder
}
