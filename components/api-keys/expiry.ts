/** How long a key lives, as chosen in the form. Pure. */
const DAY_MS = 86_400_000

export const EXPIRIES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Never' },
  { value: 'date', label: 'On a date' },
] as const
export type Expiry = (typeof EXPIRIES)[number]['value']

/**
 * The moment a key ends as ISO 8601, or null for never.
 * @param date `YYYY-MM-DD`, for the choice of a date: the key works through the whole of that day, in the local zone
 * @throws RangeError when the date is none
 */
export function expiryTime(expiry: Expiry, date: string, nowMs: number): string | null {
  if (expiry === 'never') return null
  if (expiry === 'date') return new Date(`${date}T23:59:59`).toISOString()
  return new Date(nowMs + Number(expiry) * DAY_MS).toISOString()
}

/** Days a key has gone unused, when that is a reason to delete it; else null. */
export function unusedDays(lastUsedMs: number | null, createdMs: number, nowMs: number): number | null {
  const days = Math.floor((nowMs - (lastUsedMs ?? createdMs)) / DAY_MS)
  return days > 90 ? days : null
}

export const GRACES = [
  { value: 'none', label: 'Stops at once', hint: 'When the value may be in the wrong hands.' },
  { value: 'hour', label: 'Works for another hour', hint: 'When everything that uses it is at hand.' },
  { value: 'day', label: 'Works for another day', hint: 'For the next deployment.' },
  { value: 'week', label: 'Works for another 7 days' },
  { value: 'month', label: 'Works for another 30 days' },
] as const
export type Grace = (typeof GRACES)[number]['value']

const GRACE_SECONDS: Record<Grace, number> = {
  none: 0,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
}

/** For how many seconds the old value of a rotated key goes on working. */
export const graceSeconds = (grace: Grace): number => GRACE_SECONDS[grace]
