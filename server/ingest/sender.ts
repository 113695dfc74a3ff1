/** Who may send spans: the gate that OTLP over HTTP and over gRPC share. */
import type { Credential } from '#server/auth/authenticate'
import { identify } from '#server/auth/identify'
import type { RequestInfo } from '#server/context'
import { AppError, isAppError } from '#server/errors'
import { refuseUnless } from '#server/http'
import type { Runtime } from '#server/runtime'

/**
 * Lets in who may store spans now. The database is asked every time: nothing about a credential outlives its request.
 * @throws AppError unauthenticated, forbidden, unavailable (the database is away)
 */
export async function admitSender(
  runtime: Runtime,
  credential: Credential,
  request: RequestInfo,
): Promise<void> {
  const { db, config, clock, log } = runtime
  const actor = await identify(runtime, credential, request).catch((cause: unknown) => {
    if (isAppError(cause)) throw cause
    // Whatever it was, nothing was found out about the credential: exporters come again, and lose nothing.
    log.error({ err: cause }, 'a credential could not be checked')
    const sentence = 'The credential cannot be checked at the moment'
    throw new AppError('unavailable', sentence, { cause, retryAfterSeconds: 5 })
  })
  refuseUnless({ db, config, clock, log, actor, request }, 'trace.ingest')
}
