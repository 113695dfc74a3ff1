/** The database for commands that work on what servers keep in it. */
import type { RecordCtx } from '#server/audit/record'
import { migrationStatus } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { AppError } from '#server/errors'
import { createLogger } from '#server/log'
import { type ConfigFlags, readConfig } from './read-config'

/**
 * Opens the database that the configuration names, for work that is on record as done on the command line, and closes
 * it afterwards. Returns what the work does.
 * @param command as the log and the database call it, such as `bennu audit`
 * @throws AppError conflict for a database that is not up to date
 */
export async function withDatabase<T>(
  command: string,
  flags: ConfigFlags,
  work: (ctx: RecordCtx) => Promise<T>,
): Promise<T> {
  const { config } = readConfig(flags)
  const log = createLogger(config.log, { process: command })
  const { pending } = await migrationStatus(config.database)
  if (pending.length > 0) {
    throw new AppError(
      'conflict',
      'the database is not up to date: run `bennu db migrate` or `bennu serve` first',
    )
  }
  const db = await openDatabase(config.database, { applicationName: command })
  try {
    const request = { address: null, userAgent: null }
    return await work({ db, config, clock: () => new Date(), log, request, actor: { kind: 'commandLine' } })
  } finally {
    await db.close()
  }
}
