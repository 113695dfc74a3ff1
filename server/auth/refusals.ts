/**
 * Why a credential is refused. The caller sees one answer for all of it; the audit log and the log see the reason. A
 * stranger can cause refusals at will, so they are recorded in the background, a few of each address on their own and
 * the rest as a number.
 */
import { recordInBackground } from '#server/audit/background'
import type { RecordCtx } from '#server/audit/record'
import { type TokenTable, type TokenText, usesHs256, verifyTokenText } from '#server/auth/tokens'
import type { Config } from '#server/config/model'

/** One word for machines. */
export type RefusalReason =
  /** Nothing was sent where a token was wanted. */
  | 'missing'
  /** Not a token of ours at all, or damaged on the way. */
  | 'malformed'
  /** An Authorization header that is no bearer. */
  | 'scheme'
  /** A token that is not signed with HS256, such as `alg: none`. */
  | 'algorithm'
  /** Signed with a secret that is not ours, or not any more. */
  | 'signature'
  /** A token of ours in the wrong place: a refresh token as a bearer, a key in a cookie. */
  | 'wrong-kind'
  /** Its row is gone: signed out, ended, deleted, or swept. */
  | 'revoked'
  /** Names a live row whose text it is not. */
  | 'forged'
  /** A key's value from before its rotation, when the grace is over. */
  | 'rotated'
  | 'expired'
  /** A refresh token that was used before. */
  | 'reused'
  /** The account is disabled. */
  | 'disabled'

/** A refused credential, as far as it said what it is. */
export interface Refusal {
  reason: RefusalReason
  /** `ApiKey:7`: the row it names, true or not. */
  credential: string | null
  /** The account of that row, where the text was really its. */
  userId: number | null
}

/** Reads a token text under the present secret and those before it. */
export function readToken({ auth }: Pick<Config, 'auth'>, text: string): TokenText | null {
  const { secret, previousSecrets } = auth
  return verifyTokenText(text, secret === null ? previousSecrets : [secret, ...previousSecrets])
}

/** What is wrong with a text that is no signed token of the wanted kind. */
export function tokenFault(text: string, token: TokenText | null, wanted: TokenTable): RefusalReason {
  if (!token) return usesHs256(text) ? 'malformed' : 'algorithm'
  return token.table === wanted ? 'signature' : 'wrong-kind'
}

/** Refusals of one address in ten minutes that are entries of their own. */
const SINGLES = 5
const WINDOW_MS = 10 * 60_000

/** Puts a refused credential on record, in the background: nobody waits, and no answer takes longer for it. */
export function noteRefusal(ctx: RecordCtx, { reason, credential, userId }: Refusal): void {
  const event = {
    action: 'credential.refuse' as const,
    reason,
    ...(credential !== null && { credential }),
    ...(userId !== null && { target: `User:${userId}` }),
  }
  recordInBackground(ctx, event, { singles: SINGLES, windowMs: WINDOW_MS })
}
