/** The way to an identity provider. */
import { isHttps } from '#app/_lib/handle'
import { OAUTH_RETURN_COOKIE, oauthCookie } from '#server/auth/cookies'
import { safeReturnPath } from '#server/auth/model'
import type { Ctx } from '#server/context'
import { takeFromLimit } from '#server/limits/limits'
import { originOf, redirectUriOf } from '#server/oidc/addresses'
import { discover } from '#server/oidc/discovery'
import { SignInFailure } from '#server/oidc/failure'
import { ProviderUnreachable } from '#server/oidc/fetch'
import type { Provider } from '#server/oidc/model'
import { findProvider } from '#server/oidc/providers'
import { beginTrip } from '../../../auth'
import { failedResponse, noteFailure, redirectTo } from './answers'

/**
 * Sends a browser to a provider.
 * @throws AppError rate_limited
 */
export async function begin(ctx: Ctx, request: Request, name: string): Promise<Response> {
  await takeFromLimit(ctx, 'oauth2_login')
  const provider = await findProvider(ctx, name)
  if (!provider) return failedResponse(ctx, request, 'unknown_idp')
  try {
    return await send(ctx, request, provider)
  } catch (error) {
    if (!(error instanceof SignInFailure)) throw error
    await noteFailure(ctx, provider.name, error)
    return failedResponse(ctx, request, error.code)
  }
}

async function send(ctx: Ctx, request: Request, provider: Provider): Promise<Response> {
  const { config, db } = ctx
  const discovery = await discoverOrFail(ctx, provider)
  const redirectUri = redirectUriOf(config, originOf(request.headers), provider)
  const { location, cookies = [] } = await beginTrip({ config, db, provider, discovery, redirectUri })
  const back = safeReturnPath(new URL(request.url).searchParams.get('returnUrl'))
  const all = [...cookies, { name: OAUTH_RETURN_COOKIE, value: encodeURIComponent(back) }]
  const https = isHttps(request.headers)
  return redirectTo(
    location,
    302,
    all.map((cookie) => oauthCookie(config, https, cookie.name, cookie.value)),
  )
}

/** @throws SignInFailure (oauth_error) when the provider cannot be asked */
export async function discoverOrFail(ctx: Ctx, provider: Provider) {
  try {
    return await discover(provider, ctx.clock())
  } catch (error) {
    if (!(error instanceof ProviderUnreachable)) throw error
    throw new SignInFailure('oauth_error', 'provider', error.message, { cause: error })
  }
}
