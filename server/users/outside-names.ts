/** What newcomers from elsewhere are called. */
import type { RecordCtx } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { identityFault } from '#server/users/identity'
import { Username } from '#server/users/model'

/** Longest name taken over from elsewhere, so that a suffix still fits. */
const MAX_TAKEN_OVER = 200
/** A suffix is random: that many in a row being taken does not happen by chance. */
const MAX_TRIES = 20

/** The first of these texts that can be a name, tidied; `user` when none can. */
export function firstName(candidates: readonly (string | null | undefined)[]): string {
  for (const candidate of candidates) {
    const tidy = (candidate ?? '')
      .replace(/[\p{Control}\p{Surrogate}\p{Bidi_Control}]+/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim()
    const parsed = Username.safeParse([...tidy].slice(0, MAX_TAKEN_OVER).join(''))
    if (parsed.success) return parsed.data
  }
  return 'user'
}

/**
 * A name that nobody has: the wanted one, or the wanted one with a suffix where it is taken or belongs to a built-in
 * account. Null when the name was blocked with an account: a suffix would be a way around that.
 */
export async function freeName(
  queries: Queries,
  world: Pick<RecordCtx, 'db' | 'config'>,
  wanted: string,
  suffix: () => string,
): Promise<string | null> {
  let name = wanted
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const fault = await identityFault(queries, world, { email: null, username: name })
    if (fault === null) return name
    if (fault === 'name_blocked') return null
    name = wanted + suffix()
  }
  throw new Error('No free name was found for a newcomer')
}
