/** The answer of a token endpoint, judged before anything in it is believed. */
import { z } from 'zod'
import type { Ctx } from '#server/context'
import type { Discovery } from '#server/oidc/discovery'
import { SignInFailure } from '#server/oidc/failure'
import type { Provider } from '#server/oidc/model'
import type { Tokens } from '#server/oidc/sign-in'
import { faultSentence, verifyToken } from '#server/oidc/verify-token'

const Answer = z.looseObject({
  id_token: z.string().nullish(),
  access_token: z.string().nullish(),
  token_type: z.string().nullish(),
  error: z.unknown().optional(),
})

/**
 * The tokens, once the id token was verified.
 * @throws SignInFailure: oauth_error (the endpoint refused), no_oidc_support (no id token), auth_failed (not believed)
 */
export async function judgeTokens(
  ctx: Ctx,
  { provider, discovery }: { provider: Provider; discovery: Discovery },
  response: Response,
  nonce: string,
): Promise<Tokens> {
  const answer = await readAnswer(response)
  const accessToken = answer.access_token ?? null
  if (!/^bearer$/i.test(answer.token_type ?? '') || accessToken === null)
    throw new SignInFailure('oauth_error', 'provider', 'the token endpoint gave no bearer token')
  if (!answer.id_token)
    throw new SignInFailure(
      'no_oidc_support',
      'token',
      'the token endpoint gave no id token: is the scope openid allowed?',
    )
  try {
    const expected = { kind: 'id', nonce, accessToken } as const
    const claims = await verifyToken(provider, discovery, answer.id_token, expected, ctx.clock())
    return { claims, idToken: answer.id_token, accessToken }
  } catch (error) {
    const sentence = faultSentence(error)
    if (sentence === null) throw error
    throw new SignInFailure('auth_failed', 'token', sentence, { cause: error })
  }
}

async function readAnswer(response: Response): Promise<z.infer<typeof Answer>> {
  const answer = Answer.safeParse(await response.json().catch(() => null))
  const error = answer.success ? answer.data.error : undefined
  if (response.status === 200 && answer.success && error === undefined) return answer.data
  const word = typeof error === 'string' && /^[\w.-]{1,60}$/.test(error) ? error : `status ${response.status}`
  throw new SignInFailure('oauth_error', 'provider', `the token endpoint refused: ${word}`)
}
