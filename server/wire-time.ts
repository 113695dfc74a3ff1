/** Times as REST writes and reads them. Out: ISO 8601 with `+00:00`. In: ISO 8601, UTC where no offset is given. */

const MICROS_PER_SECOND = 1_000_000

/**
 * ISO 8601 with the offset `+00:00` and six digits of fraction, left out when they are zero.
 * @param time a Date, or microseconds since 1970
 */
export function formatTime(time: Date | number): string {
  const micros = typeof time === 'number' ? time : time.getTime() * 1000
  const seconds = Math.floor(micros / MICROS_PER_SECOND)
  const fraction = micros - seconds * MICROS_PER_SECOND
  const whole = new Date(seconds * 1000).toISOString().slice(0, -5)
  return fraction === 0 ? `${whole}+00:00` : `${whole}.${String(fraction).padStart(6, '0')}+00:00`
}

const DATE = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`
const CLOCK = String.raw`(?<hour>\d\d):?(?<minute>\d\d)(?::?(?<second>\d\d)(?:[.,](?<fraction>\d{1,12}))?)?`
// A `+` that nobody percent-encoded arrives in a query as a blank.
const OFFSET = String.raw`(?<zone>[Zz]|(?<sign>[+ -])(?<offsetHours>\d\d)(?::?(?<offsetMinutes>\d\d))?)`
const ISO_TIME = new RegExp(`^${DATE}(?:[Tt ]${CLOCK}${OFFSET}?)?$`)

// Years 1 to 9999 in UTC, which every database can hold; an offset may lead out of them.
const FIRST_SECOND = -62_135_596_800
const LAST_SECOND = 253_402_300_799

/** An instant, and whether the text said where on earth. */
export interface ParsedTime {
  /** Microseconds since 1970; finer digits are cut off. */
  micros: number
  /** False when the text had no offset and was read as UTC. */
  hasOffset: boolean
}

/** Reads ISO 8601; null when the text is none, or names a day or an hour that does not exist. */
export function readTime(text: string): ParsedTime | null {
  const parts = ISO_TIME.exec(text.trim())?.groups
  if (!parts) return null
  const number = (name: string) => Number(parts[name] ?? 0)
  const midnight = midnightOf(number('year'), number('month'), number('day'))
  const inRange = number('hour') < 24 && number('minute') < 60 && number('second') < 60
  const offsetInRange = number('offsetHours') < 24 && number('offsetMinutes') < 60
  if (midnight === null || !inRange || !offsetInRange) return null
  const offset = (number('offsetHours') * 60 + number('offsetMinutes')) * 60 * (parts.sign === '-' ? -1 : 1)
  const seconds = midnight + number('hour') * 3600 + number('minute') * 60 + number('second') - offset
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return null
  const fraction = Number((parts.fraction ?? '').slice(0, 6).padEnd(6, '0'))
  return { micros: seconds * MICROS_PER_SECOND + fraction, hasOffset: parts.zone !== undefined }
}

/** Microseconds since 1970 of an ISO 8601 text (UTC where it has no offset), or null when it is none. */
export function parseTime(text: string): number | null {
  return readTime(text)?.micros ?? null
}

/** Seconds since 1970 at the start of a day, or null when there is no such day. */
function midnightOf(year: number, month: number, day: number): number | null {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? date.getTime() / 1000 : null
}
