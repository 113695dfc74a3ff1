/** Going on with the audit log when the secret that its key was encrypted under is lost. */
import { giveUpChainKey } from '#server/audit/chain'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import { warmSecrets } from '#server/secrets/secrets'

/**
 * Gives up a key that no configured secret opens, and puts that on record under the new one.
 * @returns the number of the last entry under the old key
 * @throws AppError conflict when there is no audit log yet, or its key opens
 */
export async function renewChainKey(ctx: RecordCtx): Promise<number> {
  await warmSecrets(ctx.config.auth)
  return ctx.db.write(async (tx) => {
    const last = await giveUpChainKey(tx, ctx.config, ctx.db)
    const details = { unreadable: last }
    await recordEvent(tx, ctx, { action: 'auditChain.newKey', outcome: 'success', details })
    return last
  })
}
