/** Tokens in reset mails and invitations: one for each account, good once, known here by its SHA-256 alone. */
import { and, eq, gt, inArray, lte } from 'drizzle-orm'
import { lockUser } from '#server/auth/sessions'
import { hashToken, matchesHash, signToken, verifyTokenText } from '#server/auth/tokens'
import type { Config } from '#server/config/model'
import type { Database, Queries } from '#server/db/database'
import { REMOVAL_BATCH, removeInBatches } from '#server/db/remove-in-batches'
import type { ResetPurpose, Tables } from '#server/db/schema'
import { AppError } from '#server/errors'
import { secretInForce } from '#server/secrets/instance-keys'
import { findUser, type User } from '#server/users/find'

export interface ResetWorld {
  db: Database
  config: Config
  clock: () => Date
}

export type ResetToken = Tables['passwordResetTokens']['$inferSelect']

/** When a token for this purpose that is made now ends. */
export function resetTokenEnd(
  { config, clock }: Pick<ResetWorld, 'config' | 'clock'>,
  purpose: ResetPurpose,
): Date {
  const { passwordResetMinutes, invitationMinutes } = config.auth
  const minutes = purpose === 'reset' ? passwordResetMinutes : invitationMinutes
  return new Date(clock().getTime() + Math.round(minutes * 60_000))
}

/** Makes the row of an account's token, in the place of one that is there; its text follows with `handOutToken`. */
export async function insertResetToken(
  tx: Queries,
  world: ResetWorld,
  userId: number,
  purpose: ResetPurpose,
): Promise<number> {
  const { passwordResetTokens: tokens } = world.db.t
  await lockUser(tx, world.db, userId)
  await tx.delete(tokens).where(eq(tokens.userId, userId))
  const [row] = await tx
    .insert(tokens)
    .values({ userId, purpose, createdAt: world.clock(), expiresAt: resetTokenEnd(world, purpose) })
    .returning({ id: tokens.id })
  if (!row) throw new Error('The database returned no id for a reset token')
  return row.id
}

/** The text of a row's token; its hash goes into `tokenHash`. */
export async function resetTokenText(
  queries: Queries,
  world: ResetWorld,
  id: number,
): Promise<{ text: string; tokenHash: string }> {
  const secret = world.config.auth.enabled ? await secretInForce(queries, world) : null
  if (secret === null) throw new AppError('not_found', 'Not Found')
  const text = signToken('PasswordResetToken', id, secret)
  return { text, tokenHash: hashToken(text) }
}

/** Makes a token for a lost password, in the place of any other of this account. */
export async function issueResetToken(tx: Queries, world: ResetWorld, userId: number): Promise<string> {
  const { passwordResetTokens: tokens } = world.db.t
  const id = await insertResetToken(tx, world, userId, 'reset')
  const { text, tokenHash } = await resetTokenText(tx, world, id)
  await tx.update(tokens).set({ tokenHash }).where(eq(tokens.id, id))
  return text
}

/** Why a token is refused, for the audit log alone. */
export type ResetRefusal = 'malformed' | 'unknown' | 'expired' | 'disabled'
export type ResetCheck =
  | { ok: true; token: ResetToken; user: User }
  | { ok: false; reason: ResetRefusal; user: User | null }

/** Whether a text is the live token of an account that may be signed in to. */
export async function checkResetToken(world: ResetWorld, text: string): Promise<ResetCheck> {
  const { db, config, clock } = world
  const secrets = [config.auth.secret, ...config.auth.previousSecrets].filter((one) => one !== null)
  const read = verifyTokenText(text, secrets)
  if (read?.table !== 'PasswordResetToken' || !read.signatureGood)
    return { ok: false, reason: 'malformed', user: null }
  const { passwordResetTokens: tokens } = db.t
  const [token] = await db.read.select().from(tokens).where(eq(tokens.id, read.rowId))
  if (!token?.tokenHash || !matchesHash(text, token.tokenHash))
    return { ok: false, reason: 'unknown', user: null }
  const user = await findUser(db.read, db, token.userId)
  if (token.expiresAt <= clock()) return { ok: false, reason: 'expired', user }
  if (!user || user.disabledAt || user.role === 'SYSTEM') return { ok: false, reason: 'disabled', user }
  return { ok: true, token, user }
}

/** Takes a token out of use. @returns false when somebody else used it first, or it ended meanwhile */
export async function consumeResetToken(
  tx: Queries,
  { db, clock }: ResetWorld,
  token: ResetToken,
): Promise<boolean> {
  const { passwordResetTokens: tokens } = db.t
  const same = and(
    eq(tokens.id, token.id),
    eq(tokens.tokenHash, token.tokenHash ?? ''),
    gt(tokens.expiresAt, clock()),
  )
  return (await tx.delete(tokens).where(same).returning({ id: tokens.id })).length === 1
}

/**
 * Ends the link mailed for an account, sent or not: call it in the transaction that gives the account a password by other
 * means. It would otherwise replace that one, and whoever changes a password may do so because a link went astray.
 */
export async function endMailedLink(tx: Queries, { t }: Pick<Database, 't'>, userId: number): Promise<void> {
  const { passwordResetTokens: tokens } = t
  await tx.delete(tokens).where(eq(tokens.userId, userId))
}

/** Removes tokens whose time is over. @returns how many */
export function sweepResetTokens({ db, clock }: Pick<ResetWorld, 'db' | 'clock'>): Promise<number> {
  const { passwordResetTokens: tokens } = db.t
  return removeInBatches(async () => {
    const rows = await db.write((tx) => {
      const over = tx
        .select({ id: tokens.id })
        .from(tokens)
        .where(lte(tokens.expiresAt, clock()))
        .limit(REMOVAL_BATCH)
      return tx.delete(tokens).where(inArray(tokens.id, over)).returning({ id: tokens.id })
    })
    return rows.length
  })
}
