/**
 * Records failures that a stranger can cause at will. The first of a client and window of time (a minute unless the
 * caller says otherwise) are entries of their own; the rest of that window become one entry with their number, so that a
 * flood fills neither the log nor the one place where the database takes writes. A client is what the limits take for
 * one: an IPv4 address, or the /64 of an IPv6 one, of which one customer has 2^64 addresses. Who is known by a credential
 * can be counted by that instead, and by what it was about.
 */
import type { AuditAction } from '#server/audit/model'
import { type AuditEvent, type RecordCtx, type Recorded, recordEvent } from '#server/audit/record'
import type { Database } from '#server/db/database'
import { networkOf } from '#server/limits/keys'

const MINUTE_MS = 60_000
/** Failures of one client and minute that are entries of their own. */
export const SINGLE_FAILURES = 20
/** Targets, and reasons, that the entry for the rest names. */
const MAX_NAMED = 20
/** Clients told apart at a time for one action; past them all share one count. */
const MAX_CLIENTS = 10_000
/** Entries of counted failures in one transaction. */
const SETTLED_AT_ONCE = 200
/** Entries of one action being written at a time; while there are so many, failures of all clients share one count. */
const MAX_AT_ONCE = 8

type Failure = Omit<AuditEvent, 'outcome'>

/** What a count belongs to, and the entry that is made of it. */
interface Client {
  key: string | null
  actor: Recorded
  /** Null where there were several. */
  address: string | null
  target?: string | undefined
}

const ANYBODY: Client = { key: null, actor: { kind: 'anonymous' }, address: null }

interface Flood {
  key: string
  target: string | undefined
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
  /**
   * What shares a count: an address, or (`actor`) whoever shows one credential, wherever from, and one target. Those are
   * as many as the server has handed out, so that each gets an entry for its rest.
   */
  by?: 'address' | 'actor'
}

interface Floods {
  byAction: Map<AuditAction, Map<string, Flood>>
  /** How many entries of their own are being written, by action: a flood of one hides nothing of another. */
  writing: Map<AuditAction, number>
}

// On globalThis because Next gives each route its own copy of this module; by database for the tests.
const FLOODS = Symbol.for('bennu.audit.floods')
const holder = globalThis as unknown as Record<symbol, WeakMap<Database, Floods> | undefined>

function floodsOf(db: Database): Floods {
  holder[FLOODS] ??= new WeakMap()
  const floods = holder[FLOODS].get(db) ?? { byAction: new Map(), writing: new Map() }
  holder[FLOODS].set(db, floods)
  return floods
}

/** Records a failure that changed nothing, in a transaction of its own or as one of many. */
export async function recordFailure(
  ctx: RecordCtx,
  event: Failure,
  { singles = SINGLE_FAILURES, windowMs = MINUTE_MS, by = 'address' }: FloodOptions = {},
): Promise<void> {
  const past: Flood[] = []
  const own = floodFor(
    ctx,
    event.action,
    windowMs,
    by === 'actor' ? actorOf(ctx, event) : clientOf(ctx),
    past,
  )
  const isFirst = own.singles < singles
  const isBusy = (floodsOf(ctx.db).writing.get(event.action) ?? 0) >= MAX_AT_ONCE
  // No await before this: however many come at once, each sees those before it.
  const written = isFirst && !isBusy ? writeSingle(ctx, own, event) : null
  const isShared = isFirst && by === 'address'
  if (!written) count(isShared ? floodFor(ctx, event.action, windowMs, ANYBODY, past) : own, ctx, event)
  await Promise.all([written, settle(past)])
}

function count(flood: Flood, ctx: RecordCtx, event: Failure): void {
  flood.counted += 1
  if (flood.ctx.request.address !== networkOfAsker(ctx)) flood.ctx.request.address = null
  const target = event.target ?? event.credential
  if (target && flood.targets.size < MAX_NAMED) flood.targets.add(target)
  if (event.reason && flood.reasons.size < MAX_NAMED) flood.reasons.add(event.reason)
  // Nobody may come to begin the next window.
  if (flood.counted === 1) setTimeout(() => void settle([flood]), flood.windowMs).unref()
}

async function writeSingle(ctx: RecordCtx, flood: Flood, event: Failure): Promise<void> {
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

function networkOfAsker({ request: { address } }: RecordCtx): string | null {
  return address === null ? null : networkOf(address)
}

function clientOf(ctx: RecordCtx): Client {
  const network = networkOfAsker(ctx)
  return { key: network, actor: { kind: 'anonymous' }, address: network }
}

/** A session stays one when its tokens are renewed. */
function actorOf(ctx: RecordCtx, { target }: Failure): Client {
  const { actor } = ctx
  const id = 'sessionId' in actor ? actor.sessionId : 'keyId' in actor ? actor.keyId : ''
  return { key: `${actor.kind} ${id} ${target}`, actor, address: networkOfAsker(ctx), target }
}

/** The count of a client in this window; one of an earlier window goes into `past`. */
function floodFor(
  ctx: RecordCtx,
  action: AuditAction,
  windowMs: number,
  wanted: Client,
  past: Flood[],
): Flood {
  const floods = floodsFor(ctx.db, action)
  const nowMs = ctx.clock().getTime()
  if (floods.size >= MAX_CLIENTS) forgetPast(floods, nowMs)
  const { key: name, actor, address, target } = floods.size >= MAX_CLIENTS ? ANYBODY : wanted
  const key = String(name)
  const window = Math.floor(nowMs / windowMs)
  const known = floods.get(key)
  if (known?.window === window) return known
  const { db, config, clock, log } = ctx
  const fresh: Flood = {
    key,
    target,
    ctx: { db, config, clock, log, actor, request: { address, userAgent: null } },
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

function floodsFor(db: Database, action: AuditAction): Map<string, Flood> {
  const { byAction } = floodsOf(db)
  const floods = byAction.get(action) ?? new Map<string, Flood>()
  byAction.set(action, floods)
  return floods
}

function forgetPast(floods: Map<string, Flood>, nowMs: number): void {
  for (const [key, { window, windowMs, counted }] of floods) {
    if (counted === 0 && window !== Math.floor(nowMs / windowMs)) floods.delete(key)
  }
}

/** Writes the entries for what was only counted, in one transaction; what cannot be written is said in the log. */
async function settle(floods: readonly Flood[]): Promise<void> {
  const [any] = floods
  const entries = floods.flatMap((flood) => takeEntry(flood) ?? [])
  if (!any || entries.length === 0) return
  try {
    await any.ctx.db.write(async (tx) => {
      for (const { ctx, event } of entries) await recordEvent(tx, ctx, event)
    })
  } catch (err) {
    for (const { ctx, event } of entries) {
      const { action, details } = event
      ctx.log.error({ err, action, details }, 'failures that were counted could not be recorded')
    }
  }
}

/** The entry for what was counted, which is forgotten here; null when it was nothing. */
function takeEntry(flood: Flood) {
  const { ctx, action, target, window, windowMs, targets, reasons, counted: count } = flood
  const floods = floodsFor(ctx.db, action)
  if (floods.get(flood.key) === flood) floods.delete(flood.key)
  flood.counted = 0
  if (count === 0) return null
  const minute = new Date(window * windowMs).toISOString()
  const details = { count, minute, targets: [...targets], reasons: [...reasons] }
  const event = { action, outcome: 'failure' as const, reason: 'flood', details, ...(target && { target }) }
  return { ctx, event }
}

/** Writes the entries for what has been counted so far: call it before the database is closed. */
export async function settleFloods(db: Database): Promise<void> {
  const floods = [...floodsOf(db).byAction.values()].flatMap((byClient) => [...byClient.values()])
  // Not too many at a time: whoever else writes waits for the whole transaction.
  for (let at = 0; at < floods.length; at += SETTLED_AT_ONCE)
    await settle(floods.slice(at, at + SETTLED_AT_ONCE))
}
