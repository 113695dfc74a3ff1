/** Signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0). */
import { type SentTokens, sentSession } from '#server/auth/renew'
import type { Config } from '#server/config/model'
import type { Ctx } from '#server/context'
import { afterLogoutUriOf } from '#server/oidc/addresses'
import { discover } from '#server/oidc/discovery'
import { ProviderUnreachable } from '#server/oidc/fetch'
import type { Provider } from '#server/oidc/model'
import { findProviderOfSessions, findProviders } from '#server/oidc/providers'
import { findOrigin } from '#server/oidc/sessions'
import { unwrapSecret } from '#server/secrets/secrets'

/** A longer hint would make an address that servers refuse; the provider asks its person then. */
const MAX_HINT = 6000

/** Where somebody lands who has signed out: never where the way in would begin at once again. */
export function landingAfterLogout(
  config: Config,
  providers: readonly Pick<Provider, 'autoLogin'>[],
): string {
  return !config.auth.basicAuth || providers.some(({ autoLogin }) => autoLogin) ? '/logout' : '/login'
}

/** What a sign-out leads to. */
export interface AfterLogout {
  /** A path of ours, without the root path. */
  landing: string
  /** The provider's address for signing out there; null to go to the landing at once. */
  atProvider: string | null
}

/** The origin of the session that a browser shows, at a provider; null for any other. Ask before the session is ended. */
export async function findSentOrigin(ctx: Ctx, sent: SentTokens): Promise<Origin | null> {
  const session = await sentSession(ctx, sent)
  return session && findOrigin(ctx.db, session.sessionId)
}
type Origin = NonNullable<Awaited<ReturnType<typeof findOrigin>>>

/**
 * Where a browser goes after signing out here. Ask when that is done: a provider that does not answer must not keep
 * anybody from signing out. One that is away, gone or told not to is left alone.
 */
export async function planLogout(ctx: Ctx, began: Origin | null, origin: string): Promise<AfterLogout> {
  const landing = landingAfterLogout(ctx.config, await findProviders(ctx))
  const provider = began && (await findProviderOfSessions(ctx, began.providerName))
  if (!began || !provider?.logoutAtProvider || provider.clientId !== began.clientId)
    return { landing, atProvider: null }
  const endpoint = await endSessionEndpointOf(ctx, provider, began.issuer)
  if (endpoint === null) return { landing, atProvider: null }
  const hint = await unwrapSecret(ctx.config.auth, began.idToken)
  const back = afterLogoutUriOf(ctx.config, origin, landing)
  const { issuer, clientId } = began
  const asked = { issuer, endpoint, clientId, back, hint: hint?.toString('utf8') ?? null }
  return { landing, atProvider: endSessionAddress(asked) }
}

/** AWS Cognito announces an address for signing out and asks there for other names than those of the standard. */
const COGNITO = /^https:\/\/cognito-idp\.[\w-]+\.amazonaws\.com(\.cn)?\//

/**
 * The provider's address for signing out, with all that it wants to know.
 * @param asked `hint`: the id token, or null; `back`: where to send the browser then
 */
export function endSessionAddress(asked: {
  issuer: string
  endpoint: string
  clientId: string
  back: string
  hint: string | null
}): string {
  const { issuer, endpoint, clientId, back, hint } = asked
  const url = new URL(endpoint)
  url.searchParams.set('client_id', clientId)
  if (COGNITO.test(issuer)) {
    url.searchParams.set('logout_uri', back)
    return url.href
  }
  if (hint && hint.length <= MAX_HINT) url.searchParams.set('id_token_hint', hint)
  url.searchParams.set('post_logout_redirect_uri', back)
  return url.href
}

async function endSessionEndpointOf(ctx: Ctx, provider: Provider, issuer: string): Promise<string | null> {
  try {
    const discovery = await discover(provider, ctx.clock())
    return discovery.issuer === issuer ? (discovery.document.end_session_endpoint ?? null) : null
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    ctx.log.warn(
      { provider: provider.name },
      `signed out here only: the provider cannot be asked, ${error.message}`,
    )
    return null
  }
}
