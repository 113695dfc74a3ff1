/** Signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0). */
import { type SentTokens, sentSession } from '#server/auth/renew'
import type { Config } from '#server/config/model'
import type { Ctx } from '#server/context'
import { afterLogoutUriOf } from '#server/oidc/addresses'
import { discover } from '#server/oidc/discovery'
import { ProviderUnreachable } from '#server/oidc/fetch'
import type { Provider } from '#server/oidc/model'
import { findProviders } from '#server/oidc/providers'
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

/**
 * Where a browser goes after signing out here. Ask before the session is ended: it knows the provider it began at.
 * A provider that is away, gone or switched off is left alone.
 */
export async function planLogout(ctx: Ctx, sent: SentTokens, origin: string): Promise<AfterLogout> {
  const providers = await findProviders(ctx)
  const landing = landingAfterLogout(ctx.config, providers)
  const session = await sentSession(ctx, sent)
  const began = session && (await findOrigin(ctx.db, session.sessionId))
  const provider = providers.find(
    ({ name, clientId }) => name === began?.providerName && clientId === began.clientId,
  )
  if (!began || !provider?.logoutAtProvider) return { landing, atProvider: null }
  const endpoint = await endSessionEndpointOf(ctx, provider, began.issuer)
  if (endpoint === null) return { landing, atProvider: null }
  const hint = await unwrapSecret(ctx.config.auth, began.idToken)
  const url = new URL(endpoint)
  if (hint && hint.length <= MAX_HINT) url.searchParams.set('id_token_hint', hint.toString('utf8'))
  url.searchParams.set('client_id', provider.clientId)
  url.searchParams.set('post_logout_redirect_uri', afterLogoutUriOf(ctx.config, origin, landing))
  return { landing, atProvider: url.href }
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
