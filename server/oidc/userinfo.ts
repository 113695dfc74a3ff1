/** Claims that a provider gives at its userinfo endpoint (OpenID Connect Core 5.3). */
import type { ClaimSet } from '#server/oidc/claims'
import type { Discovery } from '#server/oidc/discovery'
import { SignInFailure } from '#server/oidc/failure'
import { fetchObject, ProviderUnreachable } from '#server/oidc/fetch'

/**
 * The claims of the id token, and those of userinfo behind them: what the id token has nothing of, they are asked for. An
 * answer that does not come is done without.
 * @param tell is told why there is none
 * @throws SignInFailure when the answer is about somebody else
 */
export async function withUserinfo(
  { document }: Discovery,
  claims: ClaimSet,
  accessToken: string | null,
  tell: (why: string) => void,
): Promise<ClaimSet[]> {
  const address = document.userinfo_endpoint
  if (!address || accessToken === null) return [claims]
  let more: ClaimSet
  try {
    more = await fetchObject(address, { headers: { authorization: `Bearer ${accessToken}` } })
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    tell(`the userinfo endpoint gave no claims: ${error.message}`)
    return [claims]
  }
  // Without this check one access token put in the place of another would bring somebody else's groups.
  if (more.sub !== claims.sub)
    throw new SignInFailure('auth_failed', 'token', 'the userinfo endpoint answered about somebody else')
  return [claims, more]
}
