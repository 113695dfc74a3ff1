/** What a browser calls itself, in words for people. */
import Bowser from 'bowser'

/** Longest user agent that is kept, in characters. */
export const MAX_USER_AGENT = 500

/** The user agent as a session keeps it: cut, and without what a database cannot hold. */
export function keepableUserAgent(userAgent: string | null): string | null {
  // Cut before cleaning, so that the cut leaves no half of a character behind.
  const text = userAgent?.slice(0, MAX_USER_AGENT).replace(/\0|\p{Surrogate}/gu, '\uFFFD')
  return text ? text : null
}

/** `Firefox on Linux`; for programs the name they begin with, such as `curl`. */
export function deviceOf(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent)
  const name = browser.name || productOf(userAgent)
  if (!name) return 'Unknown device'
  return os.name ? `${name} on ${os.name}` : name
}

/** The first product of a user agent (RFC 9110 10.1.5), without its version. */
function productOf(userAgent: string): string | null {
  return /^[\w!#$%&'*+.^`|~-]{1,60}(?=\/|\s|$)/.exec(userAgent)?.[0] ?? null
}
