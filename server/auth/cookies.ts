/** The cookies of sign-in: their exact attributes, and reading them from a Cookie header. */
import type { Config } from '#server/config/model'

export const ACCESS_COOKIE = 'phoenix-access-token'
export const REFRESH_COOKIE = 'phoenix-refresh-token'
export const OAUTH_STATE_COOKIE = 'phoenix-oauth2-state'
export const OAUTH_NONCE_COOKIE = 'phoenix-oauth2-nonce'

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
