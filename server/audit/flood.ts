/**
 * Records failures that a stranger can cause at will. The first of an address and minute are entries of their own; the
 * rest of that minute become one entry with their number, so that a flood fills neither the log nor the one place
 * where the database takes writes.
 */
import { type AuditEvent, type RecordCtx, recordEvent } from '#server/audit/record'
import type { Ctx } from '#server/context'
import type { Database } from '#server/db/database'

const MINUTE_MS = 60_000
/** Failures of one address and minute that are entries of their own. */
export const SINGLE_FAILURES = 20
/** Targets that the entry for the rest names. */
const MAX_TARGETS = 20
/** Addresses told apart at a time; past them all share one count. */
const MAX_ADDRESSES = 10_000

interface Flood {
  ctx: RecordCtx
  action: string
  minute: number
  seen: number
  targets: Set<string>
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
export async function recordFailure(ctx: Ctx, event: Omit<AuditEvent, 'outcome'>): Promise<void> {
  const flood = await floodFor(ctx, event.action)
  flood.seen += 1
  if (flood.seen <= SINGLE_FAILURES) {
    return ctx.db.write((tx) => recordEvent(tx, ctx, { ...event, outcome: 'failure' }))
  }
  if (event.target && flood.targets.size < MAX_TARGETS) flood.targets.add(event.target)
  // Nobody may come to begin the next minute.
  if (flood.seen === SINGLE_FAILURES + 1) setTimeout(() => void settle(flood), MINUTE_MS).unref()
}

async function floodFor(ctx: Ctx, action: string): Promise<Flood> {
  const floods = floodsOf(ctx.db)
  const minute = Math.floor(ctx.clock().getTime() / MINUTE_MS)
  if (floods.size >= MAX_ADDRESSES) {
    for (const [key, { minute: past, seen }] of floods)
      if (past !== minute && seen <= SINGLE_FAILURES) floods.delete(key)
  }
  const address = floods.size >= MAX_ADDRESSES ? null : ctx.request.address
  const key = `${action} ${address}`
  const known = floods.get(key)
  if (known?.minute === minute) return known
  const { db, config, clock, log } = ctx
  const nobody = { actor: { kind: 'anonymous' as const }, request: { address, userAgent: null } }
  const fresh = {
    ctx: { db, config, clock, log, ...nobody },
    action,
    minute,
    seen: 0,
    targets: new Set<string>(),
  }
  floods.set(key, fresh)
  if (known) await settle(known)
  return fresh
}

/** Writes the entry for what was only counted; what cannot be written is said in the log. */
async function settle(flood: Flood): Promise<void> {
  const { ctx, action, minute, targets } = flood
  const floods = floodsOf(ctx.db)
  for (const [key, kept] of floods) if (kept === flood) floods.delete(key)
  const count = flood.seen - SINGLE_FAILURES
  flood.seen = 0
  if (count <= 0) return
  const details = { count, minute: new Date(minute * MINUTE_MS).toISOString(), targets: [...targets] }
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
