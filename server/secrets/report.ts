/** What a server says about its secrets when it starts. */
import type { RecordCtx } from '#server/audit/record'
import { rotateSecrets } from '#server/secrets/rotate'

/** Names that one line of the log holds. */
const MAX_NAMED = 50

/** One log line for what no configured secret opens, and one while a rotation is not finished. Changes nothing. */
export async function reportSecrets(
  world: Pick<RecordCtx, 'db' | 'config' | 'clock' | 'log'>,
): Promise<void> {
  if (world.config.auth.secret === null) return
  const request = { address: null, userAgent: null }
  const { earlier, unreadable } = await rotateSecrets(
    { ...world, request, actor: { kind: 'server' } },
    { dryRun: true },
  )
  if (unreadable.length > 0) {
    world.log.warn(
      { unreadable: unreadable.slice(0, MAX_NAMED), count: unreadable.length },
      'no configured secret opens some of what is encrypted: add the earlier PHOENIX_SECRET to BENNU_SECRET_PREVIOUS, or set it anew',
    )
  }
  if (earlier > 0) {
    world.log.info(
      { count: earlier },
      'the earlier secret is still in force: run `bennu secret rotate` once every server has both secrets',
    )
  }
}
