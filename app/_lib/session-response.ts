/** Answers that set or remove the cookies of sign-in. */

import type { TokenPair } from '#server/auth/cookies'
import {
  ACCESS_COOKIE,
  clearedCookies,
  REFRESH_COOKIE,
  readCookie,
  sessionCookies,
} from '#server/auth/cookies'
import type { SentTokens } from '#server/auth/renew'
import type { Config } from '#server/config/model'
import type { Ctx } from '#server/context'
import { isHttps } from './handle'

/** 204 with the two cookies of a fresh session. */
export function signedInResponse(ctx: Ctx, request: Request, pair: TokenPair): Response {
  const headers = new Headers({ 'cache-control': 'no-store' })
  appendAll(headers, sessionCookies(ctx.config, isHttps(request.headers), pair))
  return new Response(null, { status: 204, headers })
}

/** Adds the removal of cookies to an answer's headers. */
export function clearCookies(
  headers: Headers,
  config: Config,
  request: Request,
  names: readonly string[],
): void {
  appendAll(headers, clearedCookies(config, isHttps(request.headers), names))
}

/** The two cookies that make a session. */
export const SESSION_COOKIES = [ACCESS_COOKIE, REFRESH_COOKIE]

/** The token texts a request brought: a bearer goes before the access cookie. */
export function sentTokens(request: Request): SentTokens {
  const cookies = request.headers.get('cookie')
  const bearer = /^Bearer +(\S+)\s*$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return {
    access: bearer ?? readCookie(cookies, ACCESS_COOKIE),
    refresh: readCookie(cookies, REFRESH_COOKIE),
  }
}

/** 204 for a session that has ended; the browser whose session it was is rid of its cookies. */
export function endedResponse({ config, actor }: Ctx, request: Request, sessionId: number): Response {
  const headers = new Headers({ 'cache-control': 'no-store' })
  if (actor.kind === 'session' && actor.sessionId === sessionId) {
    clearCookies(headers, config, request, SESSION_COOKIES)
  }
  return new Response(null, { status: 204, headers })
}

function appendAll(headers: Headers, cookies: readonly string[]): void {
  for (const cookie of cookies) headers.append('set-cookie', cookie)
}
