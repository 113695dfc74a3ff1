/** Who asks, for everything that answers requests: the one place where a refused credential is put on record. */
import type { Logger } from 'pino'
import { type AuthWorld, authenticate, type Credential } from '#server/auth/authenticate'
import { noteRefusal } from '#server/auth/refusals'
import type { RequestInfo } from '#server/context'
import type { Actor } from '#server/permissions'

/** Who shows this credential; a bad one makes `anonymous`, and an entry in the audit log. */
export async function identify(
  world: AuthWorld & { log: Logger },
  credential: Credential,
  request: RequestInfo,
): Promise<Actor> {
  const { address, userAgent } = request
  const { actor, refusal } = await authenticate(world, { ...credential, address })
  if (refusal) {
    const { db, config, clock, log } = world
    noteRefusal({ db, config, clock, log, actor, request: { address, userAgent } }, refusal)
  }
  return actor
}
