/**
 * Records failures that a stranger can cause at will. The first of an address and window of time (a minute unless the
 * caller says otherwise) are entries of their own; the rest of that window become one entry with their number, so that a
 * flood fills neither the log nor the one place where the database takes writes.
 */
import type { AuditAction } from '#server/audit/model'
import { type AuditEvent, type RecordCtx, recordEvent } from '#server/audit/record'
import type { Database } from '#server/db/database'

const MINUTE_MS = 60_000
/** Failures of one address and minute that are entries of their own. */
export const SINGLE_FAILURES = 20
/** Targets, and reasons, that the entry for the rest names. */
const MAX_NAMED = 20
/** Addresses told apart at a time; past them all share one count. */
const MAX_ADDRESSES = 10_000

interface Flood {
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
  /** Failures of one address and window that are entries of their own. */
  singles?: number
  windowMs?: number
}

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const FLOODS = Symbol.for('bennu.audit.floods')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Map<string, Flood>> | undefined>

function floodsOf(db: Database): Map<string, Flood> {
  holder[FLOODS] ??= new WeakMap()
  const floods = holder[FLOODS].get(db) ?? new Map<string, Flood>()
  holder[FLOODS].set(db, floods)
  return floods
}

/** Records a failure that changed nothing, in a transaction of its own or as one of many. */
export async function recordFailure(
  ctx: RecordCtx,
  event: Omit<AuditEvent, 'outcome'>,
  { singles = SINGLE_FAILURES, windowMs = MINUTE_MS }: FloodOptions = {},
): Promise<void> {
  const flood = await floodFor(ctx, event.action, windowMs)
  if (flood.singles < singles) {
    flood.singles += 1
    return ctx.db.write((tx) => recordEvent(tx, ctx, { ...event, outcome: 'failure' }))
  }
  flood.counted += 1
  const target = event.target ?? event.credential
  if (target && flood.targets.size < MAX_NAMED) flood.targets.add(target)
  if (event.reason && flood.reasons.size < MAX_NAMED) flood.reasons.add(event.reason)
  // Nobody may come to begin the next window.
  if (flood.counted === 1) setTimeout(() => void settle(flood), windowMs).unref()
}

async function floodFor(ctx: RecordCtx, action: AuditAction, windowMs: number): Promise<Flood> {
  const floods = floodsOf(ctx.db)
  const nowMs = ctx.clock().getTime()
  if (floods.size >= MAX_ADDRESSES) forgetPast(floods, nowMs)
  const address = floods.size >= MAX_ADDRESSES ? null : ctx.request.address
  const key = `${action} ${address}`
  const window = Math.floor(nowMs / windowMs)
  const known = floods.get(key)
  if (known?.window === window) return known
  const { db, config, clock, log } = ctx
  const nobody = { actor: { kind: 'anonymous' as const }, request: { address, userAgent: null } }
  const fresh: Flood = {
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
  if (known) await settle(known)
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
  const floods = floodsOf(ctx.db)
  for (const [key, kept] of floods) if (kept === flood) floods.delete(key)
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
  for (const flood of [...floodsOf(db).values()]) await settle(flood)
}
