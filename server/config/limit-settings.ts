/** How often somebody may try: limits by address, and the lock of an account. */
import type { ApiLimit, Config, Rate } from '#server/config/model'
import { quoted, type Reader } from '#server/config/reader'

const DISABLE = 'PHOENIX_DISABLE_RATE_LIMIT'
const LOGIN = 'BENNU_RATE_LIMIT_LOGIN'
const PASSWORD_RESET = 'BENNU_RATE_LIMIT_PASSWORD_RESET'
const API = 'BENNU_RATE_LIMIT_API'
const ATTEMPTS = 'PHOENIX_BRUTE_FORCE_LOGIN_PROTECTION_MAX_ATTEMPTS'
const UNPROTECTED = 'PHOENIX_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION'

const MAX_REQUESTS = 1_000_000
const MAX_WINDOW_MS = 7 * 24 * 3_600_000
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }

/** The limits by address. */
export function readLimits(reader: Reader): Config['limits'] {
  const limits = {
    enabled: !reader.bool(DISABLE, false),
    login: readLimit(reader, LOGIN, { count: 5, windowMs: 60_000 }),
    passwordReset: readLimit(reader, PASSWORD_RESET, { count: 3, windowMs: 3_600_000 }),
    api: readApiLimits(reader),
  }
  const idle = [LOGIN, PASSWORD_RESET, API].filter((name) => reader.text(name) !== null)
  if (!limits.enabled && idle.length > 0)
    reader.warn(`${idle.join(', ')}: of no effect, because ${DISABLE} is set. Remove one of them.`)
  return limits
}

function readLimit(reader: Reader, name: string, fallback: Rate): Rate {
  const value = reader.text(name)
  if (value === null) return fallback
  const rate = parseRate(value)
  if (rate) return rate
  reader.problem(
    `${name}: ${quoted(name, value)} is not a limit. ` +
      'Write a number of requests and a time, such as 5/60s, 60/min or 3/h.',
  )
  return fallback
}

/** `5/60s`, `60/min`, `10/s`; null for anything else. */
function parseRate(text: string): Rate | null {
  const match = /^(\d{1,9})\s*\/\s*(\d{1,9})?\s*(s|m|min|h)$/i.exec(text.trim())
  if (!match) return null
  const count = Number(match[1])
  const windowMs = Number(match[2] ?? 1) * (UNIT_MS[match[3]?.toLowerCase() ?? ''] ?? 0)
  const isSensible = count >= 1 && count <= MAX_REQUESTS && windowMs >= 1_000 && windowMs <= MAX_WINDOW_MS
  return isSensible ? { count, windowMs } : null
}

function readApiLimits(reader: Reader): ApiLimit[] {
  const limits: ApiLimit[] = []
  for (const item of reader.list(API)) {
    const split = item.lastIndexOf('=')
    const prefix = item.slice(0, Math.max(0, split)).trim()
    const rate = parseRate(item.slice(split + 1))
    if (!rate || !/^\/[^\s?#]*$/.test(prefix)) {
      reader.problem(
        `${API}: ${quoted(API, item)} is not a limit for a path. ` +
          'Write path=requests/time, such as /v1/projects=20/s, separated by commas.',
      )
    } else if (limits.some((limit) => limit.prefix === prefix)) {
      reader.problem(`${API}: ${quoted(API, prefix)} stands there twice. Write each path once.`)
    } else limits.push({ prefix, ...rate })
  }
  return limits
}

/** After how many failures an account is locked; null for never. */
export function readLockoutAfter(reader: Reader): number | null {
  const attempts = reader.integer(ATTEMPTS, { fallback: 5, min: 1, max: 10_000 })
  if (!reader.bool(UNPROTECTED, false)) return attempts
  if (reader.text(ATTEMPTS) !== null)
    reader.warn(`${ATTEMPTS}: of no effect, because ${UNPROTECTED} is set. Remove one of them.`)
  return null
}
