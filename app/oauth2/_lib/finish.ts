/** The way back from an identity provider. */
import { isHttps } from '#app/_lib/handle'
import {
  clearedCookies,
  OAUTH_COOKIES,
  OAUTH_NONCE_COOKIE,
  OAUTH_RETURN_COOKIE,
  OAUTH_STATE_COOKIE,
  OAUTH_VERIFIER_COOKIE,
  readCookie,
  sessionCookies,
  signedInCookie,
} from '#server/auth/cookies'
import { safeReturnPath } from '#server/auth/model'
import type { Session } from '#server/auth/sessions'
import type { Ctx } from '#server/context'
import { AppError } from '#server/errors'
import { takeFromLimit } from '#server/limits/limits'
import { originOf, redirectUriOf } from '#server/oidc/addresses'
import { usesPkce } from '#server/oidc/discovery'
import { SignInFailure } from '#server/oidc/failure'
import { openFlowCookie } from '#server/oidc/flow-cookies'
import type { Provider } from '#server/oidc/model'
import { findProviders } from '#server/oidc/providers'
import { admit, type Tokens } from '#server/oidc/sign-in'
import { judgeTokens } from '#server/oidc/token-answer'
import { withRoot } from '#server/root-path'
import { endTrip } from '../../../auth'
import { failedResponse, noteFailure, redirectTo } from './answers'
import { discoverOrFail } from './begin'

/** What a provider may send along; nothing else reaches Auth.js. */
const ANSWERED = ['code', 'state', 'iss']
/** The path that names no provider. */
const SHARED_PATH = '/oauth2/callback'

/**
 * Signs in whoever comes back from a provider.
 * @param named the provider in the path; null where the path names none and the sealed state says which it is
 * @throws AppError invalid (422): this browser did not begin here; rate_limited
 */
export async function finish(ctx: Ctx, request: Request, named: string | null): Promise<Response> {
  await takeFromLimit(ctx, 'oauth2_tokens')
  const query = new URL(request.url).searchParams
  const cookies = request.headers.get('cookie')
  if (
    !query.get('state') ||
    !readCookie(cookies, OAUTH_STATE_COOKIE) ||
    !readCookie(cookies, OAUTH_NONCE_COOKIE)
  ) {
    // A person who reloads the page gets one to begin anew at.
    if (request.headers.get('sec-fetch-mode') === 'navigate')
      return failedResponse(ctx, request, 'invalid_state')
    throw new AppError('invalid', 'This sign-in did not begin in this browser: begin it at the login page')
  }
  const state = await openFlowCookie(ctx.config, cookies, OAUTH_STATE_COOKIE)
  const name = named ?? state?.provider ?? null
  const providers = await findProviders(ctx)
  const provider = providers.find((one) => one.name === name)
  if (!provider) return failedResponse(ctx, request, named === null ? 'invalid_state' : 'unknown_idp')
  // Any provider could otherwise have another's code brought to the shared path, and sent to itself (RFC 9700 4.4).
  const isShared = named === null && provider.redirectPath !== SHARED_PATH
  const isOthers =
    state !== null && (isShared || state.value !== query.get('state') || state.provider !== name)
  try {
    refuseBadAnswer(query)
    if (state === null || isOthers)
      throw new SignInFailure('invalid_state', 'state', 'the state was made for another sign-in')
    return signedIn(ctx, request, await signIn(ctx, request, provider))
  } catch (error) {
    if (!(error instanceof SignInFailure)) throw error
    await noteFailure(ctx, provider.name, error)
    // The cookies belong to another tab, whose way back may still come.
    return failedResponse(ctx, request, error.code, { keepCookies: isOthers })
  }
}

/** RFC 6749 4.1.2.1. */
function refuseBadAnswer(query: URLSearchParams): void {
  const error = query.get('error')
  const hasError = error !== null || query.has('error_description')
  if (!hasError && query.get('code')) return
  const word = /^[\w.-]{1,60}$/.test(error ?? '') ? error : 'no code'
  throw new SignInFailure(
    'auth_failed',
    'provider',
    `the provider sent the person back without a code: ${word}`,
  )
}

async function signIn(ctx: Ctx, request: Request, provider: Provider): Promise<Session> {
  const { config, db } = ctx
  const cookies = request.headers.get('cookie')
  const discovery = await discoverOrFail(ctx, provider)
  const nonce = await openFlowCookie(config, cookies, OAUTH_NONCE_COOKIE)
  if (nonce?.provider !== provider.name)
    throw new SignInFailure('auth_failed', 'state', 'the nonce was made for another sign-in')
  if (usesPkce(provider, discovery) && !(await openFlowCookie(config, cookies, OAUTH_VERIFIER_COOKIE)))
    throw new SignInFailure('auth_failed', 'state', 'the code verifier is missing')
  const redirectUri = redirectUriOf(config, originOf(request.headers), provider)
  let tokens: Tokens | null = null
  return endTrip(
    { config, db, provider, discovery, redirectUri },
    answerOf(request),
    flowCookiesOf(cookies),
    {
      judge: async (response) => {
        tokens = await judgeTokens(ctx, { provider, discovery }, response, nonce.value)
      },
      admit: () => {
        if (!tokens) throw new Error('Somebody was to be let in before the tokens were judged')
        return admit(ctx, { provider, discovery }, tokens)
      },
    },
  )
}

function answerOf(request: Request): URLSearchParams {
  const query = new URL(request.url).searchParams
  return new URLSearchParams(
    ANSWERED.flatMap((name) =>
      query
        .getAll(name)
        .slice(0, 1)
        .map((value) => [name, value]),
    ),
  )
}

function flowCookiesOf(header: string | null): string {
  return [OAUTH_STATE_COOKIE, OAUTH_NONCE_COOKIE, OAUTH_VERIFIER_COOKIE]
    .flatMap((name) => {
      const value = readCookie(header, name)
      return value === null ? [] : [`${name}=${value}`]
    })
    .join('; ')
}

function signedIn(ctx: Ctx, request: Request, session: Session): Response {
  const { config } = ctx
  const https = isHttps(request.headers)
  const sealed = readCookie(request.headers.get('cookie'), OAUTH_RETURN_COOKIE)
  const cookies = [
    ...clearedCookies(config, https, OAUTH_COOKIES),
    ...sessionCookies(config, https, session),
    signedInCookie(config, https),
  ]
  return redirectTo(withRoot(config, safeReturnPath(decoded(sealed))), 302, cookies)
}

function decoded(text: string | null): string | null {
  try {
    return text === null ? null : decodeURIComponent(text)
  } catch {
    return null
  }
}
