/** Times as REST writes them: ISO 8601 in UTC with the offset spelled `+00:00`, and six digits of fraction or none. */

/** A stored time (to the millisecond) for a REST answer. */
export function wireTime(time: Date): string {
  return wireTimeMicros(time.getTime() * 1000)
}

/** Microseconds since 1970 (UTC) for a REST answer; no digit is lost. */
export function wireTimeMicros(micros: number): string {
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000
  const seconds = new Date((micros - fraction) / 1000).toISOString().slice(0, -'.000Z'.length)
  return `${seconds}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}+00:00`
}
