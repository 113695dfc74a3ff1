/** A logout that a provider tells of, server to server. */
import { recordFailure } from '#server/audit/flood'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { readBodyText } from '#server/http-input'
import { takeFromLimit } from '#server/limits/limits'
import { authLogger } from '#server/log'
import { endByLogoutToken } from '#server/oidc/backchannel'
import { findProviderOfSessions } from '#server/oidc/providers'
import { faultSentence } from '#server/oidc/verify-token'

/**
 * Ends the sessions that a logout token is about: 200, or 400 for a token that is not believed (Back-Channel Logout 2.8).
 * @throws AppError not_found: no such provider; rate_limited; too_large
 */
export async function endFromOutside(ctx: Ctx, request: Request, name: string): Promise<Response> {
  await takeFromLimit(ctx, 'backchannel_logout')
  const provider = await findProviderOfSessions(ctx, name)
  if (!provider) throw new AppError('not_found', 'There is no such provider')
  try {
    const token = new URLSearchParams(await readBodyText(request)).get('logout_token') ?? ''
    await endByLogoutToken(ctx, provider, token)
    return new Response(null, { status: 200, headers: { 'cache-control': 'no-store' } })
  } catch (error) {
    const sentence = faultSentence(error)
    if (sentence === null) throw error
    authLogger(ctx.log).warn({ provider: name }, `a logout token was refused: ${sentence}`)
    await recordFailure(ctx, { action: 'session.end', reason: 'token', details: { provider: name } })
    const refusal = { error: 'invalid_request', error_description: sentence }
    return Response.json(refusal, { status: 400, headers: { 'cache-control': 'no-store' } })
  }
}
