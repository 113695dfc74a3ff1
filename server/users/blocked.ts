/**
 * Addresses and names that must not come back after their account was deleted. Only digests under a key of this
 * installation are kept, so the list remembers nobody and cannot be tried against a list of addresses elsewhere.
 * Whatever makes or renames an account asks `findBlocked`.
 */
import { createHmac } from 'node:crypto'
import { and, count, desc, eq, inArray, lte, or } from 'drizzle-orm'
import { type RecordCtx, recordEvent } from '#server/audit/record'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'
import { readInstanceKey } from '#server/secrets/instance-keys'
import { warmSecrets } from '#server/secrets/secrets'
import { sanitizeEmail } from '#server/users/find'

/** What a block is about. */
export interface Identity {
  email: string | null
  username: string | null
}

type World = Pick<RecordCtx, 'db' | 'config'>

/** A row without its digests. */
export interface BlockedRow {
  id: number
  createdAt: Date
  createdBy: { username: string } | null
}

/**
 * Which part of an identity is blocked; null when none is.
 * @throws AppError conflict while something is blocked and no configured secret opens the key: it fails closed
 */
export async function findBlocked(
  queries: Queries,
  world: World,
  identity: Identity,
): Promise<'email' | 'username' | null> {
  const digests = await digestsOf(queries, world, identity)
  if (!digests) return null
  const { blockedIdentities: t } = world.db.t
  const rows = await queries
    .select({ email: t.emailDigest, username: t.usernameDigest })
    .from(t)
    .where(
      or(
        digests.email === null ? undefined : eq(t.emailDigest, digests.email),
        digests.username === null ? undefined : eq(t.usernameDigest, digests.username),
      ),
    )
  if (rows.length === 0) return null
  return rows.some((row) => row.email !== null && row.email === digests.email) ? 'email' : 'username'
}

/** Keeps an identity out from now on; what is blocked already stays so. Inside the transaction of the deletion. */
export async function blockIdentity(
  tx: Queries,
  ctx: RecordCtx,
  userId: number,
  identity: Identity,
): Promise<void> {
  const digests = await digestsOf(tx, ctx, identity, true)
  if (!digests) return
  const { blockedIdentities: t } = ctx.db.t
  const known = await tx
    .select({ email: t.emailDigest, username: t.usernameDigest })
    .from(t)
    .where(
      or(
        inArray(t.emailDigest, present(digests.email)),
        inArray(t.usernameDigest, present(digests.username)),
      ),
    )
  const isNew = (part: 'email' | 'username') => !known.some((row) => row[part] === digests[part])
  const row = {
    emailDigest: isNew('email') ? digests.email : null,
    usernameDigest: isNew('username') ? digests.username : null,
  }
  if (row.emailDigest !== null || row.usernameDigest !== null) {
    const createdBy = 'userId' in ctx.actor ? ctx.actor.userId : null
    await tx.insert(t).values({ ...row, createdAt: ctx.clock(), createdBy })
  }
  await recordEvent(tx, ctx, {
    action: 'identity.block',
    outcome: 'success',
    target: `User:${userId}`,
    targetName: identity.username ?? '',
  })
}

const present = (digest: string | null) => (digest === null ? [] : [digest])

/** A page of what is blocked, newest first; `from` is the row id to go on from, inclusive. */
export async function listBlocked(
  { db }: World,
  page: { from: number | null; limit: number },
): Promise<{ rows: BlockedRow[]; next: number | null; total: number }> {
  const { blockedIdentities: t, users } = db.t
  const rows = await db.read
    .select({ id: t.id, createdAt: t.createdAt, createdBy: { username: users.username } })
    .from(t)
    .leftJoin(users, eq(users.id, t.createdBy))
    .where(page.from === null ? undefined : lte(t.id, page.from))
    .orderBy(desc(t.id))
    .limit(page.limit + 1)
  const [counted] = await db.read.select({ total: count() }).from(t)
  return {
    rows: rows.slice(0, page.limit),
    next: rows[page.limit]?.id ?? null,
    total: counted?.total ?? 0,
  }
}

/**
 * Lets a blocked address and its name back in.
 * @param which the row, or an address or a name that it keeps out
 * @throws AppError not_found
 */
export async function liftBlock(ctx: RecordCtx, which: { id: number } | Identity): Promise<void> {
  await warmSecrets(ctx.config.auth)
  await ctx.db.write(async (tx) => {
    const { blockedIdentities: t } = ctx.db.t
    const id = 'id' in which ? which.id : await idOf(tx, ctx, which)
    const gone = id === null ? [] : await tx.delete(t).where(eq(t.id, id)).returning({ id: t.id })
    if (gone.length === 0) throw new AppError('not_found', 'This is not blocked')
    await recordEvent(tx, ctx, {
      action: 'identity.lift',
      outcome: 'success',
      target: `BlockedIdentity:${id}`,
    })
  })
}

async function idOf(tx: Queries, world: World, identity: Identity): Promise<number | null> {
  const digests = await digestsOf(tx, world, identity)
  if (!digests) return null
  const { blockedIdentities: t } = world.db.t
  const [row] = await tx
    .select({ id: t.id })
    .from(t)
    .where(
      and(
        digests.email === null ? undefined : eq(t.emailDigest, digests.email),
        digests.username === null ? undefined : eq(t.usernameDigest, digests.username),
      ),
    )
  return row?.id ?? null
}

interface Digests {
  email: string | null
  username: string | null
}

/** Null when nothing is blocked, unless they are needed. */
async function digestsOf(
  queries: Queries,
  world: World,
  { email, username }: Identity,
  areNeeded = false,
): Promise<Digests | null> {
  if (email === null && username === null) return null
  const { blockedIdentities: t } = world.db.t
  const isEmpty = (await queries.select({ id: t.id }).from(t).limit(1)).length === 0
  if (isEmpty && !areNeeded) return null
  const key = await readInstanceKey(queries, world, 'blocked-identities')
  if (!key) {
    throw new AppError(
      'conflict',
      'Nobody can say who is blocked: no configured secret opens the key of that list. Add the earlier PHOENIX_SECRET to ' +
        'BENNU_SECRET_PREVIOUS, or lift every block and start the server again',
      { code: 'blocked_list_closed' },
    )
  }
  const digest = (part: string, text: string | null) =>
    text === null
      ? null
      : createHmac('sha256', key)
          .update(JSON.stringify(['bennu.blocked.1', part, text]))
          .digest('hex')
  return {
    email: digest('email', email === null ? null : sanitizeEmail(email)),
    username: digest('username', username === null ? null : foldName(username)),
  }
}

/** Names that people cannot tell apart count as one: capitals and look-alike forms of a letter. */
const foldName = (name: string) => name.normalize('NFKC').trim().toLowerCase()
