/** The cookies of sign-in: their exact attributes, and reading them from a Cookie header. */
import type { Config } from '#server/config/model'

export const ACCESS_COOKIE = 'phoenix-access-token'
export const REFRESH_COOKIE = 'phoenix-refresh-token'
export const OAUTH_STATE_COOKIE = 'phoenix-oauth2-state'
export const OAUTH_NONCE_COOKIE = 'phoenix-oauth2-nonce'
export const OAUTH_VERIFIER_COOKIE = 'phoenix-oauth2-code-verifier'
/** Where to go after signing in at a provider: a path of ours, percent-encoded. */
export const OAUTH_RETURN_COOKIE = 'phoenix-oauth2-return-url'
/** What a browser holds while it is at a provider. */
export const OAUTH_COOKIES: readonly string[] = [
  OAUTH_STATE_COOKIE,
  OAUTH_NONCE_COOKIE,
  OAUTH_VERIFIER_COOKIE,
  OAUTH_RETURN_COOKIE,
]
/** How long somebody may take at a provider. */
const OAUTH_COOKIE_SECONDS = 900

/** The texts of a fresh session. */
export interface TokenPair {
  accessToken: string
  refreshToken: string
}

/**
 * Whether cookies are marked Secure: when told to, and anyway where the browser is known to speak https.
 * @param isHttps whether this very request came by https
 */
export function cookiesAreSecure(config: Config, isHttps: boolean): boolean {
  return config.cookies.secure || isHttps || (config.server.rootUrl?.startsWith('https://') ?? false)
}

/** The two Set-Cookie values that sign a browser in. */
export function sessionCookies(config: Config, isHttps: boolean, pair: TokenPair): string[] {
  const { accessTokenMinutes, refreshTokenMinutes } = config.auth
  const make = (name: string, text: string, minutes: number) =>
    serialize(config, isHttps, `${name}=${text}`, Math.max(1, Math.floor(minutes * 60)), 'strict')
  return [
    make(ACCESS_COOKIE, pair.accessToken, accessTokenMinutes),
    make(REFRESH_COOKIE, pair.refreshToken, refreshTokenMinutes),
  ]
}

/** A Set-Cookie value of a sign-in at a provider. Lax: the way back begins on another site. */
export function oauthCookie(config: Config, isHttps: boolean, name: string, value: string): string {
  return serialize(config, isHttps, `${name}=${value}`, OAUTH_COOKIE_SECONDS, 'lax')
}

/** Says for a moment that somebody has just signed in, while the strict cookies still stay behind. Says nothing else. */
export const SIGNED_IN_COOKIE = 'bennu-just-signed-in'

/** The Set-Cookie value of it. */
export function signedInCookie(config: Config, isHttps: boolean): string {
  return serialize(config, isHttps, `${SIGNED_IN_COOKIE}=1`, 30, 'lax')
}

/** Set-Cookie values that remove cookies. The path must be the one they were set with, or they stay. */
export function clearedCookies(config: Config, isHttps: boolean, names: readonly string[]): string[] {
  return names.map((name) => serialize(config, isHttps, `${name}=""`, 0, 'lax'))
}

function serialize(
  config: Config,
  isHttps: boolean,
  nameAndValue: string,
  maxAgeSeconds: number,
  sameSite: 'strict' | 'lax',
): string {
  const attributes = ['HttpOnly', `Max-Age=${maxAgeSeconds}`, `Path=${config.cookies.path}`]
  attributes.push(`SameSite=${sameSite}`)
  if (cookiesAreSecure(config, isHttps)) attributes.push('Secure')
  return [nameAndValue, ...attributes].join('; ')
}

/** The value of a cookie in a Cookie header (RFC 6265 4.2), or null when absent or empty. */
export function readCookie(header: string | null, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const [key, ...rest] = part.split('=')
    if (key?.trim() !== name) continue
    const value = rest
      .join('=')
      .trim()
      .replace(/^"(.*)"$/, '$1')
    return value === '' ? null : value
  }
  return null
}
