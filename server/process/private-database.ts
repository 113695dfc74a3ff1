import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '#server/config/model'

/** Removes the temporary folder that stands for an in-memory database. Never throws. */
export function removePrivateDatabase(config: Config | null): void {
  if (config?.database.dialect !== 'sqlite' || !config.database.inMemory) return
  try {
    rmSync(dirname(config.database.file), { recursive: true, force: true })
  } catch {
    // The folder is private and in the temporary directory: what stays is cleared by the system.
  }
}
