/** What somebody looks for in the audit log, and where the database finds it. */
import { and, eq, gte, lt, or, type SQL, sql } from 'drizzle-orm'
import type { AuditAction, Outcome } from '#server/audit/model'
import type { Database } from '#server/db/database'
import { AppError } from '#server/errors'
import { decodeGlobalId } from '#server/global-id'
import { sanitizeEmail } from '#server/users/find'

/** A question as it was asked. Who and whom: `User:3`, a GlobalID, or a name or an address. */
export interface AuditQuestion {
  action?: AuditAction | undefined
  outcome?: Outcome | undefined
  actor?: string | undefined
  target?: string | undefined
  address?: string | undefined
  /** Microseconds since 1970: from this moment on, and before that one. */
  from?: number | undefined
  until?: number | undefined
}

/** Conditions on entries: one that an index answers, those on the time beside it, and what is left to look at. */
export interface AuditFilter {
  indexed: SQL | undefined
  time: SQL | undefined
  rest: SQL | undefined
}

type World = { db: Database }

/**
 * Reads a question. Of its conditions the one that promises the fewest entries is looked up in its index; the others
 * are tested on what that finds.
 * @throws AppError invalid (422): the range of time ends before it begins
 */
export async function readFilter(world: World, question: AuditQuestion): Promise<AuditFilter> {
  const { auditEvents: t } = world.db.t
  const { action, outcome, actor, target, address, from, until } = question
  if (from !== undefined && until !== undefined && until < from)
    throw new AppError('invalid', 'The range of time ends before it begins: `until` is before `from`')
  const who = actor ? await readActor(world, actor) : null
  const whom = target ? await readTarget(world, target) : null
  const conditions = [
    whom?.indexed,
    address ? eq(t.address, address) : undefined,
    who?.indexed,
    action && eq(t.action, action),
    outcome && eq(t.outcome, outcome),
  ].filter((condition) => condition !== undefined)
  const [indexed, ...others] = conditions
  const time = and(
    from === undefined ? undefined : gte(t.at, dateOf(from)),
    until === undefined ? undefined : lt(t.at, dateOf(until)),
  )
  return { indexed, time, rest: and(...others, who?.rest, whom?.rest) }
}

/** The first whole millisecond, which is how fine entries are, at or after a moment in microseconds. */
const dateOf = (micros: number) => new Date(Math.ceil(micros / 1000))

type Party = { indexed?: SQL; rest?: SQL }

async function readActor(world: World, text: string): Promise<Party> {
  const { auditEvents: t } = world.db.t
  const reference = readReference(text)
  const userId = /^User:(\d{1,15})$/.exec(reference ?? '')?.[1] ?? (await accountOf(world, text))
  // A name that nobody has, or has any more: what somebody typed to sign in, or a deleted account.
  return userId === null ? { rest: eq(t.actorName, text) } : { indexed: eq(t.actorUserId, Number(userId)) }
}

async function readTarget(world: World, text: string): Promise<Party> {
  const { auditEvents: t } = world.db.t
  const reference = readReference(text)
  if (reference) return { indexed: eq(t.target, reference) }
  const userId = await accountOf(world, text)
  return userId === null ? { rest: eq(t.targetName, text) } : { indexed: eq(t.target, `User:${userId}`) }
}

/** `User:3` of itself or of its GlobalID; the log knows keys of people and of the system by one name. */
function readReference(text: string): string | null {
  if (/^[A-Za-z]+:[\w.-]+$/.test(text)) return text
  const id = decodeGlobalId(text)
  if (!id) return null
  const type = id.type === 'UserApiKey' || id.type === 'SystemApiKey' ? 'ApiKey' : id.type
  return `${type}:${id.rowId}`
}

async function accountOf({ db }: World, nameOrEmail: string): Promise<number | null> {
  const { users } = db.t
  const isMeant = or(
    eq(users.username, nameOrEmail),
    eq(sql`lower(${users.email})`, sanitizeEmail(nameOrEmail)),
  )
  const [user] = await db.read.select({ id: users.id }).from(users).where(isMeant).limit(1)
  return user?.id ?? null
}
