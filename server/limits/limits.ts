/**
 * Limits by address: how often one client may ask, and one by account. Counted in the database for all processes and replicas; a process
 * remembers by itself who is over a limit, so that a flood costs no query.
 */
import { recordFailure } from '#server/audit/flood'
import type { RecordCtx } from '#server/audit/record'
import type { ApiLimit, Config, Rate } from '#server/config/model'
import type { Database } from '#server/db/database'
import { AppError } from '#server/errors'
import { Counter } from '#server/limits/counter'
import { digestOf, networkOf } from '#server/limits/keys'

/** Refused clients that a process remembers. */
const MAX_REMEMBERED = 20_000
const PER_MINUTE: Rate = { count: 60, windowMs: 60_000 }
/** Reset mails that one account is sent, whoever asks and from wherever. */
const MAILS_PER_ACCOUNT: Rate = { count: 3, windowMs: 3_600_000 }

/** The limits of sign-in, each with its own count. */
const RATES = {
  /** Passwords, of accounts here and of a directory. */
  login: ({ limits }: Config) => limits.login,
  /** Asking for a mail with a reset link. */
  password_reset: ({ limits }: Config) => limits.passwordReset,
  /** Setting a password with the token of such a link. */
  password_reset_token: () => PER_MINUTE,
  refresh: () => PER_MINUTE,
  logout: () => PER_MINUTE,
  /** On the way to an identity provider, and back. */
  oauth2_login: () => PER_MINUTE,
  oauth2_tokens: () => PER_MINUTE,
  /** A provider ends the sessions of many people at once, all from one address. */
  backchannel_logout: () => ({ count: 600, windowMs: 60_000 }),
} as const satisfies Record<string, (config: Config) => Rate>

export type LimitName = keyof typeof RATES

/** What counting needs; every Ctx fits. */
export type LimitCtx = RecordCtx

interface Known {
  counter: Counter
  /** By key: until when it is refused, in milliseconds since 1970. */
  refused: Map<string, number>
}

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const KNOWN = Symbol.for('bennu.limits')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Known> | undefined>

function knownOf(db: Database): Known {
  holder[KNOWN] ??= new WeakMap()
  const known = holder[KNOWN].get(db) ?? { counter: new Counter(db), refused: new Map() }
  holder[KNOWN].set(db, known)
  return known
}

/**
 * Counts this request against a limit of its address. Call it before any password is hashed and any mail is sent.
 * Requests without an address, which are not from the network, are not counted.
 * @throws AppError rate_limited (429, with Retry-After); unavailable; whatever the database throws
 */
export async function takeFromLimit(ctx: LimitCtx, name: LimitName): Promise<void> {
  const waitMs = await take(ctx, name, RATES[name](ctx.config))
  if (waitMs === 0) return
  noteRefusal(ctx, name)
  throw tooMany(waitMs)
}

/**
 * Refuses a client that is known to be over a limit, without asking the database.
 * @throws AppError rate_limited
 */
export function refuseIfKnown(ctx: LimitCtx, name: LimitName): void {
  const key = keyOf(ctx, name)
  const waitMs = key === null ? 0 : knownWait(ctx, key)
  if (waitMs === 0) return
  noteRefusal(ctx, name)
  throw tooMany(waitMs)
}

/**
 * Counts a request against a limit of BENNU_RATE_LIMIT_API.
 * @throws AppError rate_limited; unavailable; whatever the database throws
 */
export async function takeFromApiLimit(
  ctx: Pick<LimitCtx, 'db' | 'config' | 'clock' | 'request'>,
  limit: ApiLimit,
): Promise<void> {
  const waitMs = await take(ctx, `api ${limit.prefix}`, limit)
  if (waitMs > 0) throw tooMany(waitMs)
}

/**
 * Counts a reset mail against the limit of its account, which nobody is told of: an answer of its own would say that the
 * account exists.
 * @returns whether the account may be sent one more
 * @throws AppError unavailable; whatever the database throws
 */
export async function mayMailAccount(
  { db, config, clock }: Pick<LimitCtx, 'db' | 'config' | 'clock'>,
  userId: number,
): Promise<boolean> {
  if (!config.limits.enabled) return true
  const key = digestOf(config, 'rate', `account ${userId} password_reset`)
  return (await knownOf(db).counter.count(key, MAILS_PER_ACCOUNT, clock().getTime())) === 0
}

async function take(
  ctx: Pick<LimitCtx, 'db' | 'config' | 'clock' | 'request'>,
  name: string,
  rate: Rate,
): Promise<number> {
  const key = keyOf(ctx, name)
  if (key === null) return 0
  const known = knownWait(ctx, key)
  if (known > 0) return known
  const nowMs = ctx.clock().getTime()
  const { counter, refused } = knownOf(ctx.db)
  const waitMs = await counter.count(digestOf(ctx.config, 'rate', key), rate, nowMs)
  if (waitMs > 0) remember(refused, key, nowMs, nowMs + waitMs)
  return waitMs
}

/** Null for requests that no limit counts. */
function keyOf({ config, request }: Pick<LimitCtx, 'config' | 'request'>, name: string): string | null {
  if (!config.limits.enabled || request.address === null) return null
  return `${name} ${networkOf(request.address)}`
}

function knownWait({ db, clock }: Pick<LimitCtx, 'db' | 'clock'>, key: string): number {
  const { refused } = knownOf(db)
  const until = refused.get(key)
  if (until === undefined) return 0
  const waitMs = until - clock().getTime()
  if (waitMs > 0) return waitMs
  refused.delete(key)
  return 0
}

function remember(refused: Map<string, number>, key: string, nowMs: number, untilMs: number): void {
  if (refused.size >= MAX_REMEMBERED) {
    for (const [other, until] of refused) if (until <= nowMs) refused.delete(other)
  }
  const [oldest] = refused.size >= MAX_REMEMBERED ? refused.keys() : []
  // Whoever is forgotten is counted in the database, and refused there.
  if (oldest !== undefined) refused.delete(oldest)
  refused.set(key, untilMs)
}

/** Puts it on record in the background: one entry for each address and minute, and a number for the rest. */
function noteRefusal(ctx: LimitCtx, name: LimitName): void {
  recordFailure(ctx, { action: 'limit.refuse', reason: name }, { singles: 1 }).catch((err: unknown) =>
    ctx.log.error({ err, limit: name }, 'a refused request could not be recorded'),
  )
}

function tooMany(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000)
  return new AppError('rate_limited', `Too many requests: try again in ${inWords(seconds)}`, {
    retryAfterSeconds: seconds,
  })
}

/** A wait as a person reads it. */
export function inWords(seconds: number): string {
  if (seconds >= 120) return `${Math.ceil(seconds / 60)} minutes`
  return seconds === 1 ? '1 second' : `${seconds} seconds`
}
