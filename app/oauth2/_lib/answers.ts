/** Answers on the way to an identity provider and back. */
import { isHttps } from '#app/_lib/handle'
import { recordFailure } from '#server/audit/flood'
import { clearedCookies, OAUTH_COOKIES } from '#server/auth/cookies'
import type { Ctx } from '#server/context'
import { authLogger } from '#server/log'
import type { SignInFailure } from '#server/oidc/failure'
import { RECORDED } from '#server/oidc/sign-in'
import { withRoot } from '#server/root-path'
import { noteSignIn } from '#server/sso-providers/recent'

/** A redirect that no cache keeps, with cookies. */
export function redirectTo(
  location: string,
  status: 302 | 303 | 307,
  cookies: readonly string[] = [],
): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return new Response(null, { status, headers })
}

/** Back to where people choose how to sign in, with a code that the page has a sentence for; the trip is over. */
export function failedResponse(
  ctx: Ctx,
  request: Request,
  code: SignInFailure['code'],
  { keepCookies = false } = {},
): Response {
  const page = ctx.config.auth.basicAuth ? '/login' : '/logout'
  const cleared = keepCookies ? [] : clearedCookies(ctx.config, isHttps(request.headers), OAUTH_COOKIES)
  // 307 would have a browser post to the page what it posted here.
  const status = request.method === 'GET' ? 307 : 303
  return redirectTo(withRoot(ctx.config, `${page}?error=${code}`), status, cleared)
}

/** Says in the log why a sign-in failed, and puts it on record. */
export async function noteFailure(ctx: Ctx, provider: string | null, failure: SignInFailure): Promise<void> {
  const { code, reason, message, cause } = failure
  authLogger(ctx.log).warn({ provider, code, reason }, `sign-in with an identity provider failed: ${message}`)
  if (provider !== null && reason === 'token' && !failure.isNoted) await noteToken(ctx, provider, failure)
  if (cause === RECORDED) return
  const details = { method: 'OAUTH2', code, ...(provider !== null && { provider }) }
  await recordFailure(ctx, { action: 'session.login', reason, details })
}

/** Among the last sign-ins of the provider, where admins look for the reason: nothing of the token, which is not believed. */
function noteToken(ctx: Ctx, provider: string, { code, message }: SignInFailure): Promise<void> {
  const decision = { rule: 'token', note: message }
  return noteSignIn(ctx, { provider, outcome: 'refused', code, userId: null, claims: {}, decision })
}
