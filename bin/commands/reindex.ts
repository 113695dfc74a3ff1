import { migrationStatus } from '#server/db/migrate'
import { openDatabase } from '#server/db/open'
import { AppError } from '#server/errors'
import { reindex } from '#server/ingest/reindex'
import { type ProgressStream, showProgress } from './progress'
import { type ConfigFlags, readConfig } from './read-config'

/** What a shell expects of a program that a signal has ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * `bennu db reindex`: counts every sum anew, with a bar on a terminal and plain lines elsewhere. May run beside a server.
 * @throws AppError conflict for a database that is not up to date
 */
export async function reindexDatabase(flags: ConfigFlags): Promise<void> {
  const { config } = readConfig(flags)
  const { pending } = await migrationStatus(config.database)
  if (pending.length > 0) {
    throw new AppError(
      'conflict',
      'the database is not up to date: run `bennu db migrate` or `bennu serve` first',
    )
  }
  const stream: ProgressStream = process.stdout
  const progress = showProgress(stream)
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.once(signal, () => {
      progress.stop()
      stream.write('Stopped. What has been counted stays; run the command again for the rest.\n')
      process.exit(code)
    })
  }
  const since = performance.now()
  const db = await openDatabase(config.database, { applicationName: 'bennu db reindex' })
  try {
    const { traces, sessions, projects } = await reindex(db, progress.tell)
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    stream.write(
      `Counted anew in ${seconds} s: traces ${traces}, sessions ${sessions}, projects ${projects}.\n`,
    )
  } finally {
    progress.stop()
    await db.close()
  }
}
