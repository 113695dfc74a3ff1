import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '#server/config/model'
import { removePrivateDatabase } from '#server/process/private-database'

/**
 * `sqlite:///:memory:` cannot be shared by several processes: a file in a private temporary folder stands for it. It is
 * removed when we exit, and by the children when we are killed.
 */
export function withPrivateDatabase(config: Config): Config {
  if (config.database.dialect !== 'sqlite' || !config.database.inMemory) return config
  const file = join(mkdtempSync(join(tmpdir(), 'bennu-')), 'bennu.db')
  const changed = { ...config, database: { ...config.database, file } }
  process.on('exit', () => removePrivateDatabase(changed))
  return changed
}
