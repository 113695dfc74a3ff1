/** What may be kept of an address that somebody typed and no account has. */

/** Longest address by RFC 5321 4.5.3.1. */
const MAX_EMAIL = 320
const ADDRESS = /^[^\s@]+@(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)$/i

/** The text when it is an address, else words in its place: people type passwords into the field above. */
export function typedAddress(text: string): string {
  return text.length <= MAX_EMAIL && ADDRESS.test(text) ? text : '(not an address)'
}
