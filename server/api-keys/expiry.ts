/** When keys end. */
import { EXPIRES_SOON_DAYS } from '#server/api-keys/expiry-model'
import { AppError } from '#server/errors'
import { parseTime } from '#server/wire-time'

const DAY_MS = 86_400_000

/**
 * The expiry that somebody asked for; null for never.
 * @throws AppError invalid (422): no time, or not in the future
 */
export function readExpiry(text: string | null | undefined, now: Date): Date | null {
  if (text == null) return null
  const micros = parseTime(text)
  if (micros === null) throw new AppError('invalid', 'expires_at must be a time in ISO 8601')
  // Cut to milliseconds, as stored: a key never lives past the moment asked for.
  const expiresAt = new Date(Math.floor(micros / 1000))
  if (expiresAt <= now) throw new AppError('invalid', 'expires_at must be in the future')
  return expiresAt
}

/** Before this moment a key's end is near. */
export function soonBefore(now: Date): Date {
  return new Date(now.getTime() + EXPIRES_SOON_DAYS * DAY_MS)
}
