/** Claims as they may be kept for a few days: shortened, without anything that could be used again. */
import type { ShortValue } from '#server/sso-providers/recent-model'

const MAX_TEXT = 80
const MAX_ITEMS = 12
const MAX_CLAIMS = 40
const MAX_DEPTH = 3

/** Of use to the protocol alone. */
const PROTOCOL = new Set(['nonce', 'at_hash', 'c_hash', 's_hash', 'sid', 'jti', 'auth_time', 'session_state'])
const SECRET = /token|secret|password|credential/i
/** Three parts of base64url: a token that somebody passes on inside a claim (RFC 7515 3.1). */
const TOKEN = /^[\w-]{10,}\.[\w-]{10,}\.[\w-]*$/

/**
 * The claims of a sign-in for the eyes of an admin: long texts and lists cut, with how much is missing; no nonce, no
 * hash, no token, and nothing whose name says that it is a secret. Every text can be stored by both engines.
 */
export function shortenClaims(claims: Readonly<Record<string, unknown>>): { [name: string]: ShortValue } {
  const kept = Object.entries(claims).filter(([name]) => !PROTOCOL.has(name))
  const short = Object.fromEntries(kept.slice(0, MAX_CLAIMS).map(([name, value]) => entry(name, value, 1)))
  if (kept.length > MAX_CLAIMS) short['…'] = `${kept.length - MAX_CLAIMS} more claims`
  return short
}

/** A text cut to what a line holds, without control characters and halves of surrogate pairs. */
export function shortenText(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029]/gu, '\ufffd')
  if (TOKEN.test(clean)) return '(a token)'
  const letters = [...clean]
  return letters.length > MAX_TEXT ? `${letters.slice(0, MAX_TEXT).join('')}…` : clean
}

function entry(name: string, value: unknown, depth: number): [string, ShortValue] {
  return [shortenText(name), SECRET.test(name) ? '(not kept)' : shorten(value, depth)]
}

function shorten(value: unknown, depth: number): ShortValue {
  if (typeof value === 'string') return shortenText(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object') return null
  if (depth > MAX_DEPTH) return '…'
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => shorten(item, depth + 1))
    return value.length > MAX_ITEMS ? [...items, `… ${value.length - MAX_ITEMS} more`] : items
  }
  const entries = Object.entries(value)
  const short = Object.fromEntries(
    entries.slice(0, MAX_ITEMS).map(([key, part]) => entry(key, part, depth + 1)),
  )
  if (entries.length > MAX_ITEMS) short['…'] = `${entries.length - MAX_ITEMS} more`
  return short
}
