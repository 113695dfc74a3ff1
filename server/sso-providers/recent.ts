/**
 * The last sign-ins through each provider, so that an admin can see why somebody got a role or was refused. Personal
 * data: a few of each provider, for a few days, gone with the account and with an erasure.
 */
import { and, desc, eq, inArray, lt, lte } from 'drizzle-orm'
import type { Ctx } from '#server/context'
import type { Database } from '#server/db/database'
import { REMOVAL_BATCH, removeInBatches } from '#server/db/remove-in-batches'
import type { SignInOutcome } from '#server/db/schema'
import { encodeGlobalId } from '#server/global-id'
import {
  KEPT_DAYS,
  KEPT_SIGN_INS,
  type RecentSignIn,
  type ShortValue,
  type SignInDecision,
} from '#server/sso-providers/recent-model'
import { shortenClaims, shortenText } from '#server/sso-providers/short-claims'

const DAY_MS = 86_400_000

/** One sign-in that came to an end, either way. */
export interface SignInAttempt {
  /** The provider's name. */
  provider: string
  outcome: SignInOutcome
  /** The code of the refusal; null for a success. */
  code: string | null
  /** Null for somebody without an account. */
  userId: number | null
  /** Of the id_token and of userinfo, never the tokens themselves; shortened here. */
  claims: Readonly<Record<string, unknown>>
  decision: SignInDecision
}

/**
 * Keeps what a sign-in brought, and forgets the oldest of that provider. Call it after the transaction of the sign-in: a
 * sign-in does not fail because this could not be kept, which is logged.
 */
export async function noteSignIn(
  ctx: Pick<Ctx, 'db' | 'clock' | 'log'>,
  attempt: SignInAttempt,
): Promise<void> {
  const { ssoRecentSignIns: t } = ctx.db.t
  const { provider, outcome, code, userId } = attempt
  const claims = JSON.stringify(shortenClaims(attempt.claims))
  const decision = JSON.stringify(shortDecision(attempt.decision))
  try {
    await ctx.db.write(async (tx) => {
      await tx.insert(t).values({ provider, outcome, code, userId, at: ctx.clock(), claims, decision })
      const [oldest] = await tx
        .select({ id: t.id })
        .from(t)
        .where(eq(t.provider, provider))
        .orderBy(desc(t.id))
        .limit(1)
        .offset(KEPT_SIGN_INS - 1)
      if (oldest) await tx.delete(t).where(and(eq(t.provider, provider), lt(t.id, oldest.id)))
    })
  } catch (err) {
    ctx.log.warn({ err, provider }, 'what a sign-in brought could not be kept for the page of admins')
  }
}

function shortDecision({ rule, role = null, from = null, note = null }: SignInDecision): SignInDecision {
  const short = (text: string | null) => (text === null ? null : shortenText(text))
  return { rule, role, from: short(from), note: note === null ? null : note.slice(0, 300) }
}

/** What is kept of a provider, newest first. */
export async function listRecentSignIns(
  { db, clock }: Pick<Ctx, 'db' | 'clock'>,
  provider: string,
): Promise<RecentSignIn[]> {
  const { ssoRecentSignIns: t, users } = db.t
  const rows = await db.read
    .select({
      id: t.id,
      at: t.at,
      outcome: t.outcome,
      code: t.code,
      claims: t.claims,
      decision: t.decision,
      userId: users.id,
      username: users.username,
    })
    .from(t)
    .leftJoin(users, eq(users.id, t.userId))
    .where(eq(t.provider, provider))
    .orderBy(desc(t.id))
    .limit(KEPT_SIGN_INS)
  const oldest = clock().getTime() - KEPT_DAYS * DAY_MS
  return rows
    .filter(({ at }) => at.getTime() > oldest)
    .map(({ userId, username, at, claims, decision, ...row }) => ({
      ...row,
      at: at.toISOString(),
      user: userId === null || username === null ? null : { id: encodeGlobalId('User', userId), username },
      claims: JSON.parse(claims) as { [name: string]: ShortValue },
      decision: JSON.parse(decision) as SignInDecision,
    }))
}

/** Removes what is older than its days. Harmless wherever and however often it runs. */
export async function sweepRecentSignIns({ db, clock }: Pick<Ctx, 'db' | 'clock'>): Promise<number> {
  const { ssoRecentSignIns: t } = db.t
  const before = new Date(clock().getTime() - KEPT_DAYS * DAY_MS)
  return removeInBatches(async () => {
    const rows = await db.write((tx) => {
      const over = tx.select({ id: t.id }).from(t).where(lte(t.at, before)).limit(REMOVAL_BATCH)
      return tx.delete(t).where(inArray(t.id, over)).returning({ id: t.id })
    })
    return rows.length
  })
}

/**
 * Removes what is kept of somebody who was refused and never had an account; what belongs to an account goes with it.
 * @param names the e-mail address and the name, as they may stand in a claim
 * @returns how many sign-ins were removed
 */
export async function forgetSignInsOf(db: Database, names: readonly string[]): Promise<number> {
  const wanted = names.map((name) => JSON.stringify(name.toLowerCase()))
  if (wanted.length === 0) return 0
  const { ssoRecentSignIns: t } = db.t
  return db.write(async (tx) => {
    const rows = await tx.select({ id: t.id, claims: t.claims }).from(t)
    const about = rows.filter(({ claims }) => wanted.some((name) => claims.toLowerCase().includes(name)))
    if (about.length === 0) return 0
    const ids = about.map(({ id }) => id)
    return (await tx.delete(t).where(inArray(t.id, ids)).returning({ id: t.id })).length
  })
}
