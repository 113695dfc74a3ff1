import { createLogger } from '#server/log'
import type { ProcessName } from '#server/process/messages'
import { withPrivateDatabase } from '../supervisor/private-database'
import { listenForStop } from '../supervisor/stop-signals'
import { supervise } from '../supervisor/supervise'
import { type ConfigFlags, readConfig } from './read-config'

export interface ServeFlags extends ConfigFlags {
  only?: ProcessName
  dev?: boolean
}

/** `bennu serve`: prepares the database, then runs the children. Exits the process when they are gone. */
export async function serve(flags: ServeFlags): Promise<void> {
  const report = readConfig(flags)
  const config = withPrivateDatabase(report.config)
  const log = createLogger(config.log, { process: 'supervisor' })
  for (const warning of report.warnings) log.warn(warning)
  const signals = listenForStop()
  const stopped = new Promise<'stopped'>((resolve) => signals.onStop(() => resolve('stopped')))
  const { prepareDatabase } = await import('../supervisor/prepare-database')
  // Told to stop while the database is waited for: nothing has been started yet.
  if ((await Promise.race([prepareDatabase(config, log), stopped])) === 'stopped') process.exit(0)
  process.exit(await supervise({ config, only: flags.only, dev: flags.dev ?? false, log, signals }))
}
