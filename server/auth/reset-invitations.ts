/**
 * Welcome mails. Whoever makes an account plans its mail in the same transaction; the web process sends what is planned,
 * each once: the replica that claims it first. What the mail server refuses is tried again at later turns, and so is what
 * a process had claimed when it ended: rather twice than never.
 */
import { and, asc, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm'
import type { RecordCtx } from '#server/audit/record'
import { insertResetToken, resetTokenEnd, resetTokenText } from '#server/auth/reset-tokens'
import type { Config } from '#server/config/model'
import type { Queries } from '#server/db/database'
import { inBackground } from '#server/mail/background'
import { welcomeMail } from '#server/mail/mails'
import { sendMail } from '#server/mail/send'
import type { User } from '#server/users/find'

const MAX_ATTEMPTS = 5
/** Mails of one turn. */
const BATCH = 20
/** How long a mail may be under way: longer than the last of the mails that may wait takes, each at its slowest. */
const CLAIM_MS = 30 * 60_000

/** Whether new accounts are told of themselves. */
export function sendsInvitations({ auth, mail }: Config): boolean {
  return auth.enabled && mail !== null
}

/** Plans the welcome mail of an account that is just being made; nothing while no mail is sent. */
export async function planInvitation(tx: Queries, ctx: RecordCtx, userId: number): Promise<void> {
  if (sendsInvitations(ctx.config)) await insertResetToken(tx, ctx, userId, 'invitation')
}

/** Begins to send what is planned, without waiting for it. */
export function startInvitations(ctx: RecordCtx): void {
  if (sendsInvitations(ctx.config)) inBackground(ctx, sendInvitations(ctx))
}

/**
 * Sends what is planned. Harmless wherever and however often it runs.
 * @returns how many mails went
 * @throws what broke one of them, the mail server aside, once all others are done
 */
export async function sendInvitations(ctx: RecordCtx): Promise<number> {
  if (!sendsInvitations(ctx.config)) return 0
  const { passwordResetTokens: tokens, users } = ctx.db.t
  const due = await ctx.db.read
    .select({ id: tokens.id, user: users })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .where(
      and(
        eq(tokens.purpose, 'invitation'),
        isUnclaimed(ctx),
        isNull(users.disabledAt),
        lt(tokens.attempts, MAX_ATTEMPTS),
        gt(tokens.expiresAt, ctx.clock()),
      ),
    )
    .orderBy(asc(tokens.id))
    .limit(BATCH)
  const turns = await Promise.allSettled(due.map(({ id, user }) => sendOne(ctx, id, user)))
  const broken = turns.find((turn) => turn.status === 'rejected')
  if (broken) throw broken.reason
  return turns.filter((turn) => turn.status === 'fulfilled' && turn.value).length
}

/** What nobody sent or is sending; a claim that ran out belongs to somebody who came to an end in between. */
function isUnclaimed({ db, clock }: RecordCtx) {
  const { passwordResetTokens: tokens } = db.t
  return or(isNull(tokens.tokenHash), lte(tokens.claimedUntil, clock()))
}

/** Takes an invitation for itself and makes its token the live one. @returns whether nobody else was faster */
async function claim(ctx: RecordCtx, id: number, tokenHash: string): Promise<boolean> {
  const { passwordResetTokens: tokens } = ctx.db.t
  const claimed = await ctx.db.write((tx) =>
    tx
      .update(tokens)
      .set({
        tokenHash,
        claimedUntil: new Date(ctx.clock().getTime() + CLAIM_MS),
        attempts: sql`${tokens.attempts} + 1`,
        expiresAt: resetTokenEnd(ctx, 'invitation'),
      })
      .where(and(eq(tokens.id, id), isUnclaimed(ctx)))
      .returning({ id: tokens.id }),
  )
  return claimed.length > 0
}

async function sendOne(ctx: RecordCtx, id: number, user: User): Promise<boolean> {
  const { passwordResetTokens: tokens } = ctx.db.t
  const { text, tokenHash } = await resetTokenText(ctx.db.read, ctx, id)
  if (!(await claim(ctx, id, tokenHash))) return false
  const mayChoose = choosesPassword(ctx, user)
  const content = welcomeMail(ctx.config, user, mayChoose ? text : null)
  const to = { userId: user.id, username: user.username, email: user.email }
  const { ok } = await sendMail(ctx, { kind: 'invitation', to, content })
  const mine = and(eq(tokens.id, id), eq(tokens.tokenHash, tokenHash))
  // A token that nobody was given has done its work.
  if (ok && !mayChoose) await ctx.db.write((tx) => tx.delete(tokens).where(mine))
  else {
    const settled = { claimedUntil: null, ...(!ok && { tokenHash: null }) }
    await ctx.db.write((tx) => tx.update(tokens).set(settled).where(mine))
  }
  return ok
}

/** Whether a newcomer gets a link to choose a password: only a first one, so that no link outlives the choice. */
function choosesPassword({ config }: RecordCtx, { authMethod, passwordHash }: User): boolean {
  return authMethod === 'LOCAL' && config.auth.basicAuth && passwordHash === null
}
