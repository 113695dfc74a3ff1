/** `bennu secret …`: what lies encrypted in the database, for whoever can read the server's configuration. */
import { rotateSecrets } from '#server/secrets/rotate'
import { type ProgressStream, showProgress } from './progress'
import type { ConfigFlags } from './read-config'
import { withDatabase } from './with-database'

/** How the log and the database call these commands. */
const COMMAND = 'bennu secret'

/** What a shell expects of a program that a signal has ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * `bennu secret rotate`: encrypts everything anew under PHOENIX_SECRET, with a bar on a terminal and plain lines elsewhere.
 * May run beside servers that know both secrets; stopped, it is run again. Exits 1 when something could not be read.
 * @throws AppError conflict without PHOENIX_SECRET, and for a database that is not up to date
 */
export async function rotate(flags: ConfigFlags & { dryRun?: boolean }): Promise<void> {
  const stream: ProgressStream = process.stdout
  const dryRun = flags.dryRun ?? false
  const progress = showProgress(stream)
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.once(signal, () => {
      progress.stop()
      stream.write('Stopped. What has been encrypted anew stays; run the command again for the rest.\n')
      process.exit(code)
    })
  }
  const result = await withDatabase(COMMAND, flags, (ctx) =>
    rotateSecrets(ctx, { dryRun, tell: progress.tell }).finally(progress.stop),
  )
  const { earlier, current, unreadable } = result
  stream.write(
    dryRun
      ? `Would encrypt ${earlier} anew; ${current} are under the present secret already. Nothing was changed.\n`
      : `Encrypted ${earlier} anew; ${current} were under the present secret already.\n`,
  )
  if (unreadable.length === 0 && !dryRun)
    stream.write('Nothing in the database needs BENNU_SECRET_PREVIOUS any more.\n')
  sayUnreadable(unreadable)
}

/**
 * `bennu secret check`: how much is encrypted under the present secret and under earlier ones, and what cannot be read.
 * Changes nothing. Exits 1 when something cannot be read.
 * @throws AppError as `rotate`
 */
export async function check(flags: ConfigFlags): Promise<void> {
  const { earlier, current, unreadable } = await withDatabase(COMMAND, flags, (ctx) =>
    rotateSecrets(ctx, { dryRun: true }),
  )
  process.stdout.write(
    `${current} under PHOENIX_SECRET, ${earlier} under BENNU_SECRET_PREVIOUS, ${unreadable.length} cannot be read.\n`,
  )
  if (earlier > 0)
    process.stdout.write('Run `bennu secret rotate` before BENNU_SECRET_PREVIOUS is taken away.\n')
  sayUnreadable(unreadable)
}

function sayUnreadable(unreadable: readonly string[]): void {
  if (unreadable.length === 0) return
  const lines = unreadable.map((label) => `  - ${label}\n`).join('')
  process.stderr.write(
    `bennu: no configured secret opens these, or somebody has changed them in the database:\n${lines}` +
      'Add the secret they were made with to BENNU_SECRET_PREVIOUS and run this again, or set them anew.\n',
  )
  process.exitCode = 1
}
