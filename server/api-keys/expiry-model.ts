/** How near a key's end is, for pages and server alike. Browser-safe, and apart from the forms' schemas, which lists need not load. */

/** A key that ends in less than so many days is flagged, in lists and in the log: time enough to rotate it. */
export const EXPIRES_SOON_DAYS = 14

/** Whether a key has ended, ends in less than EXPIRES_SOON_DAYS, or neither. */
export type KeyExpiry = 'over' | 'soon' | 'far'

/** How near a key's end is. Times are milliseconds since 1970; null never comes. */
export function expiryOf(expiresMs: number | null, nowMs: number): KeyExpiry {
  if (expiresMs === null) return 'far'
  if (expiresMs <= nowMs) return 'over'
  return expiresMs - nowMs < EXPIRES_SOON_DAYS * 86_400_000 ? 'soon' : 'far'
}
