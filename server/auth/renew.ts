/** Renewing and ending sessions. */
import { and, eq } from 'drizzle-orm'
import { recordFailure } from '#server/audit/flood'
import { recordEvent } from '#server/audit/record'
import { isOver } from '#server/auth/authenticate'
import { endSessions, issueSession, lockUser, type Session } from '#server/auth/sessions'
import { hashToken, type TokenTable, verifyTokenText } from '#server/auth/tokens'
import type { Ctx } from '#server/context'
import type { Queries } from '#server/db/database'
import { AppError } from '#server/errors'

/** The token texts a browser (or a client with a bearer) sent along. */
export interface SentTokens {
  access: string | null
  refresh: string | null
}

type Renewal = { session: Session } | { problem: 'reused' | 'expired' | 'disabled' }

/**
 * Trades a refresh token for a new session with full lifetimes. The old pair is dead at once, and so is the session of
 * the access token sent along: a refresh token works exactly once.
 * @throws AppError unauthenticated
 */
export async function refreshSession(ctx: Ctx, sent: SentTokens): Promise<Session> {
  if (!sent.refresh) throw new AppError('unauthenticated', 'The refresh token is missing')
  const refresh = { text: sent.refresh, rowId: rowIdOf(ctx, 'RefreshToken', sent.refresh) }
  const { rowId } = refresh
  if (rowId === null) throw new AppError('unauthenticated', 'The refresh token is not valid')
  const owner = await findOwner(ctx, rowId)
  const renewal = await ctx.db.write((tx) =>
    renew(tx, ctx, { text: refresh.text, rowId }, owner, sent.access),
  )
  if ('session' in renewal) return renewal.session
  if (renewal.problem !== 'expired') await recordRefusal(ctx, rowId, owner, renewal.problem)
  const expired = renewal.problem === 'expired'
  throw new AppError(
    'unauthenticated',
    expired ? 'The refresh token has expired' : 'The refresh token is not valid',
  )
}

async function findOwner({ db }: Ctx, refreshTokenId: number): Promise<number | null> {
  const { refreshTokens } = db.t
  const [row] = await db.read
    .select({ userId: refreshTokens.userId })
    .from(refreshTokens)
    .where(eq(refreshTokens.id, refreshTokenId))
  return row?.userId ?? null
}

async function renew(
  tx: Queries,
  ctx: Ctx,
  { text, rowId }: { text: string; rowId: number },
  owner: number | null,
  access: string | null,
): Promise<Renewal> {
  const { refreshTokens } = ctx.db.t
  const user = owner === null ? null : await lockUser(tx, ctx.db, owner)
  if (!user) return { problem: 'reused' }
  // Sessions of a disabled account are kept: they work again once it is enabled.
  if (user.disabledAt) return { problem: 'disabled' }
  const [taken] = await tx
    .delete(refreshTokens)
    .where(and(eq(refreshTokens.id, rowId), eq(refreshTokens.tokenHash, hashToken(text))))
    .returning({ expiresAt: refreshTokens.expiresAt })
  if (!taken) return { problem: 'reused' }
  if (isOver(taken.expiresAt, ctx.clock())) return { problem: 'expired' }
  if (access) await endSessionOf(tx, ctx, access, user.id)
  return { session: await issueSession(tx, ctx, user.id) }
}

/** Ends the one session that an access token belongs to, if it is this person's. */
async function endSessionOf(tx: Queries, ctx: Ctx, access: string, userId: number): Promise<void> {
  const { accessTokens, refreshTokens } = ctx.db.t
  const id = rowIdOf(ctx, 'AccessToken', access)
  if (id === null) return
  const isThisOne = and(
    eq(accessTokens.id, id),
    eq(accessTokens.tokenHash, hashToken(access)),
    eq(accessTokens.userId, userId),
  )
  const [row] = await tx
    .delete(accessTokens)
    .where(isThisOne)
    .returning({ refreshTokenId: accessTokens.refreshTokenId })
  if (row) await tx.delete(refreshTokens).where(eq(refreshTokens.id, row.refreshTokenId))
}

function recordRefusal(ctx: Ctx, rowId: number, owner: number | null, reason: string): Promise<void> {
  return recordFailure(ctx, {
    action: 'session.refresh',
    reason,
    credential: `RefreshToken:${rowId}`,
    ...(owner !== null && { target: `User:${owner}` }),
  })
}

/**
 * Ends every session of whoever sent these tokens, in every browser. An access token that is over still says who it is.
 * Without a token of ours nothing happens: signing out never fails.
 */
export async function signOut(ctx: Ctx, sent: SentTokens): Promise<void> {
  const userId =
    (await ownerOf(ctx, 'AccessToken', sent.access)) ?? (await ownerOf(ctx, 'RefreshToken', sent.refresh))
  if (userId === null) return
  await ctx.db.write(async (tx) => {
    await endSessions(tx, ctx.db, userId)
    await recordEvent(tx, ctx, {
      action: 'session.logout',
      outcome: 'success',
      target: `User:${userId}`,
      actorUserId: userId,
    })
  })
}

async function ownerOf({ db, ...ctx }: Ctx, table: 'AccessToken' | 'RefreshToken', text: string | null) {
  const id = text === null ? null : rowIdOf(ctx, table, text)
  if (text === null || id === null) return null
  const rows = table === 'AccessToken' ? db.t.accessTokens : db.t.refreshTokens
  const [row] = await db.read
    .select({ userId: rows.userId })
    .from(rows)
    .where(and(eq(rows.id, id), eq(rows.tokenHash, hashToken(text))))
  return row?.userId ?? null
}

/** The row a token text names, or null unless we signed it and it is of this kind. */
function rowIdOf({ config }: Pick<Ctx, 'config'>, table: TokenTable, text: string): number | null {
  const { secret, previousSecrets } = config.auth
  const token = verifyTokenText(text, secret === null ? previousSecrets : [secret, ...previousSecrets])
  return token?.signatureGood && token.table === table ? token.rowId : null
}
