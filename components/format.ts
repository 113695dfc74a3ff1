/** Numbers and times as people read them. Pure; times are microseconds since 1970 unless said otherwise. */

/** `36 µs`, `820 ms`, `1.24 s`, `2 m 05 s`, `3 h 07 m`, from microseconds. */
export function formatDuration(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} µs`
  const ms = micros / 1000
  if (ms < 999.5) return `${ms < 10 ? trim(ms, 1) : Math.round(ms)} ms`
  const s = ms / 1000
  if (s < 59.95) return `${s < 10 ? s.toFixed(2) : s.toFixed(1)} s`
  const total = Math.round(s)
  if (total < 3600) return `${Math.floor(total / 60)} m ${pad(total % 60)} s`
  const minutes = Math.round(total / 60)
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`
}

const pad = (n: number) => String(n).padStart(2, '0')
const trim = (n: number, digits: number) => String(Number(n.toFixed(digits)))

const integers = new Intl.NumberFormat('en-US')

/** `6,204` */
export function formatCount(n: number): string {
  return integers.format(n)
}

/** `1 trace`, `6,204 traces` */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`
}

const DAY = 86_400
// Up to a quarter is told in days: that is how expiries are chosen.
const STEPS: [seconds: number, unit: string, from: number][] = [
  [365 * DAY, 'year', 365 * DAY],
  [30 * DAY, 'month', 91 * DAY],
  [DAY, 'day', DAY],
]

/** The pages' clock ticks every ten seconds, so what has just happened may lie ahead of it. */
const CLOCK_LAG_SECONDS = 12

/** `just now`, `12 s ago`, `6 h ago`, `3 days ago`; `in 12 days` for what lies ahead. Both in milliseconds. */
export function formatRelative(thenMs: number, nowMs: number): string {
  const ahead = thenMs > nowMs
  const seconds = Math.abs(thenMs - nowMs) / 1000
  if (seconds < (ahead ? CLOCK_LAG_SECONDS : 5)) return 'just now'
  const amount = amountOf(seconds)
  return ahead ? `in ${amount}` : `${amount} ago`
}

function amountOf(seconds: number): string {
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`
  if (seconds < DAY) return `${Math.round(seconds / 3600)} h`
  for (const [size, unit, from] of STEPS) {
    if (seconds >= from) return plural(Math.round(seconds / size), unit)
  }
  return plural(1, 'day')
}

/** The exact instant to the millisecond, in the reader's zone or in UTC. */
export function formatInstant(ms: number, inUtc = false): string {
  const d = new Date(ms)
  // What a clock on that wall shows, read off as if it were UTC.
  const wall = new Date(ms - (inUtc ? 0 : d.getTimezoneOffset() * 60_000))
  const [day, time] = wall.toISOString().replace('Z', '').split('T')
  return `${day} ${time} ${inUtc ? 'UTC' : zone(d)}`
}

function zone(d: Date): string {
  const offset = -d.getTimezoneOffset()
  if (offset === 0) return 'UTC'
  return `UTC${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
}

const SIZES: [size: number, unit: string][] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
]

/** `512 B`, `48.2 kB`, `1.24 GB`: in thousands. */
export function formatBytes(bytes: number): string {
  const [size, unit] = SIZES.find(([least]) => bytes >= least) ?? [1, 'B']
  return `${Number((bytes / size).toPrecision(3))} ${unit}`
}

/** `4 min`, `3 h 20 min`, `12 days 3 h`, from seconds: how long something has been going on. */
export function formatUptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1) return `${Math.floor(seconds)} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 1) return `${minutes} min`
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${plural(Math.floor(hours / 24), 'day')} ${hours % 24} h`
}

/** `7f2c…91ab`: enough of an id to recognise it. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-4)}`
}
