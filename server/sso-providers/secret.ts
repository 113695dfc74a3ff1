/** Client secrets of stored providers on their way into the database. */
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { lockSecretInForce } from '#server/secrets/instance-keys'
import { canWrapSecrets, warmSecrets, wrapSecret } from '#server/secrets/secrets'
import type { ProviderInput } from '#server/sso-providers/model'

/**
 * Derives the key before the transaction, which must not wait for it.
 * @throws AppError conflict: there is no PHOENIX_SECRET
 */
export async function beReadyToWrap({ config }: RecordCtx, secret: string | null | undefined): Promise<void> {
  if (!secret) return
  if (!canWrapSecrets(config.auth))
    throw new AppError(
      'conflict',
      'A client secret cannot be stored on this server: PHOENIX_SECRET is not set',
    )
  await warmSecrets(config.auth)
}

/** The secret as it is stored, under the PHOENIX_SECRET in force; null without one. */
export async function wrapped(tx: Queries, ctx: RecordCtx, secret: string | null | undefined) {
  if (!secret) return null
  return wrapSecret({ secret: await lockSecretInForce(tx, ctx), previousSecrets: [] }, secret)
}

/** A client without a secret keeps none; a secret that was not sent stays as it is. */
export async function secretColumn(tx: Queries, ctx: RecordCtx, { tokenAuth, clientSecret }: ProviderInput) {
  if (tokenAuth === 'none') return { clientSecret: null }
  return clientSecret ? { clientSecret: await wrapped(tx, ctx, clientSecret) } : {}
}
