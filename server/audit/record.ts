/** Writes the audit log. The one door into it: every security event goes through `recordEvent`. */
import { randomBytes } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { HEAD, openChainKey } from '#server/audit/chain'
import {
  type AuditDetails,
  type ChainedColumns,
  cleanText,
  entryHash,
  type PersonalColumns,
  personalDigest,
} from '#server/audit/entry'
import type { AuditAction } from '#server/audit/model'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { authLogger } from '#server/log'
import type { Actor } from '#server/permissions'

/** What a caller says about an event; who asked, from where and when is read from the Ctx. */
export interface AuditEvent {
  action: AuditAction
  outcome: 'success' | 'failure'
  /** Why it failed, as one word for machines: `bad-password`. */
  reason?: string
  /** `User:3`, `ApiKey:9`: what it was done to. */
  target?: string
  /** The target's name. Personal column. */
  targetName?: string
  /** Who asked, by name. Personal column; looked up from the user's row when left out. */
  actorName?: string
  /** Who asked, by id, where the Ctx cannot know yet: whoever has just signed in. */
  actorUserId?: number
  /** `ApiKey:7`, `AccessToken:12`; the Ctx's own credential when left out. */
  credential?: string
  /** Further facts. Never personal data, never a secret. */
  details?: AuditDetails
}

/** Who may be on record: whoever makes requests, and the program itself. */
export type Recorded = Actor | { kind: 'server' } | { kind: 'commandLine' }

/** What recording needs; every Ctx fits. */
export type RecordCtx = Pick<Ctx, 'db' | 'config' | 'clock' | 'log'> & {
  actor: Recorded
  request: Pick<Ctx['request'], 'address' | 'userAgent'>
}

/**
 * Appends an event to the audit log inside the transaction of the change that it tells of: both are kept or neither.
 * Locks the head of the chain until that transaction ends, so make it the transaction's last statement. Once that is
 * committed, one log line says it too, without names.
 * @throws Error when no configured secret opens the chain key: what cannot be recorded must not happen
 */
export async function recordEvent(tx: Queries, ctx: RecordCtx, event: AuditEvent): Promise<void> {
  const personal = await personalColumns(tx, ctx, event)
  const { id, previousHash, key } = await lockHead(tx, ctx)
  const salt = randomBytes(16).toString('hex')
  const chained: ChainedColumns = {
    id,
    at: ctx.clock(),
    ...facts(ctx, event),
    personalDigest: personalDigest(key, salt, personal),
  }
  const hash = entryHash(key, previousHash, chained)
  const { auditEvents, auditChain } = ctx.db.t
  await tx.insert(auditEvents).values({ ...chained, ...personal, personalSalt: salt, hash })
  await tx.update(auditChain).set({ hash }).where(eq(auditChain.id, HEAD))
  // What was rolled back never happened: no line says it did.
  ctx.db.afterCommit(() => logEvent(ctx, chained, personal.address))
}

/** Takes the next number; the update makes every other appender wait for this transaction. */
async function lockHead(tx: Queries, ctx: RecordCtx) {
  const { auditChain } = ctx.db.t
  const [head] = await tx
    .update(auditChain)
    .set({ count: sql`${auditChain.count} + 1` })
    .where(eq(auditChain.id, HEAD))
    .returning()
  if (!head) throw new Error('The audit chain has no head: the built-in rows are missing')
  const key = await openChainKey(ctx.config, head)
  if (!key) throw new Error('The audit chain key does not open with PHOENIX_SECRET or BENNU_SECRET_PREVIOUS')
  return { id: head.count, previousHash: head.hash, key }
}

function facts(ctx: RecordCtx, event: AuditEvent) {
  const { actor } = ctx
  return {
    action: event.action,
    outcome: event.outcome,
    reason: cleanText(event.reason),
    actorKind: actor.kind,
    actorUserId: event.actorUserId ?? actorUserId(actor),
    credential: cleanText(event.credential) ?? credentialOf(actor),
    target: cleanText(event.target),
    details: JSON.stringify(cleanDetails(event.details ?? {})),
  }
}

async function personalColumns(tx: Queries, ctx: RecordCtx, event: AuditEvent): Promise<PersonalColumns> {
  return {
    actorName: cleanText(
      event.actorName ?? (await nameOf(tx, ctx, event.actorUserId ?? actorUserId(ctx.actor))),
    ),
    targetName: cleanText(event.targetName),
    address: cleanText(ctx.request.address),
    userAgent: cleanText(ctx.request.userAgent),
  }
}

async function nameOf(tx: Queries, ctx: RecordCtx, userId: number | null): Promise<string | null> {
  if (userId === null) return null
  const { users } = ctx.db.t
  const [user] = await tx.select({ username: users.username }).from(users).where(eq(users.id, userId))
  return user?.username ?? null
}

function actorUserId(actor: Recorded): number | null {
  return 'userId' in actor ? actor.userId : null
}

function credentialOf(actor: Recorded): string | null {
  if (actor.kind === 'session') return `AccessToken:${actor.accessTokenId}`
  if (actor.kind === 'userKey' || actor.kind === 'systemKey') return `ApiKey:${actor.keyId}`
  return actor.kind === 'adminSecret' ? 'AdminSecret' : null
}

function cleanDetails(details: AuditDetails): AuditDetails {
  const clean: AuditDetails = {}
  for (const [name, value] of Object.entries(details)) {
    if (typeof value === 'string') clean[name] = cleanText(value)
    else
      clean[name] = value !== null && typeof value === 'object' ? value.map((text) => cleanText(text)) : value
  }
  return clean
}

// Names stay out of the line: an erasure cannot reach into logs that have been shipped.
function logEvent(ctx: RecordCtx, entry: ChainedColumns, address: string | null): void {
  const { id, action, outcome, reason, actorKind, actorUserId, credential, target } = entry
  const line = {
    audit: id,
    action,
    outcome,
    reason,
    actorKind,
    actorUserId,
    credentialId: credential,
    target,
    address,
    details: JSON.parse(entry.details),
  }
  const log = authLogger(ctx.log)
  if (outcome === 'failure') log.warn(line, `${action} failed`)
  else log.info(line, action)
}
