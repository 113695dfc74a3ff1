/** Everything a database needs before anybody serves from it: tables and built-in rows. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { ensureBuiltInRows } from '#server/built-in-rows'
import type { Config } from '#server/config/model'
import { describeDatabase } from '#server/db/describe'
import { errorCodes, errorMessages } from '#server/db/error-codes'
import { migrate } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { StartError } from '#server/process/listen'
import { reportSecrets } from '#server/secrets/report'

/** How long a database that does not answer yet is waited for: it may be starting beside us. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 1_000

/**
 * Migrates, makes the built-in rows, and closes the database again, so that the supervisor stays small.
 * @throws StartError when the database stays away, or as `migrate` throws
 */
export async function prepareDatabase(config: Config, log: Logger): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await migrate(config.database, log)
      return await makeBuiltInRows(config, log)
    } catch (error) {
      if (!(await isAway(config, error))) throw error
      const reason = reasonOf(error)
      if (Date.now() >= deadline) {
        throw new StartError(
          `the database ${describeDatabase(config.database)} did not answer within ${PATIENCE_MS / 1000} s: ${reason}`,
          { cause: error },
        )
      }
      log.warn({ reason }, 'the database does not answer yet; trying again')
      await sleep(PAUSE_MS)
    }
  }
}

async function makeBuiltInRows(config: Config, log: Logger): Promise<void> {
  const db = await openDatabase(config.database, { applicationName: 'bennu serve' })
  try {
    const world = { db, config, clock: () => new Date(), log }
    await ensureBuiltInRows(world)
    await reportSecrets(world)
  } finally {
    await db.close()
  }
}

/** Whether the database may come yet, as opposed to one that refuses us. */
async function isAway(config: Config, error: unknown): Promise<boolean> {
  const dialect =
    config.database.dialect === 'sqlite'
      ? (await import('#server/db/dialect.sqlite')).sqliteDialect
      : (await import('#server/db/dialect.postgres')).postgresDialect
  return dialect.isTransient(error)
}

/** A name with several addresses fails with an error that has codes but no message. */
function reasonOf(error: unknown): string {
  const message = errorMessages(error).find((text) => text !== '')
  return message ?? errorCodes(error).join(', ')
}
