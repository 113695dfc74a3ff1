/**
 * Records failures that a stranger can cause at will. The first of a client and window of time (a minute unless the
 * caller says otherwise) are entries of their own; the rest of that window become one entry with their number, so that a
 * flood fills neither the log nor the one place where the database takes writes. A client is what the limits take for
 * one: an IPv4 address, or the /64 of an IPv6 one, of which one customer has 2^64 addresses.
 */
import type { AuditAction } from '#server/audit/model'
import { type AuditEvent, type RecordCtx, recordEvent } from '#server/audit/record'
import type { Database } from '#server/db/database'
import { networkOf } from '#server/limits/keys'

const MINUTE_MS = 60_000
/** Failures of one client and minute that are entries of their own. */
export const SINGLE_FAILURES = 20
/** Targets, and reasons, that the entry for the rest names. */
const MAX_NAMED = 20
/** Clients told apart at a time; past them all share one count. */
const MAX_CLIENTS = 10_000
/** Entries of one action being written at a time; while there are so many, failures of all clients share one count. */
const MAX_AT_ONCE = 8

interface Flood {
  key: string
  ctx: RecordCtx
  action: AuditAction
  windowMs: number
  /** Which window of time since 1970. */
  window: number
  /** Entries of their own so far. */
  singles: number
  /** Failures that were only counted. */
  counted: number
  targets: Set<string>
  reasons: Set<string>
}

export interface FloodOptions {
  /** Failures of one client and window that are entries of their own. */
  singles?: number
  windowMs?: number
}

interface Floods {
  byClient: Map<string, Flood>
  /** How many entries of their own are being written, by action: a flood of one hides nothing of another. */
  writing: Map<AuditAction, number>
}

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const FLOODS = Symbol.for('bennu.audit.floods')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Floods> | undefined>

function floodsOf(db: Database): Floods {
  holder[FLOODS] ??= new WeakMap()
  const floods = holder[FLOODS].get(db) ?? { byClient: new Map(), writing: new Map() }
  holder[FLOODS].set(db, floods)
  return floods
}

/** Records a failure that changed nothing, in a transaction of its own or as one of many. */
export async function recordFailure(
  ctx: RecordCtx,
  event: Omit<AuditEvent, 'outcome'>,
  { singles = SINGLE_FAILURES, windowMs = MINUTE_MS }: FloodOptions = {},
): Promise<void> {
  const past: Flood[] = []
  const own = floodFor(ctx, event.action, windowMs, clientOf(ctx), past)
  const isFirst = own.singles < singles
  const isBusy = (floodsOf(ctx.db).writing.get(event.action) ?? 0) >= MAX_AT_ONCE
  // No await before this: however many come at once, each sees those before it.
  const written = isFirst && !isBusy ? writeSingle(ctx, own, event) : null
  if (!written) count(isFirst ? floodFor(ctx, event.action, windowMs, null, past) : own, event)
  await Promise.all([written, ...past.map(settle)])
}

function count(flood: Flood, event: Omit<AuditEvent, 'outcome'>): void {
  flood.counted += 1
  const target = event.target ?? event.credential
  if (target && flood.targets.size < MAX_NAMED) flood.targets.add(target)
  if (event.reason && flood.reasons.size < MAX_NAMED) flood.reasons.add(event.reason)
  // Nobody may come to begin the next window.
  if (flood.counted === 1) setTimeout(() => void settle(flood), flood.windowMs).unref()
}

async function writeSingle(ctx: RecordCtx, flood: Flood, event: Omit<AuditEvent, 'outcome'>): Promise<void> {
  const { writing } = floodsOf(ctx.db)
  const add = (by: number) => writing.set(event.action, (writing.get(event.action) ?? 0) + by)
  flood.singles += 1
  add(1)
  try {
    await ctx.db.write((tx) => recordEvent(tx, ctx, { ...event, outcome: 'failure' }))
  } finally {
    add(-1)
  }
}

function clientOf({ request: { address } }: RecordCtx): string | null {
  return address === null ? null : networkOf(address)
}

/** The count of a client (null: all that are not told apart) in this window; one of an earlier window goes into `past`. */
function floodFor(
  ctx: RecordCtx,
  action: AuditAction,
  windowMs: number,
  wanted: string | null,
  past: Flood[],
): Flood {
  const floods = floodsOf(ctx.db).byClient
  const nowMs = ctx.clock().getTime()
  if (floods.size >= MAX_CLIENTS) forgetPast(floods, nowMs)
  const client = floods.size >= MAX_CLIENTS ? null : wanted
  const key = `${action} ${client}`
  const window = Math.floor(nowMs / windowMs)
  const known = floods.get(key)
  if (known?.window === window) return known
  const { db, config, clock, log } = ctx
  const nobody = { actor: { kind: 'anonymous' as const }, request: { address: client, userAgent: null } }
  const fresh: Flood = {
    key,
    ctx: { db, config, clock, log, ...nobody },
    action,
    windowMs,
    window,
    singles: 0,
    counted: 0,
    targets: new Set(),
    reasons: new Set(),
  }
  floods.set(key, fresh)
  if (known) past.push(known)
  return fresh
}

function forgetPast(floods: Map<string, Flood>, nowMs: number): void {
  for (const [key, { window, windowMs, counted }] of floods) {
    if (counted === 0 && window !== Math.floor(nowMs / windowMs)) floods.delete(key)
  }
}

/** Writes the entry for what was only counted; what cannot be written is said in the log. */
async function settle(flood: Flood): Promise<void> {
  const { ctx, action, window, windowMs, targets, reasons, counted: count } = flood
  const floods = floodsOf(ctx.db).byClient
  if (floods.get(flood.key) === flood) floods.delete(flood.key)
  flood.counted = 0
  if (count === 0) return
  const minute = new Date(window * windowMs).toISOString()
  const details = { count, minute, targets: [...targets], reasons: [...reasons] }
  try {
    await ctx.db.write((tx) => recordEvent(tx, ctx, { action, outcome: 'failure', reason: 'flood', details }))
  } catch (err) {
    ctx.log.error({ err, action, details }, 'failures that were counted could not be recorded')
  }
}

/** Writes the entries for what has been counted so far: call it before the database is closed. */
export async function settleFloods(db: Database): Promise<void> {
  for (const flood of [...floodsOf(db).byClient.values()]) await settle(flood)
}
