import { migrationStatus } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { AppError } from '#server/errors'
import { createLogger } from '#server/log'
import { resetPasswordByCommandLine } from '#server/users/reset-password'
import { type ConfigFlags, readConfig } from './read-config'

/**
 * `bennu users reset-password <email>`: prints a new password on stdout, to be changed at the next sign-in.
 * @throws AppError not_found, conflict (see `resetPasswordByCommandLine`; a database without our tables)
 */
export async function resetPassword(email: string, flags: ConfigFlags): Promise<void> {
  const { config } = readConfig(flags)
  const log = createLogger(config.log, { process: 'bennu users' })
  const { pending } = await migrationStatus(config.database)
  if (pending.length > 0) {
    throw new AppError(
      'conflict',
      'the database is not up to date: run `bennu db migrate` or `bennu serve` first',
    )
  }
  const db = await openDatabase(config.database, { applicationName: 'bennu users' })
  try {
    const reset = await resetPasswordByCommandLine({ db, config, clock: () => new Date(), log }, email)
    process.stdout.write(
      `New password of ${reset.username} <${reset.email}>, to be changed at the next sign-in:\n${reset.generatedPassword}\n`,
    )
  } finally {
    await db.close()
  }
}
